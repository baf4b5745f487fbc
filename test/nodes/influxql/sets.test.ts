import t from 'tap'
import { Batch } from '../../../src/model/batch.ts'
import { Random } from '../../support/random.ts'
import { formatPoint } from '../../support/text.ts'
import { timeOf } from '../rig.ts'
import { functionRig, ofBatch, ofFold } from './rigs.ts'

const SECOND = 1_000_000_000n

/** The window on which the original was measured (Kapacitor 1.5.7). */
const measured = ['m,dc=x v=3,n=1i 1s', 'm,dc=y v=1,n=5i 2s', 'm,dc=x v=2,n=5i 4s', 'm,dc=z v=1,n=2i 7s']

interface Case {
  readonly fn: string
  readonly options?: Record<string, unknown>
  readonly points?: readonly string[]
  readonly groupBy?: readonly string[]
  readonly out: readonly string[]
}

const pointTimes = { usePointTimes: true }
const cases: Record<string, Case> = {
  'count counts values': { fn: 'count', out: ['m count=4i 10s'] },
  'sum of floats is a float': { fn: 'sum', out: ['m sum=7 10s'] },
  'sum of ints is an int': { fn: 'sum', options: { field: 'n' }, out: ['m sum=13i 10s'] },
  'sum, which has no point time, says 1970': { fn: 'sum', options: pointTimes, out: ['m sum=7 0s'] },
  'mean of floats': { fn: 'mean', out: ['m mean=1.75 10s'] },
  'mean of ints is a float': { fn: 'mean', options: { field: 'n' }, out: ['m mean=3.25 10s'] },
  'median of an even number is half way': { fn: 'median', out: ['m median=1.5 10s'] },
  'median of ints is a float': { fn: 'median', options: { field: 'n' }, out: ['m median=3.5 10s'] },
  'median of an odd number is the middle': {
    fn: 'median',
    points: ['m v=9 0s', 'm v=-1 1s', 'm v=4 2s'],
    out: ['m median=4 10s']
  },
  'median of one float has its time': {
    fn: 'median',
    options: pointTimes,
    points: ['m v=9 3s'],
    out: ['m median=9 3s']
  },
  'median of one int has the time of the set': {
    fn: 'median',
    options: pointTimes,
    points: ['m v=9i 3s'],
    out: ['m median=9 10s']
  },
  'mode of floats': { fn: 'mode', out: ['m mode=1 10s'] },
  'mode of ints': { fn: 'mode', options: { field: 'n' }, out: ['m mode=5i 10s'] },
  'mode of one point has its time': { fn: 'mode', options: pointTimes, points: ['m v=9i 3s'], out: ['m mode=9i 3s'] },
  'mode of several points has the time of the set': { fn: 'mode', options: pointTimes, out: ['m mode=1 10s'] },
  'mode of values that are all different is the smallest': {
    fn: 'mode',
    points: ['m v=4 0s', 'm v=2 1s', 'm v=3 2s'],
    out: ['m mode=2 10s']
  },
  'mode of a tie is the larger that begins before the smaller ends': {
    fn: 'mode',
    points: ['m v=4 0s', 'm v=9 1s', 'm v=9 2s', 'm v=4 3s'],
    out: ['m mode=9 10s']
  },
  'mode of a tie is the smaller that ends before the larger begins': {
    fn: 'mode',
    points: ['m v=6 0s', 'm v=6 1s', 'm v=8 2s', 'm v=8 3s'],
    out: ['m mode=6 10s']
  },
  'spread of floats': { fn: 'spread', out: ['m spread=2 10s'] },
  'spread of ints is an int': { fn: 'spread', options: { field: 'n' }, out: ['m spread=4i 10s'] },
  'stddev of floats': { fn: 'stddev', out: ['m stddev=0.9574271077563381 10s'] },
  'stddev of ints is a float': { fn: 'stddev', options: { field: 'n' }, out: ['m stddev=2.0615528128088303 10s'] },
  'stddev of one value is no number': { fn: 'stddev', points: ['m v=7 0s'], out: ['m stddev=NaN 10s'] },
  'stddev leaves NaN out': {
    fn: 'stddev',
    points: ['m v=2 0s', 'm v=NaN 1s', 'm v=4 2s', 'm v=6 3s'],
    out: ['m stddev=2 10s']
  },
  'aggregates keep no tags but those of the group': {
    fn: 'sum',
    groupBy: ['dc'],
    points: ['m,dc=x,host=a v=1 0s', 'm,dc=x,host=b v=2 0s'],
    out: ['m,dc=x sum=3 10s']
  },
  'first is the earliest point with all its tags and fields': { fn: 'first', out: ['m,dc=x first=3,n=1i 10s'] },
  'first looks at times and not at the order of coming': {
    fn: 'first',
    points: ['m v=1 3s', 'm v=2 1s', 'm v=3 2s'],
    out: ['m first=2 10s']
  },
  'first of equal times is the larger number': {
    fn: 'first',
    points: ['m v=1 1s', 'm v=2 1s'],
    out: ['m first=2 10s']
  },
  'first of equal times is the larger string': {
    fn: 'first',
    points: ['m v="a" 1s', 'm v="b" 1s', 'm v="aa" 1s'],
    out: ['m first="b" 10s']
  },
  'first of equal times is false': {
    fn: 'first',
    points: ['m v=true 1s', 'm v=false 1s', 'm v=true 1s'],
    out: ['m first=false 10s']
  },
  'last is the latest point': { fn: 'last', out: ['m,dc=z last=1,n=2i 10s'] },
  'last of equal times is the larger number': { fn: 'last', points: ['m v=2 1s', 'm v=1 1s'], out: ['m last=2 10s'] },
  'last of equal times is the larger string': {
    fn: 'last',
    points: ['m v="b" 1s', 'm v="a" 1s', 'm v="0" 0s'],
    out: ['m last="b" 10s']
  },
  'last of equal times is true': {
    fn: 'last',
    points: ['m v=true 1s', 'm v=false 1s', 'm v=true 1s'],
    out: ['m last=true 10s']
  },
  'a selector can have the time of its point': { fn: 'last', options: pointTimes, out: ['m,dc=z last=1,n=2i 7s'] },
  'min of equal values is the earliest': { fn: 'min', out: ['m,dc=y min=1,n=5i 10s'] },
  'max of equal values is the earliest, also when it comes late': {
    fn: 'max',
    options: pointTimes,
    points: ['m v=5,a=1 3s', 'm v=5,a=2 1s', 'm v=5,a=3 2s', 'm v=0,a=4 0s'],
    out: ['m a=2,max=5 1s']
  },
  'max of ints with the time of the point': {
    fn: 'max',
    options: { field: 'n', ...pointTimes },
    out: ['m,dc=y max=5i,v=1 2s']
  },
  'a selector whose result keeps the name changes no field': {
    fn: 'max',
    options: { as: 'v' },
    out: ['m,dc=x n=1i,v=3 10s']
  },
  'the result of a selector takes the place of a field of that name': {
    fn: 'max',
    options: { as: 'n' },
    out: ['m,dc=x n=3 10s']
  },
  'a selector keeps tags beside the group': {
    fn: 'max',
    groupBy: ['dc'],
    points: ['m,dc=x,host=a v=1 0s', 'm,dc=x,host=b v=2 0s'],
    out: ['m,dc=x,host=b max=2 10s']
  },
  'percentile is the value of the rank': {
    fn: 'percentile',
    options: { percentile: 50 },
    out: ['m,dc=z n=2i,percentile=1 10s']
  },
  'percentile of equal values takes them in the order of coming': {
    fn: 'percentile',
    options: { percentile: 25 },
    out: ['m,dc=y n=5i,percentile=1 10s']
  },
  'percentile below the first rank gives nothing': { fn: 'percentile', options: { percentile: 5 }, out: [] },
  'percentile above the last rank gives nothing': { fn: 'percentile', options: { percentile: 130 }, out: [] },
  'percentile 100 is the largest': {
    fn: 'percentile',
    options: { percentile: 100 },
    out: ['m,dc=x n=1i,percentile=3 10s']
  },
  'percentile of floats can have the time of its point': {
    fn: 'percentile',
    options: { percentile: 100, ...pointTimes },
    out: ['m,dc=x n=1i,percentile=3 1s']
  },
  'percentile of ints can have the time of its point': {
    fn: 'percentile',
    options: { field: 'n', percentile: 75, ...pointTimes },
    out: ['m,dc=y percentile=5i,v=1 2s']
  },
  'distinct values are in the order of their first times': {
    fn: 'distinct',
    out: ['m tmax=10s [distinct=3 10s; distinct=1 10s; distinct=2 10s]']
  },
  'distinct values of one time are sorted': {
    fn: 'distinct',
    options: pointTimes,
    points: ['m v="b" 1s', 'm v="a" 1s', 'm v="c" 0s', 'm v="a" 9s'],
    out: ['m tmax=10s [distinct="c" 0s; distinct="a" 1s; distinct="b" 1s]']
  },
  'distinct false comes before true': {
    fn: 'distinct',
    points: ['m v=true 1s', 'm v=false 1s'],
    out: ['m tmax=10s [distinct=false 10s; distinct=true 10s]']
  },
  'top is best first': {
    fn: 'top',
    options: { num: 3, ...pointTimes },
    points: ['m v=1 1s', 'm v=5 2s', 'm v=3 3s', 'm v=4 4s'],
    out: ['m tmax=10s [top=5 2s; top=4 4s; top=3 3s]']
  },
  'top gives ties to the earlier point': {
    fn: 'top',
    options: { field: 'n', num: 1, ...pointTimes },
    out: ['m tmax=10s [,dc=y top=5i 2s]']
  },
  'top of more than there are gives all': {
    fn: 'top',
    options: { num: 9, ...pointTimes },
    out: ['m tmax=10s [,dc=x top=3 1s; ,dc=x top=2 4s; ,dc=y top=1 2s; ,dc=z top=1 7s]']
  },
  'top by tags and fields takes the best all the same': {
    fn: 'top',
    options: { num: 3, fieldsAndTags: ['dc', 'n', 'absent'], ...pointTimes },
    out: ['m tmax=10s [,dc=x top=3 1s; ,dc=x top=2 4s; ,dc=y top=1 2s]']
  },
  'bottom puts what is no number last': {
    fn: 'bottom',
    options: { num: 3, ...pointTimes },
    points: ['m v=NaN 1s', 'm v=2 2s', 'm v=NaN 3s', 'm v=1 4s'],
    out: ['m tmax=10s [bottom=1 4s; bottom=2 2s; bottom=NaN 1s]']
  },
  'bottom is best first, its ties in the order of time': {
    fn: 'bottom',
    options: { num: 3, ...pointTimes },
    out: ['m tmax=10s [,dc=y bottom=1 2s; ,dc=z bottom=1 7s; ,dc=x bottom=2 4s]']
  },
  'point times past the end move the end of the batch': {
    fn: 'bottom',
    options: { num: 1, ...pointTimes },
    points: ['m v=1 12s'],
    out: ['m tmax=12s [bottom=1 12s]']
  },
  'a value that is no number wins no comparison': {
    fn: 'max',
    points: ['m v=1 0s', 'm v=NaN 1s'],
    out: ['m max=1 10s']
  },
  'count of an empty batch is 0': { fn: 'count', points: [], out: ['m count=0i 10s'] },
  'count of nothing, with point times, says 1970': {
    fn: 'count',
    options: pointTimes,
    points: [],
    out: ['m count=0i 0s']
  },
  'sum of an empty batch is the float 0': { fn: 'sum', points: [], out: ['m sum=0 10s'] },
  'an empty batch of a group has the tags of the group': {
    fn: 'count',
    groupBy: ['dc'],
    points: [],
    out: ['m,dc=x count=0i 10s']
  }
}

t.test('top of many points is what sorting all of them gives', (t) => {
  const random = new Random(7)
  for (const num of [1, 5, 40, 400]) {
    const rig = functionRig('top', { num, ...pointTimes })
    const values = Array.from({ length: 300 }, () => random.int(50))
    const points = values.map((value, i) => rig.make(`m v=${value} ${i}ms`))
    const best = [...points].sort((a, b) => Number(b.values[0]) - Number(a.values[0])).slice(0, num)
    rig.node.batch(new Batch('m', points[0]!.group, timeOf('10s'), points), 0)
    const texts = best.map((point) => formatPoint(point).replace('m v=', 'top='))
    t.same(rig.out, [`m tmax=10s [${texts.join('; ')}]`])
  }
  t.end()
})

for (const fn of ['mean', 'median', 'mode', 'spread', 'stddev', 'first', 'last', 'min', 'max', 'distinct']) {
  cases[`${fn} of an empty batch is nothing`] = { fn, points: [], out: [] }
}
for (const [fn, options] of [
  ['percentile', { percentile: 50 }],
  ['top', { num: 1 }],
  ['bottom', { num: 1 }],
  ['holtWinters', { h: 1, m: 0, interval: SECOND }]
] as const) {
  cases[`${fn} of an empty batch is nothing`] = { fn, options, points: [], out: [] }
}

for (const [claim, { fn, options = {}, points = measured, groupBy = [], out }] of Object.entries(cases)) {
  t.test(claim, (t) => {
    const whole = functionRig(fn, options, 'batch', groupBy)
    const folded = functionRig(fn, options, 'batch', groupBy)
    for (const round of ['first', 'second']) {
      t.same(ofBatch(whole, points, 'm,dc=x'), out, `${round} batch`)
      t.same(ofFold(folded, points, 'm,dc=x'), out, `${round} folded batch`)
    }
    t.equal(whole.node.errors + folded.node.errors, 0)
    t.end()
  })
}

t.test('top and bottom keep the tags of their points', (t) => {
  const rig = functionRig('top', { num: 2, fieldsAndTags: ['host'] }, 'batch', ['dc'])
  const tags: unknown[] = []
  rig.node.out[0]!.to.batch = (batch) => tags.push(...batch.points.map(({ series }) => series.tags.toObject()))
  ofBatch(rig, ['m,dc=x,host=a v=1 0s', 'm,dc=x,host=b,os=l v=2 1s', 'm,dc=x,host=a v=3 2s'])
  t.same(tags.splice(0), [
    { dc: 'x', host: 'a' },
    { dc: 'x', host: 'b', os: 'l' }
  ])
  ofBatch(rig, ['m v=1 0s', 'm,host=a v=2 1s'])
  t.same(tags, [{ dc: '', host: 'a' }, { dc: '' }], 'and the tags of a group that they lack')
  t.end()
})

t.test('output belongs to no database and shares one series', (t) => {
  for (const [fn, options] of [
    ['sum', {}],
    ['max', {}]
  ] as const) {
    const rig = functionRig(fn, options)
    const series: unknown[] = []
    rig.node.out[0]!.to.point = (point) => {
      t.equal(point.series.database + point.series.retentionPolicy, '')
      series.push(point.series)
    }
    const batch = rig.batch('10s', ['m,host=a v=1 0s'])
    rig.node.batch(batch, 0)
    rig.node.batch(batch, 0)
    t.equal(series[0], series[1])
  }
  t.end()
})

t.test('a group keeps the name of its first batch', (t) => {
  const rig = functionRig('sum')
  rig.barrier('m', '1s')
  t.same(rig.out, ['barrier  1s'])
  t.same(ofBatch(rig, ['a v=1 0s']), ['a sum=1 10s'])
  t.same(ofBatch(rig, ['b v=1 0s']), ['a sum=1 10s'])
  t.same(ofFold(rig, ['c v=1 0s']), ['a sum=1 10s'])
  t.equal(rig.node.cardinality, 1)
  rig.delete('m').delete('m')
  t.same(rig.out, ['delete '])
  t.same(ofBatch(rig, ['b v=1 0s']), ['b sum=1 10s'], 'until it is forgotten')
  t.end()
})

t.test('a batch that is folded in part can be discarded', (t) => {
  const rig = functionRig('sum')
  const folder = rig.node.folder!
  folder.discard(rig.group('m'))
  folder.add(rig.make('m v=5 0s'))
  folder.discard(rig.group('m'))
  t.same(ofFold(rig, ['m v=1i 1s']), ['m sum=1i 10s'])
  t.end()
})

t.test('groups are folded side by side', (t) => {
  const rig = functionRig('mean', {}, 'batch', ['host'])
  const folder = rig.node.folder!
  for (const line of ['m,host=a v=1 0s', 'm,host=b v=5i 0s', 'm,host=a v=3 1s', 'm,host=b v=6i 1s'])
    folder.add(rig.make(line))
  const tmax = rig.make('m v=1 9s').time
  folder.close(rig.group('m,host=b'), 'm', tmax)
  folder.close(rig.group('m,host=a'), 'm', tmax)
  t.same(rig.out, ['m,host=b mean=5.5 9s', 'm,host=a mean=2 9s'])
  t.end()
})
