import stateCount from '../../src/nodes/state-count.ts'
import stateDuration from '../../src/nodes/state-duration.ts'
import { driveAll, lambda } from './drive.ts'

const state = lambda('"v" > 5')
const SECOND = 1_000_000_000n
const input = ['m v=1 1s', 'm v=7 2s', 'm v=9 4s', 'm v=2 6s', 'm v=6 7s']

driveAll({
  'stateCount counts consecutive points in the state as ints': {
    node: stateCount,
    options: { state, as: 'n' },
    input,
    output: ['m n=-1i,v=1 1s', 'm n=1i,v=7 2s', 'm n=2i,v=9 4s', 'm n=-1i,v=2 6s', 'm n=1i,v=6 7s']
  },
  'stateDuration measures from the first point in the state, as floats': {
    node: stateDuration,
    options: { state, as: 'd', unit: SECOND },
    input,
    output: ['m d=-1,v=1 1s', 'm d=0,v=7 2s', 'm d=2,v=9 4s', 'm d=-1,v=2 6s', 'm d=0,v=6 7s']
  },
  'a duration has a unit, and is negative for a point out of order': {
    node: stateDuration,
    options: { state, as: 'd', unit: SECOND / 1000n },
    input: ['m v=7 2s', 'm v=7 2500ms', 'm v=7 1s'],
    output: ['m d=0,v=7 2s', 'm d=500,v=7 2500ms', 'm d=-1000,v=7 1s']
  },
  'a point on which the predicate fails is dropped and does not end the state': {
    node: stateCount,
    options: { state, as: 'n' },
    input: ['m v=7 1s', 'm x=1 2s', 'm v=7 3s'],
    output: ['m n=1i,v=7 1s', 'm n=2i,v=7 3s'],
    pointErrors: ['error while evaluating expression: left reference value "v" is missing value'],
    stats: { errors: 1 }
  },
  'groups and batches stand alone': {
    node: stateCount,
    edge: 'batch',
    groupBy: ['h'],
    options: { state, as: 'n' },
    input: ['BATCH m,h=a 5s v=7 1s; v=7 2s', 'BATCH m,h=b 5s v=7 1s', 'BATCH m,h=a 10s v=7 6s'],
    output: ['m,h=a tmax=5s [n=1i,v=7 1s; n=2i,v=7 2s]', 'm,h=b tmax=5s [n=1i,v=7 1s]', 'm,h=a tmax=10s [n=1i,v=7 6s]']
  }
})
