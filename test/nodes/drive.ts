import t from 'tap'
import type { NodeDefinition } from '../../src/graph/node.ts'
import { parseLambda } from '../../src/tick/parser.ts'
import type { LambdaNode } from '../../src/tick/ast.ts'
import type { ScriptValue } from '../../src/tick/value.ts'
import { Rig, type RigOptions } from './rig.ts'

export interface Drive extends RigOptions {
  readonly node: NodeDefinition
  /**
   * Messages, in the notation of `Rig`: points as they are, `BATCH m,host=a 10s v=1 1s; m,host=b v=2 2s` (a point
   * without a key has that of the batch), `BARRIER m,host=a 5s`, `DELETE m,host=a`, and `FINISH`.
   */
  readonly input: readonly string[]
  readonly output: readonly string[]
  /** Errors of points that are logged: message and `err`. */
  readonly pointErrors?: readonly string[]
  /** Statistics at the end; `errors` and `cardinality` too. */
  readonly stats?: Readonly<Record<string, number>>
}

/** Runs one test a case: its name is the sentence that is false when it fails. */
export function driveAll(cases: Readonly<Record<string, Drive>>): void {
  for (const [sentence, one] of Object.entries(cases)) {
    t.test(sentence, async (t) => {
      const rig = new Rig(one.node, one)
      for (const message of one.input) feed(rig, message)
      t.strictSame(rig.out, one.output)
      t.strictSame(pointErrorsOf(rig), one.pointErrors ?? [])
      const { errors, cardinality } = rig.node
      const stats: Record<string, number> = { errors, cardinality, ...rig.node.counters() }
      for (const [name, value] of Object.entries(one.stats ?? {})) t.equal(stats[name], value, name)
    })
  }
}

export function feed(rig: Rig, message: string): void {
  const [kind, key = '', time = '', ...rest] = message.split(' ')
  if (kind === 'BATCH') {
    const lines = rest
      .join(' ')
      .split('; ')
      .filter((line) => line !== '')
    const whole = lines.map((line) => (line.split(' ').length === 2 ? `${key} ${line}` : line))
    rig.node.batch(rig.batch(time, whole, key), 0)
  } else if (kind === 'BARRIER') rig.barrier(key, time)
  else if (kind === 'DELETE') rig.delete(key)
  else if (kind === 'FINISH') rig.node.finish()
  else rig.point(message)
}

export function lambda(source: string): LambdaNode {
  const parsed = parseLambda(source)
  if (!parsed.ok) throw new Error(parsed.error.message)
  return parsed.value
}

export const star: ScriptValue = { type: 'star', value: null }
export const text = (value: string): ScriptValue => ({ type: 'string', value })

function pointErrorsOf(rig: Rig): string[] {
  return rig.ports.lines
    .filter(({ level }) => level === 'error')
    .map(({ message, details }) =>
      [details['level'], message, details['err']].filter((part) => part !== undefined).join(': ')
    )
}
