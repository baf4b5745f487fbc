import t from 'tap'
import { functionRig, ofBatch, ofStream } from './rigs.ts'

const MILLISECOND = 1_000_000n
const measured = ['m,dc=x v=3,n=1i 1s', 'm,dc=y v=1,n=5i 2s', 'm,dc=x v=2,n=5i 4s', 'm,dc=z v=1,n=2i 7s']

interface Case {
  readonly fn: string
  readonly options?: Record<string, unknown>
  readonly points?: readonly string[]
  readonly out: readonly string[]
  readonly errors?: number
}

const cases: Record<string, Case> = {
  'elapsed counts units since the previous point': {
    fn: 'elapsed',
    options: { unit: 500n * MILLISECOND },
    out: ['m elapsed=2i 2s', 'm elapsed=4i 4s', 'm elapsed=6i 7s']
  },
  'elapsed cuts off toward zero, also backwards, and is 0 for equal times': {
    fn: 'elapsed',
    options: { unit: 1000n * MILLISECOND },
    points: ['m v="a" 1500ms', 'm v="a" 3400ms', 'm v="a" 0ms', 'm v="a" 0ms', 'm v="b" -400ms'],
    out: ['m elapsed=1i 3400ms', 'm elapsed=-3i 0s', 'm elapsed=0i 0s', 'm elapsed=0i -400ms']
  },
  'elapsed is exact where a double of nanoseconds is not': {
    fn: 'elapsed',
    options: { unit: 1n },
    points: ['m v=true 1ns', 'm v=true 150000000s'],
    out: ['m elapsed=149999999999999999i 150000000s']
  },
  'difference keeps the type': {
    fn: 'difference',
    options: { field: 'n' },
    out: ['m difference=4i 2s', 'm difference=0i 4s', 'm difference=-3i 7s']
  },
  'difference leaves out a point of the time before': {
    fn: 'difference',
    points: ['m v=1.5 0s', 'm v=4 1s', 'm v=3 1s', 'm v=4 3s'],
    out: ['m difference=2.5 1s', 'm difference=0 3s']
  },
  'difference gives nothing for a point without the field': {
    fn: 'difference',
    points: ['m v=1 0s', 'm v=3 1s', 'm n=1i 2s', 'm v=4 3s'],
    out: ['m difference=2 1s', 'm difference=1 3s'],
    errors: 1
  },
  'cumulativeSum adds up': {
    fn: 'cumulativeSum',
    options: { field: 'n', as: 'total' },
    out: ['m total=1i 1s', 'm total=6i 2s', 'm total=11i 4s', 'm total=13i 7s']
  },
  'cumulativeSum of floats gives the last sum again for a point without the field': {
    fn: 'cumulativeSum',
    points: ['m v=1 0s', 'm n=1i 1s', 'm v=2i 2s', 'm v=2 3s'],
    out: ['m cumulativeSum=1 0s', 'm cumulativeSum=1 0s', 'm cumulativeSum=1 0s', 'm cumulativeSum=3 3s'],
    errors: 2
  },
  'movingAverage waits for its window': {
    fn: 'movingAverage',
    options: { window: 2 },
    out: ['m movingAverage=2 2s', 'm movingAverage=1.5 4s', 'm movingAverage=1.5 7s']
  },
  'movingAverage of ints is a float': {
    fn: 'movingAverage',
    options: { field: 'n', window: 3 },
    out: [`m movingAverage=${11 / 3} 4s`, 'm movingAverage=4 7s']
  },
  'movingAverage of one is the value': {
    fn: 'movingAverage',
    options: { window: 1 },
    points: ['m v=2i 1s'],
    out: ['m movingAverage=2 1s']
  },
  'movingAverage recovers from a value that is no number': {
    fn: 'movingAverage',
    options: { window: 2 },
    points: ['m v=1 0s', 'm v=NaN 1s', 'm v=3 2s', 'm v=5 3s'],
    out: ['m movingAverage=NaN 1s', 'm movingAverage=NaN 2s', 'm movingAverage=4 3s']
  },
  'nothing comes before the first usable value': {
    fn: 'cumulativeSum',
    points: ['m n=1i 0s', 'm v="x" 1s', 'm v=1 2s'],
    out: ['m cumulativeSum=1 2s'],
    errors: 2
  }
}

for (const [claim, { fn, options = {}, points = measured, out, errors = 0 }] of Object.entries(cases)) {
  t.test(claim, (t) => {
    const stream = functionRig(fn, options, 'stream')
    t.same(ofStream(stream, points), out, 'on a stream')
    t.equal(stream.node.errors, errors)

    const batch = functionRig(fn, options)
    const inner = out.map((text) => text.slice('m '.length)).join('; ')
    for (const round of ['first', 'second']) {
      t.same(ofBatch(batch, points), [`m tmax=10s [${inner}]`], `in the ${round} batch`)
    }
    t.equal(batch.node.folder, undefined)
    t.end()
  })
}

t.test('a stream is transformed by group, for good, under the name of its first point', (t) => {
  const rig = functionRig('cumulativeSum', {}, 'stream', ['host'])
  rig.barrier('a,host=a', '0s')
  for (const line of ['a,host=a,x=1 v=1 0s', 'b,host=b v=5 0s', 'b,host=a v=2 0s']) rig.point(line)
  t.same(rig.out, [
    'barrier host=a 0s',
    'a,host=a cumulativeSum=1 0s',
    'b,host=b cumulativeSum=5 0s',
    'a,host=a cumulativeSum=3 0s'
  ])
  rig.delete('a,host=a').point('b,host=a v=2 0s')
  t.same(rig.out, ['delete host=a', 'b,host=a cumulativeSum=2 0s'], 'until the group is deleted')
  t.end()
})

t.test('an empty batch stays a batch, with the name and the end that it has', (t) => {
  const rig = functionRig('difference', {}, 'batch', ['host'])
  t.same(ofBatch(rig, [], 'm,host=a'), ['m,host=a tmax=10s []'])
  t.same(ofBatch(rig, ['n,host=a v="x" 1s']), ['n,host=a tmax=10s []'])
  t.equal(rig.node.errors, 1)
  t.end()
})

t.test('sums of ints wrap around at 64 bits', (t) => {
  const sum = functionRig('cumulativeSum', {}, 'stream')
  const values: unknown[] = []
  sum.node.out[0]!.to.point = (point) => values.push(point.get('cumulativeSum'))
  for (const value of [9223372036854775807n, 1, -1]) sum.node.point(sum.make('m v=0i 0s').with('v', 'int', value), 0)
  t.same(values, [9223372036854775807n, -9223372036854775808n, 9223372036854775807n])
  t.end()
})
