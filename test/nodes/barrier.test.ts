import t from 'tap'
import { GraphNode } from '../../src/graph/graph.ts'
import barrier from '../../src/nodes/barrier.ts'
import { Rig } from './rig.ts'

const MS = 1_000_000n
const idle = { options: { idle: 500n * MS }, groupBy: ['h'] }
const period = { options: { period: 700n * MS }, groupBy: ['h'] }

t.test('a silent group gets barriers that count on from its last point', async (t) => {
  const rig = new Rig(barrier, idle)
  rig.point('m,h=a v=1 100s')
  rig.ports.clock.advance(300)
  rig.point('m,h=a v=2 101s').point('m,h=b v=3 7s')
  rig.ports.clock.advance(499)
  t.same(rig.out, ['m,h=a v=1 100s', 'm,h=a v=2 101s', 'm,h=b v=3 7s'])
  rig.ports.clock.advance(501)
  t.same(rig.out, ['barrier h=a 101500ms', 'barrier h=b 7500ms', 'barrier h=a 102s', 'barrier h=b 8s'])
})

t.test('what is older than the last barrier is dropped, also out of a batch', async (t) => {
  const rig = new Rig(barrier, idle)
  rig.point('m,h=a v=1 100s')
  rig.ports.clock.advance(500)
  t.equal(rig.out.length, 2)
  rig.point('m,h=a v=2 100s').barrier('m,h=a', '100s').point('m,h=a v=3 101s')
  t.same(rig.out, ['m,h=a v=3 101s'])
  const batches = new Rig(barrier, { ...idle, edge: 'batch' })
  batches.node.batch(batches.batch('10s', ['m,h=a v=1 5s', 'm,h=a v=2 3s']), 0)
  batches.ports.clock.advance(500)
  batches.node.batch(batches.batch('11s', ['m,h=a v=1 3s', 'm,h=a v=2 4s']), 0)
  batches.node.batch(batches.batch('12s', [], 'm,h=a'), 0)
  t.same(batches.out, [
    'm,h=a tmax=10s [v=1 5s; v=2 3s]',
    'barrier h=a 3500ms',
    'm,h=a tmax=11s [v=2 4s]',
    'm,h=a tmax=12s []'
  ])
})

t.test('without any point an idle barrier counts from when the group was made', async (t) => {
  const rig = new Rig(barrier, { ...idle, edge: 'batch' })
  rig.ports.clock.advance(2000)
  rig.node.batch(rig.batch('12s', [], 'm,h=a'), 0)
  rig.ports.clock.advance(500)
  t.same(rig.out, ['m,h=a tmax=12s []', 'barrier h=a 2500ms'])
})

t.test('a barrier from above is taken like a point and passed on', async (t) => {
  const rig = new Rig(barrier, idle)
  rig.point('m,h=a v=1 1s').barrier('m,h=a', '3s')
  rig.ports.clock.advance(500)
  t.same(rig.out, ['m,h=a v=1 1s', 'barrier h=a 3s', 'barrier h=a 3500ms'])
})

t.test('a period goes by the clock, whatever comes', async (t) => {
  const rig = new Rig(barrier, period)
  rig.point('m,h=a v=1 0s')
  rig.ports.clock.advance(400)
  rig.point('m,h=a v=2 0s').point('m,h=b v=2 0s').barrier('m,h=a', '9s')
  t.equal(rig.out.length, 4)
  rig.ports.clock.advance(1100)
  t.same(rig.out, ['barrier h=a 700ms', 'barrier h=b 1100ms', 'barrier h=a 1400ms'])
  rig.point('m,h=a v=3 1s').point('m,h=a v=4 2s')
  t.same(rig.out, ['m,h=a v=4 2s'])
})

t.test('with delete the group is gone below, until its next point', async (t) => {
  const rig = new Rig(barrier, { ...idle, options: { ...idle.options, delete: true } })
  rig.point('m,h=a v=1 1s')
  rig.ports.clock.advance(5000)
  t.same(rig.out, ['m,h=a v=1 1s', 'barrier h=a 1500ms', 'delete h=a'])
  t.equal(rig.node.cardinality, 0)
  t.equal(rig.groups.size, 1, 'only the group of what is not grouped is left')
  rig.point('m,h=a v=2 1s')
  rig.ports.clock.advance(500)
  t.same(rig.out, ['m,h=a v=2 1s', 'barrier h=a 1500ms', 'delete h=a'])
})

t.test('a group deleted above and a stopped node get no barriers any more', async (t) => {
  const rig = new Rig(barrier, idle)
  rig.point('m,h=a v=1 1s').point('m,h=b v=1 1s').delete('m,h=a').delete('m,h=c')
  rig.ports.clock.advance(500)
  rig.node.stop()
  rig.ports.clock.advance(5000)
  t.same(rig.out, ['m,h=a v=1 1s', 'm,h=b v=1 1s', 'delete h=a', 'barrier h=b 1500ms'])
})

t.test('barriers that make no sense are refused', async (t) => {
  const node = new GraphNode(barrier, {}, 'stream')
  const validate = (idle: bigint, period: bigint) =>
    barrier.spec.validate!({ quiet: false, idle, period } as never, node)
  t.equal(validate(1n, 1n), 'cannot specify both idle and period')
  t.equal(validate(0n, 0n), 'idle must be greater than zero')
  t.equal(validate(-1n, 0n), 'idle must be greater than zero')
  t.equal(validate(0n, -1n), 'period must be greater than zero')
  t.equal(validate(1n, 0n), 'idle must be at least 10ms, not 1ns')
  t.equal(validate(0n, 9_999_999n), 'period must be at least 10ms, not 9.999999ms')
  t.equal(validate(10_000_000n, 0n), undefined)
})

t.test('barriers keep their distance where the clock is set, and bear the time that it shows', async (t) => {
  const rig = new Rig(barrier, period)
  rig.ports.clock.set(100_000)
  rig.point('m,h=a v=1 100s')
  rig.ports.clock.advance(700)
  rig.ports.clock.set(-60_000)
  rig.ports.clock.advance(699)
  rig.ports.clock.advance(1)
  t.same(rig.out, ['m,h=a v=1 100s', 'barrier h=a 100700ms', 'barrier h=a 41400ms'])
})
