import t from 'tap'
import { Instant } from '../../src/core/instant.ts'
import type { Batch } from '../../src/model/batch.ts'
import { GraphNode } from '../../src/graph/graph.ts'
import join from '../../src/nodes/join.ts'
import { Rig } from './rig.ts'

const S = 1_000_000_000n
const FILL_0 = { type: 'int', value: 0 }

interface Case {
  readonly options: Record<string, unknown>
  readonly input: string
  readonly output: readonly string[]
  /** What comes out at the end of input. */
  readonly rest?: readonly string[]
}

/** Points of three sources: `a`, `b`, `c` with their time and value, `a1=5`. */
const ungrouped: Record<string, Case> = {
  'points of one time match in the order of arrival, others are dropped': {
    options: { as: ['a', 'b'] },
    input: 'a1=1 b1=3 a2=2 b3=4 a3=5 a3=6 b3=7 b2=8',
    output: ['a a.v=1,b.v=3 1s', 'a a.v=5,b.v=4 3s', 'a a.v=6,b.v=7 3s']
  },
  'a number fills what is missing once every source has moved on, or at the end': {
    options: { as: ['a', 'b'], fill: FILL_0 },
    input: 'a1=1 a2=2 b3=4 a3=5 a5=6 b7=7',
    output: ['a a.v=1,b.v=0i 1s', 'a a.v=2,b.v=0i 2s', 'a a.v=5,b.v=4 3s'],
    rest: ['a a.v=6,b.v=0i 5s', 'b a.v=0i,b.v=7 7s']
  },
  'times that round alike match': {
    options: {
      as: ['a', 'b'],
      fill: { type: 'float', value: 1.5 },
      tolerance: 5n * S,
      streamName: 'j',
      delimiter: '#'
    },
    input: 'a1=1 a2=2 b2=3 b3=4 a6=5 b8=6',
    output: ['j a#v=1,b#v=3 0s', 'j a#v=2,b#v=1.5 0s', 'j a#v=5,b#v=4 5s'],
    rest: ['j a#v=1.5,b#v=6 10s']
  },
  'three sources': {
    options: { as: ['a', 'b', 'c'], fill: FILL_0 },
    input: 'b1=1 c1=1 a1=1 b2=2 c3=3 a4=4 b5=5',
    output: ['a a.v=1,b.v=1,c.v=1 1s', 'b a.v=0i,b.v=2,c.v=0i 2s'],
    rest: ['c a.v=0i,b.v=0i,c.v=3 3s', 'a a.v=4,b.v=0i,c.v=0i 4s', 'b a.v=0i,b.v=5,c.v=0i 5s']
  },
  'null fills with the field names of the source that is there': {
    options: { as: ['a', 'b'], fill: { type: 'string', value: 'null' } },
    input: 'a1=1 a2=2 b2=2',
    output: ['a a.v=1,b.v=null 1s', 'a a.v=2,b.v=2 2s']
  }
}

for (const [name, { options, input, output, rest = [] }] of Object.entries(ungrouped)) {
  t.test(name, async (t) => {
    const rig = new Rig(join, { options })
    for (const text of input.split(' ')) {
      const [, source, time, value] = /^(.)(\d+)=(\d+)$/.exec(text)!
      rig.point(`${source} v=${value} ${time}s`, 'abc'.indexOf(source!))
    }
    t.same(rig.out, output)
    rig.node.finish()
    t.same(rig.out, rest)
  })
}

t.test('a group that one source never has waits until the end', async (t) => {
  const rig = new Rig(join, { options: { as: ['a', 'b'], fill: FILL_0 }, groupBy: ['h'] })
  rig.point('a,h=x v=1 1s').point('b,h=y v=1 1s', 1).point('a,h=x v=2 2s').point('b,h=y v=2 3s', 1)
  t.same(rig.out, [])
  t.equal(rig.node.cardinality, 2)
  rig.node.finish()
  t.same(rig.out, ['a,h=x a.v=1,b.v=0i 1s', 'a,h=x a.v=2,b.v=0i 2s', 'b,h=y a.v=0i,b.v=1 1s', 'b,h=y a.v=0i,b.v=2 3s'])
})

t.test('without delimiter two fields can share a name: the later one stays', async (t) => {
  const rig = new Rig(join, { options: { as: ['x', 'xy'], delimiter: '' } })
  t.same(rig.point('a yv=1,w=2 1s').point('b v=3i 1s', 1).out, ['a xw=2,xyv=3i 1s'])
})

const building = (fill?: unknown) => {
  const rig = new Rig(join, { options: { as: ['building', 'floor'], on: ['b'], fill }, groupBy: ['b'] })
  const floors = new Rig(join, { options: { as: ['x', 'y'] }, groupBy: ['b', 'f'] })
  const feed = (text: string) => {
    for (const part of text.split(' ')) {
      const [, floor, time, value] = /^(\d*)@(\d+)=(\d+)$/.exec(part)!
      if (floor === '') rig.point(`building,b=A v=${value} ${time}s`, 0)
      else {
        const point = floors.make(`floor,b=A,f=${floor} v=${value} ${time}s`)
        rig.node.point(point.withGroup(rig.groups.get('', point.series.tags, point.group.dimensions)), 1)
      }
    }
    return rig
  }
  return feed('@1=100 1@1=10 2@1=20 1@2=11 @2=200 2@2=22 1@3=13 @4=400 1@4=14')
}

t.test('on: a point with fewer dimensions is joined with each that has more, in the group of that one', async (t) => {
  t.same(building().out, [
    'building,b=A,f=1 building.v=100,floor.v=10 1s',
    'building,b=A,f=2 building.v=100,floor.v=20 1s',
    'building,b=A,f=1 building.v=200,floor.v=11 2s',
    'building,b=A,f=2 building.v=200,floor.v=22 2s',
    'building,b=A,f=1 building.v=400,floor.v=14 4s'
  ])
  t.equal(building(FILL_0).out[4], 'floor,b=A,f=1 building.v=0i,floor.v=13 3s')
})

t.test('a barrier moves its source on and is passed on, also in a group without points', async (t) => {
  const rig = new Rig(join, { options: { as: ['a', 'b'], fill: FILL_0 } })
  rig.barrier('', '1s', 0).barrier('', '1s', 1).point('a v=1 2s').barrier('', '3s', 0).barrier('', '3s', 1)
  t.same(rig.out, ['barrier  1s', 'barrier  1s', 'barrier  3s', 'a a.v=1,b.v=0i 2s', 'barrier  3s'])
})

t.test('a deleted group loses what waits', async (t) => {
  const rig = new Rig(join, { options: { as: ['a', 'b'], fill: FILL_0 }, groupBy: ['h'] })
  rig.point('a,h=x v=1 1s').delete('a,h=x').point('a,h=x v=2 2s')
  rig.node.finish()
  t.same(rig.out, ['delete h=x', 'a,h=x a.v=2,b.v=0i 2s'])
})

t.test('on: deleting groups forgets what waits in the buffers', async (t) => {
  for (const deleteAll of [false, true]) {
    const rig = building(FILL_0)
    t.equal(rig.out.length, 6)
    rig.delete('building,b=A').delete('building,b=B')
    rig.point('building,b=A v=1 5s')
    t.same(rig.out, ['delete b=A', 'delete b=B'], String(deleteAll))
  }
})

t.test('grouped by measurement, the stream name is a part of the group', async (t) => {
  const rig = new Rig(join, { options: { as: ['a', 'b'], streamName: 'j' }, byName: true })
  rig.point('m v=1 1s').point('m v=2 1s', 1).barrier('m', '2s')
  t.same(rig.out, ['j a.v=1,b.v=2 1s', 'barrier j 2s'])
})

t.test('batches are joined by the end of their interval, their points by time', async (t) => {
  const a = ['a v=1i 0s', 'a v=2i 2s', 'a v=4i 6s']
  const b = ['b v=10i 0s', 'b v=30i 4s', 'b v=50i 6s', 'b v=60i 9s']
  const run = (options: Record<string, unknown>, batches: (rig: Rig) => readonly Batch[]) => {
    const rig = new Rig(join, { options: { as: ['a', 'b'], ...options }, edge: 'batch' })
    for (const [i, batch] of batches(rig).entries()) rig.node.batch(batch, i % 2)
    return rig.out
  }
  const both = (rig: Rig) => [rig.batch('10s', a), rig.batch('10s', b)]
  t.same(run({ streamName: 'ab' }, both), ['ab tmax=10s [a.v=1i,b.v=10i 0s; a.v=4i,b.v=50i 6s]'])
  t.same(run({ fill: { type: 'string', value: 'null' } }, both), [
    'a tmax=10s [a.v=1i,b.v=10i 0s; a.v=2i,b.v=null 2s; a.v=null,b.v=30i 4s; a.v=4i,b.v=50i 6s; a.v=null,b.v=60i 9s]'
  ])
  t.same(run({ fill: { type: 'int', value: -1 }, tolerance: 4n * S }, both), [
    'a tmax=12s [a.v=1i,b.v=10i 0s; a.v=2i,b.v=30i 4s; a.v=4i,b.v=50i 8s; a.v=-1i,b.v=60i 8s]'
  ])
  t.same(
    run({}, (rig) => [rig.batch('10s', a), rig.batch('10s', [])]),
    ['a tmax=10s []']
  )
})

t.test('what waits for a silent source is bounded', async (t) => {
  const rig = new Rig(join, { options: { as: ['a', 'b'], fill: FILL_0 } })
  const point = rig.make('a v=1 0s')
  for (let i = 0; i < 1_000_002; i++) rig.node.point(point.withTime(new Instant(i * 1000, 0)), 0)
  t.same(rig.out, ['a a.v=1,b.v=0i 0s', 'a a.v=1,b.v=0i 1s'])
  t.equal(rig.node.errors, 2)
})

t.test('joins that make no sense are refused', async (t) => {
  const parent = new GraphNode(join, {}, 'stream')
  const validate = (as?: string[], delimiter = '.', parents = 2) => {
    const node = new GraphNode(join, {}, 'stream')
    for (let i = 0; i < parents; i++) node.parents.push(parent)
    return join.spec.validate!({ quiet: false, as, delimiter } as never, node)
  }
  t.equal(validate(), 'a call to join.as() is required to specify the output stream prefixes.')
  t.equal(validate(['a']), 'number of prefixes specified by join.as() must match the number of joined streams')
  t.equal(validate(['a', '']), 'must provide a prefix name for the join node, see .as() property method')
  t.equal(validate(['a.x', 'b']), 'cannot use name a.x as field prefix, it contains the delimiter "."\t')
  t.equal(validate(['a', 'a']), 'cannot use the same prefix name see .as() property method')
  t.equal(validate(['a', 'b'], ''), undefined)
  const fill = { type: 'string', value: 'x' }
  t.throws(() => new Rig(join, { options: { as: ['a', 'b'], fill } }), { message: 'unexpected fill option x' })
})

t.test('fields are read that something below reads under a prefix', async (t) => {
  const requiredFields = (below: 'all' | Set<string>) =>
    join.spec.requiredFields!({ quiet: false, as: ['a', 'b'], delimiter: '.' } as never, below)
  t.same(requiredFields(new Set(['a.v', 'b.w', 'c.x'])), new Set(['v', 'w']))
  t.equal(requiredFields('all'), 'all')
})
