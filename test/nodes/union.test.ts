import t from 'tap'
import union from '../../src/nodes/union.ts'
import { Instant } from '../../src/core/instant.ts'
import { check } from '../support/check.ts'
import { Rig } from './rig.ts'

const two = { nodes: [{}] }

t.test('messages come in the order of time, the arguments of the call first', async (t) => {
  const rig = new Rig(union, { options: two })
  // Source 0 is the argument b, source 1 the node a that the method is called on.
  for (const text of 'a1 a2 b1 b5 a3 a2 a9 b4'.split(' ')) {
    rig.point(`${text[0]} v=1 ${text.slice(1)}s`, text.startsWith('a') ? 1 : 0)
  }
  const times = (lines: readonly string[]) => lines.map((line) => line.replace(' v=1 ', '').replace('s', ''))
  t.same(times(rig.out), ['b1', 'a1', 'a2', 'a3', 'a2', 'b5', 'b4'])
  rig.node.finish()
  t.same(times(rig.out), ['a9'])
})

t.test('arguments are linked before the node that the method is called on', async (t) => {
  const script = `var a = stream|from().measurement('a') var b = stream|from().measurement('b') a|union(b).rename('u')`
  check({ script, input: 'a v=1 1s\nb v=2 1s', output: 'u v=2 1s\nu v=1 1s' }, t)
})

t.test('batches count by the end of their interval, barriers wait in line, deletes do not', async (t) => {
  const rig = new Rig(union, { options: two, edge: 'batch', groupBy: ['h'] })
  rig.node.batch(rig.batch('10s', ['m,h=a v=1 9s']), 0)
  rig.barrier('m,h=a', '8s', 1)
  rig.barrier('m,h=a', '11s', 0).delete('m,h=a')
  t.same(rig.out, ['barrier h=a 8s', 'delete h=a'])
  rig.node.batch(rig.batch('20s', ['m,h=a v=2 12s']), 1)
  t.same(rig.out, ['m,h=a tmax=10s [v=1 9s]', 'barrier h=a 11s'])
})

t.test('a new name is a part of the group where grouped by measurement', async (t) => {
  for (const byName of [false, true]) {
    const id = byName ? 'u' : ''
    const rig = new Rig(union, { options: { ...two, rename: 'u' }, byName })
    rig.point('m,h=a v=1 1s').point('n v=2 1s', 1).barrier('m', '1s').delete('m')
    t.same(rig.out, ['u,h=a v=1 1s', 'u v=2 1s', `barrier ${id} 1s`, `delete ${id}`])
    const batches = new Rig(union, { options: { ...two, rename: 'u' }, byName, edge: 'batch' })
    for (const source of [0, 1]) batches.node.batch(batches.batch('5s', ['m,h=a v=1 1s']), source)
    t.same(batches.out, Array(2).fill('u tmax=5s [,h=a v=1 1s]'))
  }
})

t.test('what waits for a silent source is bounded', async (t) => {
  const rig = new Rig(union, { options: two })
  const point = rig.make('a v=1 0s')
  for (let i = 0; i < 1_000_002; i++) rig.node.point(point.withTime(new Instant(i * 1000, 0)), 0)
  t.same(rig.out, ['a v=1 0s', 'a v=1 1s'])
  t.equal(rig.node.errors, 2)
})
