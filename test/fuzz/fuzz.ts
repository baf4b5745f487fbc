import { Random } from '../support/random.ts'
import { type Kind, KINDS } from './kinds/index.ts'
import { type Oracle, type OracleName, ORACLES, type OracleOptions } from './oracles/index.ts'
import { type Finding, signatureOf } from './report.ts'
import { shrink } from './shrink.ts'
import type { Trial } from './trial.ts'

/** Silences, in ms: while many trials run, and for one that has differed, which is then alone. */
const SETTLE_MS = 400
const CALM_SETTLE_MS = 600

export interface FuzzPlan extends OracleOptions {
  readonly seed: number
  readonly minutes: number
  readonly trials: number
  readonly only: readonly string[]
  readonly oracles: readonly OracleName[]
  readonly jobs: number
  /** Findings alike that are made small and told; more are counted. */
  readonly alike: number
  found(finding: Finding): void
  /** Told when an oracle cannot be asked, and why. */
  tell(text: string): void
}

export interface FuzzOutcome {
  /** By kind and oracle. */
  readonly trials: Readonly<Record<string, number>>
  /** Differences by signature. */
  readonly findings: Readonly<Record<string, number>>
  /** Differences that were gone when the trial ran alone. */
  readonly passing: number
}

/** The trial of a kind with a number: the same in every run. */
export function trialOf(kind: Kind, seed: number): Trial {
  // Neighbouring seeds begin alike in such a generator; so kinds and numbers are stirred.
  const random = new Random(
    Math.imul(seed, 0x9e3779b1) ^ [...kind.name].reduce((sum, c) => sum * 31 + c.charCodeAt(0), 7)
  )
  return kind.make(random)
}

/** Makes trials and judges them until the time is over. */
export async function fuzz(plan: FuzzPlan): Promise<FuzzOutcome> {
  const oracles = await openOracles(plan)
  const pairs = pairsOf(plan, oracles)
  if (pairs.length === 0) throw new Error('no oracle can be asked about any of these kinds')
  const end = performance.now() + plan.minutes * 60_000
  const outcome = { trials: {} as Record<string, number>, findings: {} as Record<string, number>, passing: 0 }
  const confirming = new Turn()
  let count = 0
  const work = async (): Promise<void> => {
    while (count < plan.trials && performance.now() < end) {
      const { kind, name, oracle } = pairs[count % pairs.length]!
      const seed = plan.seed + Math.floor(count++ / pairs.length)
      const trial = trialOf(kind, seed)
      const key = `${kind.name} ${name}`
      outcome.trials[key] = (outcome.trials[key] ?? 0) + 1
      const first = await oracle.judge(trial, SETTLE_MS)
      if (first === undefined) continue
      await confirming.take(async () => {
        const isDifferent = async (candidate: Trial): Promise<boolean> =>
          (await oracle.judge(candidate, CALM_SETTLE_MS)) !== undefined
        const again = await oracle.judge(trial, CALM_SETTLE_MS)
        if (again === undefined) return outcome.passing++
        const finding = { ...again, kind: kind.name, oracle: name, seed }
        const signature = signatureOf(finding)
        const alike = (outcome.findings[signature] = (outcome.findings[signature] ?? 0) + 1)
        if (alike > plan.alike) return
        const small = await shrink(trial, isDifferent)
        plan.found({ ...finding, ...((await oracle.judge(small, CALM_SETTLE_MS)) ?? again) })
      })
    }
  }
  await Promise.all(Array.from({ length: plan.jobs }, work))
  await Promise.all([...oracles.values()].map((oracle) => oracle.close()))
  return outcome
}

async function openOracles(plan: FuzzPlan): Promise<Map<OracleName, Oracle>> {
  const kinds = KINDS.filter(({ name }) => isWanted(plan.only, name))
  const opened = new Map<OracleName, Oracle>()
  for (const name of Object.keys(ORACLES) as OracleName[]) {
    const isOf = (kind: Kind): boolean => name === 'reference' || kind.oracles.includes(name)
    const hasNothing = name === 'reference' && plan.reference === undefined && !plan.oracles.includes(name)
    if (hasNothing || !isWanted(plan.oracles, name) || !kinds.some(isOf)) continue
    const oracle = await ORACLES[name](plan)
    if (typeof oracle === 'string') plan.tell(`oracle ${name} is not asked: ${oracle}`)
    else opened.set(name, oracle)
  }
  return opened
}

interface Pair {
  readonly kind: Kind
  readonly name: OracleName
  readonly oracle: Oracle
}

/** A reference knows the answers to every kind. */
function pairsOf({ only }: FuzzPlan, oracles: ReadonlyMap<OracleName, Oracle>): Pair[] {
  return KINDS.filter(({ name }) => isWanted(only, name)).flatMap((kind) =>
    (['reference', ...kind.oracles] as const).flatMap((name) => {
      const oracle = oracles.get(name)
      return oracle === undefined ? [] : [{ kind, name, oracle }]
    })
  )
}

function isWanted(names: readonly string[], name: string): boolean {
  return names.length === 0 || names.includes(name)
}

/** One after the other. */
class Turn {
  #last: Promise<unknown> = Promise.resolve()

  take(work: () => Promise<unknown>): Promise<unknown> {
    return (this.#last = this.#last.then(work))
  }
}
