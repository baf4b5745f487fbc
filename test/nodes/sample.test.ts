import t from 'tap'
import sample from '../../src/nodes/sample.ts'
import { driveAll } from './drive.ts'
import { Rig } from './rig.ts'

const every = (value: number) => ({ rate: { type: 'int', value } })
const multipleOf = (value: bigint) => ({ rate: { type: 'duration', value } })
const eight = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => `m n=${n} ${n}s`)

driveAll({
  'every third point stays, from the first on': {
    node: sample,
    options: every(3),
    input: eight,
    output: ['m n=0 0s', 'm n=3 3s', 'm n=6 6s']
  },
  'a negative count is as good as a positive one': {
    node: sample,
    options: every(-4),
    input: eight,
    output: ['m n=0 0s', 'm n=4 4s']
  },
  'groups are counted on their own': {
    node: sample,
    groupBy: ['h'],
    options: every(2),
    input: ['m,h=a n=0 0s', 'm,h=b n=1 1s', 'm,h=a n=2 2s', 'm,h=b n=3 3s', 'm,h=a n=4 4s'],
    output: ['m,h=a n=0 0s', 'm,h=b n=1 1s', 'm,h=a n=4 4s'],
    stats: { cardinality: 2 }
  },
  'points stay whose time is a multiple of the duration': {
    node: sample,
    options: multipleOf(3_000_000_000n),
    input: eight,
    output: ['m n=0 0s', 'm n=3 3s', 'm n=6 6s']
  },
  'the points in a batch are counted from its beginning': {
    node: sample,
    edge: 'batch',
    options: every(2),
    input: ['BATCH m 5s n=1 1s; n=2 2s; n=3 3s', 'BATCH m 10s n=6 6s; n=7 7s'],
    output: ['m tmax=5s [n=1 1s; n=3 3s]', 'm tmax=10s [n=6 6s]']
  }
})

t.test('a rate of zero refuses the start', async (t) => {
  const message = 'invalid sample rate: must be positive integer or duration'
  t.throws(() => new Rig(sample, { options: every(0) }), { message })
  t.throws(() => new Rig(sample, { options: multipleOf(0n) }), { message })
})

t.test('a rate that is neither count nor duration refuses the call', async (t) => {
  const refuses = sample.spec.refuses!
  t.equal(refuses({ rate: { type: 'string', value: 'x' } }, 'stream'), 'must pass int64 or duration to new sample node')
  t.equal(refuses(every(1), 'stream'), undefined)
})
