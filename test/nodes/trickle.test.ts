import t from 'tap'
import trickle from '../../src/nodes/trickle.ts'
import { Rig } from './rig.ts'

t.test('the points of a batch go on one by one, without a place of their own', async (t) => {
  const rig = new Rig(trickle, { edge: 'batch', groupBy: ['h'] })
  rig.node.batch(rig.batch('9s', ['m,h=a,x=1 v=1 1s', 'm,h=a v=2 2s']), 0)
  rig.barrier('m,h=a', '9s').delete('m,h=a')
  t.same(rig.out, ['m,h=a,x=1 v=1 1s', 'm,h=a v=2 2s', 'barrier h=a 9s', 'delete h=a'])
})

t.test('a stream is refused', async (t) => {
  t.equal(trickle.spec.refuses!({}, 'stream'), 'cannot Trickle stream edge')
  t.equal(trickle.spec.refuses!({}, 'batch'), undefined)
})
