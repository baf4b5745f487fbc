import { messageOf } from '../core/errors.ts'
import { EPOCH } from '../core/instant.ts'
import type { Expression, LambdaNode } from '../tick/ast.ts'
import { refuse, type Result, succeed } from '../tick/result.ts'
import { parseLambda } from '../tick/parser.ts'
import { operandsOf } from '../tick/walk.ts'
import { check, type Checked } from './check.ts'
import { Programs, statesOf } from './compile.ts'
import { FAILED, type Verdict } from './contract.ts'
import { BUILT_IN, type FunctionTable } from './functions/index.ts'
import type { LambdaFunction } from './functions/spec.ts'
import type { EvaluationOutcome, Runner } from './generate.ts'
import { quote } from '../core/print.ts'
import type { Type } from './types.ts'

/** What a match expression sees of an event. */
export interface MatchEvent {
  readonly level: number
  /** The level before, in the topic of the handler. */
  readonly previousLevel: number
  /** Measurement. */
  readonly name: string
  readonly taskName: string
  readonly durationNs: bigint
  readonly tags: Readonly<Record<string, string>>
}

export interface Match {
  /** Text of the error of the last test that said FAILED. */
  readonly error: string
  test(event: MatchEvent): Verdict
}

/** The state of all context functions of one expression: the event that is tested. */
interface Context {
  event: MatchEvent
}

const CONTEXT_FUNCTIONS: readonly [name: string, summary: string, returns: Type, (context: Context) => unknown][] = [
  [
    'changed',
    'Whether the level is not the one before.',
    'boolean',
    ({ event }) => event.level !== event.previousLevel
  ],
  ['level', 'The level, to compare with OK, INFO, WARNING and CRITICAL.', 'int', ({ event }) => event.level],
  ['name', 'The measurement.', 'string', ({ event }) => event.name],
  ['taskName', 'The task that told the event.', 'string', ({ event }) => event.taskName],
  ['alertDuration', 'How long the alert has lasted.', 'duration', ({ event }) => event.durationNs]
]

const LEVELS: ReadonlyMap<string, number> = new Map([
  ['OK', 0],
  ['INFO', 1],
  ['WARNING', 2],
  ['CRITICAL', 3]
])

/**
 * Compiles the `match` of a topic handler: a lambda without the word, over tags and context functions. Functions of
 * its own that need a context give way to built-in ones: `duration()` is the conversion, and fails.
 */
export function compileMatch(text: string): Result<Match> {
  const parsed = parseLambda(text)
  if (!parsed.ok) return refuse(`invalid match expression: ${parsed.error.message}`, parsed.error.at)
  const unknown = findUnknown(parsed.value)
  if (unknown !== undefined) return refuse(`unknown identifier ${quote(unknown)}`)
  const checked = check(withLevels(parsed.value.body))
  if (!checked.ok) return refuse(`invalid match expression: ${checked.error.message}`)
  return succeed(new CompiledMatch(checked.value))
}

class CompiledMatch implements Match, EvaluationOutcome {
  error = ''
  value = false
  readonly #names: readonly string[]
  readonly #context: Context = { event: NO_EVENT }
  readonly #states: readonly object[]
  readonly #run: Runner

  constructor(checked: Checked) {
    const functions = functionsOn(this.#context)
    this.#names = checked.names
    this.#states = statesOf(checked.calls[0]!, functions)
    this.#run = new Programs(checked, functions)
      .get(
        'match',
        checked.names.map(() => ({ source: 'tag' }))
      )
      .bind(checked.names.map((_, i) => i))
  }

  test(event: MatchEvent): Verdict {
    const tags: string[] = []
    for (const name of this.#names) {
      if (!Object.hasOwn(event.tags, name)) {
        this.error = `no tag exists for ${name}`
        return FAILED
      }
      tags.push(event.tags[name]!)
    }
    this.#context.event = event
    try {
      return this.#run([], tags, EPOCH, this.#states, this)
    } catch (error) {
      this.error = messageOf(error)
      return FAILED
    } finally {
      this.#context.event = NO_EVENT
    }
  }
}

const NO_EVENT: MatchEvent = { level: 0, previousLevel: 0, name: '', taskName: '', durationNs: 0n, tags: {} }

function functionsOn(context: Context): FunctionTable {
  const own = CONTEXT_FUNCTIONS.map(([name, summary, returns, call]): readonly [string, LambdaFunction] => [
    name,
    {
      name,
      summary,
      signatures: [{ args: [], returns, call }],
      misuse: () => `${name} takes no arguments`,
      state: () => context
    }
  ])
  return new Map([...own, ...BUILT_IN])
}

function findUnknown(node: Expression): string | undefined {
  if (node.kind === 'identifier') return LEVELS.has(node.name) ? undefined : node.name
  for (const child of operandsOf(node)) {
    const found = findUnknown(child)
    if (found !== undefined) return found
  }
  return undefined
}

/** The names of levels replaced by their numbers. */
function withLevels(node: Expression): Expression {
  switch (node.kind) {
    case 'identifier':
      return { kind: 'int', value: LEVELS.get(node.name)!, at: node.at }
    case 'unary':
      return { ...node, operand: withLevels(node.operand) }
    case 'binary':
      return { ...node, left: withLevels(node.left), right: withLevels(node.right) }
    case 'call':
      return { ...node, args: node.args.map(withLevels) }
    case 'lambda':
      return { ...node, body: withLevels(node.body) } satisfies LambdaNode
    default:
      return node
  }
}
