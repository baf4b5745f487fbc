/**
 * Nanoseconds for one evaluation of a lambda on points of 1000 series, against the least that could do it: a function
 * written by hand. Run with `node --import tsx test/bench/lambda.bench.ts`.
 */
import { EPOCH } from '../../src/core/instant.ts'
import { compileLambda } from '../../src/lambda/compile.ts'
import type { LambdaInstance } from '../../src/lambda/contract.ts'
import { GroupRegistry } from '../../src/model/group.ts'
import { Point } from '../../src/model/point.ts'
import { Schema } from '../../src/model/schema.ts'
import { Series, Tags } from '../../src/model/series.ts'
import { parseLambda } from '../../src/tick/parser.ts'

const SERIES = 1000
const ROUNDS = 2000

const schema = Schema.of(
  ['usage_user', 'usage_system', 'usage_idle', 'busy', 'idle_ratio', 'used', 'n'],
  ['float', 'float', 'float', 'float', 'float', 'float', 'int']
)
const { nil } = new GroupRegistry()
const points = Array.from({ length: SERIES }, (_, i) => {
  const tags = Tags.of([
    ['cpu', 'cpu-total'],
    ['host', `host-${i}`],
    ['region', `us-west-${i % 3}`]
  ])
  const idle = (i * 37) % 100
  return new Point(new Series('db', 'rp', 'cpu', tags), nil, EPOCH, schema, [
    idle / 2 + 0.5,
    idle / 5 + 0.1,
    idle + 0.25,
    idle + 0.5,
    idle / 100 + 0.001,
    100.5 - idle,
    i
  ])
})

/** @returns Nanoseconds a call, the best of five passes. */
function measure(call: (point: Point) => unknown): number {
  let best = Infinity
  let answers = 0
  for (let pass = 0; pass < 5; pass++) {
    const start = process.hrtime.bigint()
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0; i < SERIES; i++) if (call(points[i]!) === 1) answers++
    }
    best = Math.min(best, Number(process.hrtime.bigint() - start) / (ROUNDS * SERIES))
  }
  if (answers < 0) throw new Error('unreachable: keeps the calls from being optimised away')
  return best
}

function instanceOf(text: string): LambdaInstance {
  const parsed = parseLambda(text)
  const compiled = parsed.ok ? compileLambda(parsed.value) : parsed
  if (!compiled.ok) throw new Error(compiled.error.message)
  return compiled.value.instantiate()
}

const predicates = [
  '"busy" > 10.0 AND "idle_ratio" < 0.9',
  '"host" =~ /host-1.*/',
  '"host" =~ /^host-[1-3]\\d*$/',
  '"host" =~ /(a|h).*-1.*9/',
  '"used" > 99.0',
  '"n" > 500',
  'isPresent("gone") AND ("gone" > 5)',
  '"gone" > 5',
  'sigma("used") > 3.0',
  'hour("time") > 7'
]
const values = [
  '"usage_user" + "usage_system"',
  '"usage_idle" / 100.0',
  '100.0 - "usage_idle"',
  '"n" + 1',
  'float("n") * 100.0',
  'string("n")',
  '1s * "n"'
]

const show = (name: string, ns: number): void => console.log(`${ns.toFixed(1).padStart(7)} ns  ${name}`)

console.log(`Node ${process.version}`)
const byHand = { value: 0 }
show(
  'by hand: busy > 10 and idle_ratio < 0.9',
  measure((point) => ((point.values[3] as number) > 10 && (point.values[4] as number) < 0.9 ? 1 : 0))
)
show(
  'by hand: usage_user + usage_system',
  measure((point) => (byHand.value = (point.values[0] as number) + (point.values[1] as number)))
)
for (const text of predicates) {
  const instance = instanceOf(text)
  show(
    text,
    measure((point) => instance.test(point))
  )
}
for (const text of values) {
  const instance = instanceOf(text)
  show(
    text,
    measure((point) => instance.evaluate(point.schema, point.values, point.series.tags, point.time))
  )
}
