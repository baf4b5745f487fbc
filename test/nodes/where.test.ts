import t from 'tap'
import where from '../../src/nodes/where.ts'
import { driveAll, lambda } from './drive.ts'
import { Rig } from './rig.ts'

driveAll({
  'points pass where the condition holds; one without the field is dropped as an error': {
    node: where,
    options: { condition: lambda('"n" > 1') },
    input: ['m n=1i 1s', 'm n=2i 2s', 'm x=1 3s', 'm n=4i 4s', 'm n=5i 6s', 'm x=1 7s'],
    output: ['m n=2i 2s', 'm n=4i 4s', 'm n=5i 6s'],
    pointErrors: Array(2).fill(
      'error while evaluating expression: left reference value "n" is missing value'
    ) as string[],
    stats: { errors: 2, cardinality: 1 }
  },
  'a batch that is filtered out is still a batch': {
    node: where,
    edge: 'batch',
    options: { condition: lambda('"n" > 1') },
    input: ['BATCH m 5s n=2i 1s; n=1i 2s', 'BATCH m 10s n=1i 6s', 'BATCH m 15s n=3i 11s'],
    output: ['m tmax=5s [n=2i 1s]', 'm tmax=10s []', 'm tmax=15s [n=3i 11s]']
  },
  'functions keep their state by group, until the group is deleted': {
    node: where,
    groupBy: ['host'],
    options: { condition: lambda('count() > 1') },
    input: [
      'm,host=a n=1i 1s',
      'm,host=b n=1i 2s',
      'm,host=a n=1i 3s',
      'DELETE m,host=a',
      'DELETE m,host=c',
      'm,host=a n=1i 4s',
      'BARRIER m,host=a 5s',
      'm,host=b n=1i 6s'
    ],
    output: ['m,host=a n=1i 3s', 'delete host=a', 'barrier host=a 5s', 'm,host=b n=1i 6s'],
    stats: { cardinality: 2 }
  },
  'an integer divided by zero is an error of its point': {
    node: where,
    options: { condition: lambda('"n" / 0 == 1') },
    input: ['m n=1i 1s'],
    output: [],
    pointErrors: ['error while evaluating expression: runtime error: integer divide by zero']
  }
})

t.test('a condition that cannot be compiled refuses the start', async (t) => {
  t.throws(() => new Rig(where, { options: { condition: lambda(`1 + 'a'`) } }), {
    message:
      'Failed to compile expression in where clause: mismatched type to binary operator. got int + string. ' +
      'see bool(), int(), float(), string(), duration()'
  })
})
