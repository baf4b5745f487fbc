import type { ConformanceCase, Result } from '../../conformance/case.ts'
import { execute, type Target } from '../execute.ts'
import { caseOf, type Trial } from '../trial.ts'
import { compare } from './compare.ts'
import { type Oracle, type OracleOptions, targetOf } from './index.ts'

/** What a server of ours knows is what it knows after a restart, of which every other one is a kill. */
export async function restartOracle({ start }: OracleOptions): Promise<Oracle> {
  const server = await start()
  let restarts = 0
  const gate = new Gate(() => server.restart(restarts++ % 2 === 0 ? 'kill' : 'end'))
  let trials = 0
  return {
    async judge(trial, settle) {
      if ((trial.reads ?? []).length === 0) return undefined
      const nonce = `t${trials++}`
      const target = (): Target => targetOf(server, settle)
      return await gate.pass(async (restarted) => {
        await execute(caseOf({ ...trial, reads: [], cleanup: [] }), target(), nonce)
        const reads = caseOf({ ...trial, requests: [], cleanup: [] })
        const before = await execute(reads, target(), nonce)
        await restarted()
        const after = await execute(readsOf(trial), target(), nonce)
        return compare(caseOf(trial), before, asKnown(after, before, isChanged(trial)))
      })
    },
    close: () => server.stop()
  }
}

function readsOf(trial: Trial): ConformanceCase {
  return caseOf({ ...trial, requests: [] })
}

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** As in Kapacitor, a task that runs keeps its old definition until it starts again; then the new one may fail. */
function isChanged({ requests }: Trial): boolean {
  return requests.some(({ method, path }) => method === 'PATCH' && /\/(tasks|templates)\//.test(path))
}

/** What may differ after a restart is as it was: what ran then has failed, and changed tasks begin with what they are now. */
function asKnown(after: Result, before: Result, isChanged: boolean): Result {
  const answers = Object.entries((after['http'] ?? {}) as Readonly<Record<string, Answer>>)
  const known = (before['http'] ?? {}) as Readonly<Record<string, Answer>>
  const alike = answers.map(([name, { status, body }]) => {
    const was = known[name]?.body
    if (was?.['status'] === 'running') return [name, known[name]]
    const { executing, error } = was ?? {}
    return [name, { status, body: isChanged && executing === true ? { ...body, executing, error } : body }]
  })
  return { ...after, http: Object.fromEntries(alike) as Record<string, unknown> }
}

/** Lets many pass together: when all that are inside wait, the work is done once for them. */
class Gate {
  readonly #work: () => Promise<unknown>
  #inside = 0
  #waiting: (() => void)[] = []
  #opening: Promise<unknown> = Promise.resolve()

  constructor(work: () => Promise<unknown>) {
    this.#work = work
  }

  async pass<T>(run: (restarted: () => Promise<void>) => Promise<T>): Promise<T> {
    await this.#opening
    this.#inside++
    let isWaiting = false
    try {
      return await run(() => {
        isWaiting = true
        this.#inside--
        const passed = new Promise<void>((resolve) => this.#waiting.push(resolve))
        this.#openIfAllWait()
        return passed
      })
    } finally {
      if (!isWaiting) {
        this.#inside--
        this.#openIfAllWait()
      }
    }
  }

  #openIfAllWait(): void {
    if (this.#inside > 0 || this.#waiting.length === 0) return
    const waiting = this.#waiting.splice(0)
    this.#opening = this.#work().then(() => waiting.forEach((resolve) => resolve()))
  }
}
