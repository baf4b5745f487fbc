import derivative from '../../src/nodes/derivative.ts'
import { type Drive, driveAll } from './drive.ts'

const WRONG_TYPE = 'cannot perform derivative: field is the wrong type'
const NO_TIME = 'cannot perform derivative: elaspsed time was 0'
const input = ['v=3 1s', 'v=2 3s', 'v=8i 4s', 'x=1 5s', 'v=9 5s', 'v=10 5s', 'v=12 6s', 'v=14 4s'].map((p) => `m ${p}`)
const base: Drive = { node: derivative, options: { field: 'v', as: 'v', unit: 1_000_000_000n }, input, output: [] }

driveAll({
  'each point gets the rate since the last one with a number': {
    ...base,
    output: ['m v=-0.5 3s', 'm v=6 4s', 'm v=1 5s', 'm v=2 6s', 'm v=-1 4s'],
    pointErrors: [WRONG_TYPE, NO_TIME],
    stats: { errors: 2 }
  },
  'nonNegative drops falling values without a word': {
    ...base,
    options: { ...base.options, nonNegative: true },
    output: ['m v=6 4s', 'm v=1 5s', 'm v=2 6s', 'm v=-1 4s'],
    pointErrors: [WRONG_TYPE, NO_TIME]
  },
  'the rate goes to another field, by another unit': {
    ...base,
    options: { ...base.options, as: 'rate', unit: 60_000_000_000n },
    input: ['m v=3 1s', 'm v=5,s="x" 3s'],
    output: ['m rate=60,s="x",v=5 3s']
  },
  'groups have their own predecessors': {
    ...base,
    groupBy: ['h'],
    input: ['m,h=a v=1 1s', 'm,h=b v=10 1s', 'm,h=a v=2 2s', 'm,h=b v=30 2s'],
    output: ['m,h=a v=1 2s', 'm,h=b v=20 2s'],
    stats: { cardinality: 2 }
  },
  'a batch has no predecessor, and may end up empty': {
    ...base,
    edge: 'batch',
    input: ['BATCH m 5s v=1 1s; v=3 2s', 'BATCH m 10s v=9 6s'],
    output: ['m tmax=5s [v=2 2s]', 'm tmax=10s []']
  }
})
