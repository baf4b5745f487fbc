import changeDetect from '../../src/nodes/change-detect.ts'
import { driveAll } from './drive.ts'

const missing = (field: string) => `Invalid field in change detect: expected field ${field} not found`

driveAll({
  'a point passes when its value or the type of it differs from the last one that passed': {
    node: changeDetect,
    options: { fields: ['v'] },
    input: ['m v=1 1s', 'm v=1 2s', 'm v=1i 3s', 'm v=2 4s', 'm x=1 5s', 'm v=2 6s'],
    output: ['m v=1 1s', 'm v=1i 3s', 'm v=2 4s'],
    pointErrors: [missing('v')]
  },
  'any of several fields counts, also one that was not there before': {
    node: changeDetect,
    options: { fields: ['a', 'b'] },
    input: ['m a=1 1s', 'm a=1 2s', 'm a=1,b=1 3s', 'm a=1,b=1 4s', 'm b=2 5s'],
    output: ['m a=1 1s', 'm a=1,b=1 3s', 'm b=2 5s'],
    pointErrors: [missing('b'), missing('a')]
  },
  'without fields nothing passes': { node: changeDetect, options: { fields: [] }, input: ['m a=1 1s'], output: [] },
  'groups and batches stand alone': {
    node: changeDetect,
    edge: 'batch',
    groupBy: ['h'],
    options: { fields: ['v'] },
    input: ['BATCH m,h=a 5s v=1 1s; v=1 2s', 'BATCH m,h=b 5s v=1 1s', 'BATCH m,h=a 10s v=1 6s'],
    output: ['m,h=a tmax=5s [v=1 1s]', 'm,h=b tmax=5s [v=1 1s]', 'm,h=a tmax=10s [v=1 6s]']
  }
})
