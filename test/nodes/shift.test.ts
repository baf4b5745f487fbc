import t from 'tap'
import shift from '../../src/nodes/shift.ts'
import { driveAll } from './drive.ts'
import { Rig } from './rig.ts'

driveAll({
  'points and barriers are moved by the span': {
    node: shift,
    options: { by: -60_000_000_000n },
    input: ['m v=1 62s', 'BARRIER m 65s', 'm v=2 2500u'],
    output: ['m v=1 2s', 'barrier  5s', 'm v=2 -59997500u']
  },
  'batches are moved with all of their points': {
    node: shift,
    edge: 'batch',
    options: { by: 1n },
    input: ['BATCH m 5s v=1 1s'],
    output: ['m tmax=5000000001ns [v=1 1000000001ns]']
  }
})

t.test('a span of zero refuses the start', async (t) => {
  t.throws(() => new Rig(shift, { options: { by: 0n } }), { message: 'invalid shift value: must be non zero duration' })
})
