import t from 'tap'
import type { NodeDefinition } from '../../src/graph/node.ts'
import { Batch } from '../../src/model/batch.ts'
import type { Point } from '../../src/model/point.ts'
import combine from '../../src/nodes/combine.ts'
import flatten from '../../src/nodes/flatten.ts'
import httpPost from '../../src/nodes/http-post.ts'
import join from '../../src/nodes/join.ts'
import union from '../../src/nodes/union.ts'
import { weightOf } from '../../src/nodes/weight.ts'
import window from '../../src/nodes/window.ts'
import { lambda } from './drive.ts'
import { Rig, type RigOptions } from './rig.ts'

// What one body, or a peer that is silent, can make a node produce or hold.

const HOUR = 3_600_000_000_000n
const TOO_MUCH = 'too much was made of one write, left out'

/** Takes many points of one time apart from each other. */
function feed(rig: Rig, points: number, point: (i: number) => Point): void {
  for (let i = 0; i < points; i++) rig.node.point(point(i), 0)
}

const overlapping: Record<string, { node: NodeDefinition; options: RigOptions; says: string }> = {
  'a window that is told at every point': {
    node: window,
    options: { options: { period: HOUR } },
    says: `${TOO_MUCH} a window`
  },
  'a window that reaches back much further than it is told': {
    node: window,
    options: { options: { period: HOUR, every: 1n } },
    says: `${TOO_MUCH} a window`
  },
  'a count of points that is told at every point': {
    node: window,
    options: { options: { periodCount: 1_000_000_000n, everyCount: 1n } },
    says: `${TOO_MUCH} a window`
  }
}

for (const [name, { node, options, says }] of Object.entries(overlapping)) {
  t.test(`${name} leaves out what would take too long, and keeps its points`, async (t) => {
    const rig = new Rig(node, options)
    const point = (i: number): Point => rig.make(`m v=1 ${i}ms`)
    rig.ports.clock.advance(10_000)
    feed(rig, 1000, point)
    // 1 + 2 + ... + 446 points are less than the units between two looks at the clock, 1 + 2 + ... + 447 are more.
    const told = rig.out
    t.ok(told.length > 440 && told.length < 450, String(told.length))
    t.strictSame([...new Set(rig.ports.pointErrors)], [says])
    t.equal(rig.node.errors, rig.ports.pointErrors.length)
    rig.ports.effort.begin()
    rig.node.point(point(1000), 0)
    const [last] = rig.out
    t.ok(last!.split('v=1').length > 1000, 'the next write brings them all')
  })
}

t.test('combinations that would take too long are left out', async (t) => {
  const rig = new Rig(combine, { options: { expressions: [lambda('TRUE'), lambda('TRUE')], as: ['a', 'b'] } })
  rig.ports.clock.advance(10_000)
  feed(rig, 1000, (i) => rig.make(`m,t=x${i} v=1 1s`))
  rig.point('m v=1 2s')
  t.equal(rig.out.length, 24_999, 'four units each')
  t.strictSame(rig.ports.pointErrors, [`${TOO_MUCH} combinations`])
})

const windows: Record<string, Record<string, unknown>> = {
  'of a period': { period: HOUR, every: HOUR },
  'of a number of points': { periodCount: 1_000_000_000n, everyCount: 1_000_000_000n }
}

for (const [name, options] of Object.entries(windows)) {
  t.test(`a window ${name} holds two million points of a group at most, the newest`, async (t) => {
    const rig = new Rig(window, { options })
    const point = rig.make('m v=1 1ms')
    for (let i = 0; i < 2_000_000; i++) rig.node.point(point, 0)
    t.strictSame(rig.ports.pointErrors, [])
    rig.node.point(point, 0)
    t.strictSame(rig.ports.pointErrors, ['too many points in a window, dropped the oldest'])
    for (let i = 0; i < 500_001; i++) rig.node.point(point, 0)
    t.equal(rig.node.errors, 2)
  })
}

t.test('flatten takes 100,000 points of one time and 32,768 fields', async (t) => {
  const rig = new Rig(flatten, { options: { on: ['s'] } })
  feed(rig, 40_000, (i) => rig.make(`m,s=${i} v=1 1s`))
  rig.point('m,s=0 v=1 2s')
  t.equal(rig.out[0]!.split(',').length, 32_768)
  t.strictSame(rig.ports.pointErrors, ['too many fields of one time, left some out'])
  const same = rig.make('m,s=0 v=2 2s')
  for (let i = 0; i < 100_000; i++) rig.node.point(same, 0)
  rig.point('m,s=1 v=1 3s')
  t.equal(rig.out[0], 'm 0.v=2 2s')
  t.equal(rig.ports.pointErrors[1], 'too many points of one time, dropped one')
})

t.test('a batch that waits counts for each of its points', async (t) => {
  const points = new Array<Point>(300_000).fill(new Rig(union, { options: { nodes: [{}] } }).make('m v=1 1s'))
  const { group, time } = points[0]!
  const batch = new Batch('m', group, time, points)
  t.equal(weightOf(batch), 300_001)
  const held: [NodeDefinition, RigOptions, string][] = [
    [union, { options: { nodes: [{}] } }, 'too many messages wait for a source of the union, passed on the earliest'],
    [join, { options: { nodes: [{}], as: ['a', 'b'] } }, 'too many messages wait to be joined, gave up the oldest'],
    [httpPost, { options: { urls: ['http://x/'] } }, 'too many messages wait to be posted, dropped one']
  ]
  for (const [node, options, says] of held) {
    const { node: running, ports } = new Rig(node, { ...options, edge: 'batch' })
    for (let i = 0; i < 3; i++) running.batch(batch, 0)
    t.strictSame(ports.pointErrors, [], says)
    for (let i = 0; i < 2; i++) running.batch(batch, 0)
    t.ok(ports.pointErrors.length > 0 && ports.pointErrors.every((error) => error === says), ports.pointErrors.join())
  }
})

t.test('messages that wait to be joined are put in order whatever order they come in', async (t) => {
  for (const order of ['falling', 'mixed']) {
    const rig = new Rig(join, { options: { nodes: [{}], as: ['a', 'b'] } })
    // 7919 and 5000 have no divisor in common, so that the mixed ones are all of the times there are.
    const timeOf = (i: number): number => (order === 'falling' ? 5000 - i : 1 + ((i * 7919) % 5000))
    for (let i = 0; i < 5000; i++) rig.point(`m v=${timeOf(i)} ${timeOf(i)}s`, 0)
    for (let s = 1; s <= 5000; s++) rig.point(`n v=${s} ${s}s`, 1)
    const out = rig.out
    t.equal(out.length, 5000)
    t.ok(
      out.every((line, i) => line.includes(`a.v=${i + 1},b.v=${i + 1}`)),
      order
    )
  }
})
