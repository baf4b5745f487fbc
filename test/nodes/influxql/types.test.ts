import t from 'tap'
import { influxqlNodes } from '../../../src/nodes/influxql/index.ts'
import type { FieldType } from '../../../src/model/value.ts'
import { functionRig, ofBatch, pointErrorsOf } from './rigs.ts'

const options: Record<string, Record<string, unknown>> = {
  percentile: { percentile: 50 },
  top: { num: 1 },
  bottom: { num: 1 },
  holtWinters: { h: 1, m: 0, interval: 1_000_000_000n },
  holtWintersWithFit: { h: 1, m: 0, interval: 1_000_000_000n },
  elapsed: { unit: 1_000_000_000n },
  movingAverage: { window: 2 }
}

const samples: Record<string, readonly [string, string]> = {
  float: ['1', '2'],
  int: ['1i', '2i'],
  string: ['"a"', '"b"'],
  boolean: ['true', 'false']
}

/** What each function makes of floats, ints, strings and booleans; '-': it does not take them. */
const results: Record<string, string> = {
  bottom: 'float int - -',
  count: 'int int int int',
  cumulativeSum: 'float int - -',
  difference: 'float int - -',
  distinct: 'float int string boolean',
  elapsed: 'int int int int',
  first: 'float int string boolean',
  holtWinters: 'float float - -',
  holtWintersWithFit: 'float float - -',
  last: 'float int string boolean',
  max: 'float int - -',
  mean: 'float float - -',
  median: 'float float - -',
  min: 'float int - -',
  mode: 'float int - -',
  movingAverage: 'float float - -',
  percentile: 'float int - -',
  spread: 'float int - -',
  stddev: 'float float - -',
  sum: 'float int - -',
  top: 'float int - -'
}

t.same(
  Object.keys(results),
  influxqlNodes.map(({ spec }) => spec.name),
  'a function is missing here'
)

for (const { spec } of influxqlNodes) {
  t.test(`${spec.name} takes other types of fields, or gives another type`, (t) => {
    for (const [i, type] of Object.keys(samples).entries()) {
      const expected = results[spec.name]!.split(' ')[i]!
      const rig = functionRig(spec.name, options[spec.name])
      const types: FieldType[] = []
      rig.node.out[0]!.to.point = ({ schema }) => types.push(schema.typeOf(spec.kind)!)
      rig.node.out[0]!.to.batch = ({ points }) => points.forEach(({ schema }) => types.push(schema.typeOf(spec.kind)!))
      const [a, b] = samples[type]!
      ofBatch(rig, [`m v=${a} 1s`, `m v=${b} 2s`])
      if (expected === '-') {
        const goType = type === 'boolean' ? 'bool' : type
        const reason = `invalid influxql func ${spec.kind} with field v: cannot apply ${spec.kind} to ${goType} field`
        const line = `${spec.kind}2 failed to realize reduce context from fields: ${reason}`
        t.same(pointErrorsOf(rig), [line, line])
        t.same(types, spec.name === 'sum' ? ['float'] : [], 'only sum has an answer to nothing')
      } else {
        t.same([...new Set(types)], [expected])
        t.same(pointErrorsOf(rig), [])
      }
    }
    t.end()
  })
}

t.test('the first usable value decides about the type of its set', (t) => {
  const rig = functionRig('sum')
  const out = ofBatch(rig, ['m w=1 0s', 'm v="x" 1s', 'm v=1.5 2s', 'm v=10i 3s', 'm w=1 4s', 'm v=2 5s'])
  t.same(out, ['m sum=3.5 10s'])
  t.same(pointErrorsOf(rig), [
    'sum2 failed to realize reduce context from fields: field "v" missing from point',
    'sum2 failed to realize reduce context from fields: invalid influxql func sum with field v: cannot apply sum to string field',
    'sum2 failed to aggregate point in batch: field v has wrong type: got int64 exp float64',
    'sum2 failed to aggregate point in batch: field v missing from point cannot aggregate'
  ])
  t.equal(rig.node.errors, 4)
  t.same(ofBatch(rig, ['m v=7i 1s']), ['m sum=7i 10s'], 'and of no other')
  t.end()
})

t.test('a null is a missing field, and a duration is no number', (t) => {
  const rig = functionRig('count')
  const point = rig.make('m v=1 0s')
  rig.node.folder!.add(point.with('v', 'null', null))
  rig.node.folder!.add(point.with('v', 'duration', 5n))
  rig.node.folder!.close(point.group, 'm', point.time)
  t.same(pointErrorsOf(rig), [
    'count2 failed to realize reduce context from fields: field "v" missing from point',
    'count2 failed to realize reduce context from fields: invalid influxql func count with field v: cannot apply count to time.Duration field'
  ])
  t.end()
})

t.test('quiet does not stop the counting of errors', (t) => {
  const rig = functionRig('sum')
  rig.context.node.options['quiet'] = true
  ofBatch(rig, ['m w=1 0s'])
  t.same([rig.node.errors, pointErrorsOf(rig)], [1, []])
  t.end()
})

const refused: readonly [string, Record<string, unknown>, string | undefined][] = [
  ['top', { num: 0 }, 'top must give at least 1 point, not 0'],
  ['bottom', { num: -3 }, 'bottom must give at least 1 point, not -3'],
  ['top', { num: 1 }, undefined],
  ['movingAverage', { window: 0 }, 'movingAverage must have a window of at least 1 value, not 0'],
  ['movingAverage', { window: 1 }, undefined],
  ['movingAverage', { window: 1_000_001 }, 'movingAverage must have a window of at most 1000000 values, not 1000001'],
  ['elapsed', { unit: 0n }, 'elapsed must have a unit other than 0s'],
  ['elapsed', { unit: -1n }, undefined],
  ['holtWinters', { interval: 1n, m: 271 }, 'holtWinters must have a season of at most 270 values, not 271'],
  ['holtWinters', { interval: 0n }, 'holtWinters must have an interval above 0s'],
  ['holtWintersWithFit', { interval: -1n }, 'holtWintersWithFit must have an interval above 0s'],
  ['sum', {}, undefined]
]
for (const [name, args, text] of refused) {
  const { spec } = influxqlNodes.find(({ spec }) => spec.name === name)!
  t.equal(spec.refuses?.(args, 'stream'), text, `${name} has other words for ${Object.values(args)}`)
}

t.test('the fields that are asked of the input are not those that are read', (t) => {
  const requiredFields = (name: string, more: object, below: 'all' | string[]): unknown => {
    const { spec } = influxqlNodes.find(({ spec }) => spec.name === name)!
    const asked = spec.requiredFields!(
      { field: 'v', as: name, ...more } as never,
      below === 'all' ? 'all' : new Set(below)
    )
    return asked === 'all' ? asked : [...asked]
  }
  t.same(requiredFields('sum', {}, 'all'), ['v'])
  t.same(requiredFields('elapsed', {}, ['elapsed', 'x']), ['v'])
  t.same(requiredFields('distinct', {}, 'all'), ['v'])
  t.same(requiredFields('top', { fieldsAndTags: ['host', 'w'] }, ['top']), ['v'])
  t.same(requiredFields('max', {}, 'all'), 'all')
  t.same(requiredFields('max', {}, ['max', 'w']), ['w', 'v'])
  t.same(requiredFields('max', { as: 'v' }, ['v', 'w']), ['v', 'w'])
  t.end()
})
