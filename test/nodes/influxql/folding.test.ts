import t from 'tap'
import { Instant } from '../../../src/core/instant.ts'
import { Batch } from '../../../src/model/batch.ts'
import { Point } from '../../../src/model/point.ts'
import { Schema } from '../../../src/model/schema.ts'
import type { FieldType, Value } from '../../../src/model/value.ts'
import { influxqlNodes } from '../../../src/nodes/influxql/index.ts'
import type { Rig } from '../rig.ts'
import { functionRig } from './rigs.ts'

const options: Record<string, Record<string, unknown>> = {
  percentile: { percentile: 60 },
  top: { num: 3, fieldsAndTags: ['w'] },
  bottom: { num: 3 },
  holtWinters: { h: 2, m: 0, interval: 500_000_000n },
  holtWintersWithFit: { h: 2, m: 2, interval: 500_000_000n }
}

const ints: readonly Value[] = [
  0,
  1,
  -1,
  7,
  2 ** 53 - 1,
  9007199254740993n,
  9223372036854775807n,
  -9223372036854775808n
]
const kinds: Record<string, { type: FieldType; value: (random: () => number) => Value }> = {
  float: { type: 'float', value: (random) => Math.round(random() * 20) / 4 - 2 },
  int: { type: 'int', value: (random) => ints[Math.floor(random() * ints.length)]! },
  string: { type: 'string', value: (random) => 'abc'[Math.floor(random() * 3)]! },
  boolean: { type: 'boolean', value: (random) => random() < 0.5 },
  missing: { type: 'null', value: () => null }
}

/** Always the same numbers, from a linear congruence. */
function seeded(seed: number): () => number {
  let state = seed
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
}

function randomPoints(rig: Rig, random: () => number): Point[] {
  const [model] = [rig.make('m,host=a v=1,w=1i 0s')]
  const main = Object.values(kinds)[Math.floor(random() * 5)]!
  return Array.from({ length: Math.floor(random() * 12) }, () => {
    const { type, value } = random() < 0.85 ? main : Object.values(kinds)[Math.floor(random() * 5)]!
    const time = new Instant(Math.floor(random() * 16) * 250, 0)
    const w = Math.floor(random() * 3)
    const schema = type === 'null' ? Schema.of(['w'], ['int']) : Schema.of(['w', 'v'], ['int', type])
    return new Point(model.series, model.group, time, schema, type === 'null' ? [w] : [w, value(random)])
  })
}

for (const { spec } of influxqlNodes) {
  t.test(`${spec.name} of a folded batch is not that of the batch`, (t) => {
    const random = seeded(spec.name.length * 7919)
    const whole = functionRig(spec.name, options[spec.name])
    const folded = functionRig(spec.name, options[spec.name])
    const { folder } = folded.node
    if (folder === undefined) return t.end()
    for (let round = 0; round < 150; round++) {
      const points = randomPoints(whole, random)
      const tmax = new Instant(4000, 0)
      whole.node.batch(new Batch('m', whole.group('m'), tmax, points), 0)
      for (const point of points) folder.add(point.withGroup(folded.group('m')))
      folder.close(folded.group('m'), 'm', tmax)
      t.same(folded.out, whole.out)
    }
    t.equal(folded.node.errors, whole.node.errors)
    t.end()
  })
}

t.test('errors of a batch count when it is complete, and those of one that is given up never', (t) => {
  const rig = functionRig('mean')
  const folder = rig.node.folder!
  const bad = rig.make('m w=1 0s')
  const lost = (): number => rig.node.errors + rig.ports.pointErrors.length
  for (let i = 0; i < 3; i++) folder.add(bad)
  t.equal(lost(), 0)
  folder.close(bad.group, 'm', bad.time)
  t.strictSame([rig.node.errors, rig.ports.pointErrors.length], [3, 3])
  folder.add(bad)
  folder.add(bad)
  folder.discard(bad.group)
  folder.close(bad.group, 'm', bad.time)
  t.equal(rig.node.errors, 3)
  t.end()
})

t.test('ints beyond 2^53 are exact and wrap around at 64 bits', (t) => {
  const results = (name: string, values: readonly Value[], more: object = {}): Value[] => {
    const rig = functionRig(name, { ...more })
    const out: Value[] = []
    rig.node.out[0]!.to.point = (point) => out.push(...point.values)
    rig.node.out[0]!.to.batch = ({ points }) => out.push(...points.flatMap((point) => point.values))
    const points = values.map((value, i) => rig.make(`m v=0i ${i}s`).with('v', 'int', value))
    rig.node.batch(new Batch('m', rig.group('m'), new Instant(0, 0), points), 0)
    return out
  }
  const max = 9223372036854775807n
  const min = -9223372036854775808n
  t.same(results('sum', [max, 1]), [min])
  t.same(results('sum', [2 ** 53 - 1, 1, 1]), [9007199254740993n])
  t.same(results('sum', [max, 1, -2]), [max - 1n])
  t.same(results('sum', [max, 2 ** 53 - 1, -(2 ** 53 - 1), -max]), [0])
  t.same(results('mean', [max, max]), [-1], 'mean of a sum that wrapped')
  t.same(results('median', [max, 5, min]), [5])
  t.same(results('median', [9007199254740992n, 9007199254740996n]), [9007199254740994])
  t.same(results('spread', [max, min]), [-1])
  t.same(results('max', [5, max, min]), [max])
  t.same(results('min', [5, max, min]), [min])
  t.same(results('mode', [5, max, max]), [max])
  t.same(results('percentile', [max, 5, min], { percentile: 50 }), [5])
  t.same(results('distinct', [max, max, 1]), [max, 1])
  t.same(results('top', [min, max, 7], { num: 2 }), [max, 7])
  t.same(results('difference', [max, min]), [1])
  t.same(results('movingAverage', [max, 1], { window: 2 }), [-(2 ** 62)])
  t.end()
})
