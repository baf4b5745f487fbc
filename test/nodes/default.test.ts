import t from 'tap'
import default_ from '../../src/nodes/default.ts'
import type { ScriptValue } from '../../src/tick/value.ts'
import { driveAll, text } from './drive.ts'
import { Rig } from './rig.ts'

const zero: ScriptValue = { type: 'int', value: 0 }
const options = { field: [{ name: 'n', value: zero }], tag: [{ name: 'dc', value: 'none' }] }

driveAll({
  'absent fields and tags are set, and a new tag is no dimension': {
    node: default_,
    groupBy: ['host'],
    options,
    input: ['m,host=a,dc=x v=7,n=2i 2s', 'm,host=b v=8 3s', 'm,host=b n=1i 4s'],
    output: ['m,dc=x,host=a n=2i,v=7 2s', 'm,dc=none,host=b n=0i,v=8 3s', 'm,dc=none,host=b n=1i 4s'],
    stats: { fields_defaulted: 1, tags_defaulted: 2, cardinality: 0 }
  },
  'every type can be a default, and the last of a name counts': {
    node: default_,
    options: {
      field: [
        { name: 'f', value: { type: 'float', value: 1 } },
        { name: 's', value: text('no') },
        { name: 's', value: text('yes') },
        { name: 'b', value: { type: 'boolean', value: true } }
      ]
    },
    input: ['m x=1 1s', 'm x=1,f=0,s="",b=false 2s'],
    output: ['m b=true,f=1,s="yes",x=1 1s', 'm b=false,f=0,s="",x=1 2s'],
    stats: { fields_defaulted: 3 }
  },
  'a tag that a batch lacks becomes its dimension, while a point keeps its own': {
    node: default_,
    edge: 'batch',
    groupBy: ['host'],
    options,
    input: ['BATCH m,host=a 5s v=1 1s; m,host=a,dc=x v=2 2s'],
    output: ['m,dc=none,host=a tmax=5s [n=0i,v=1 1s; ,dc=x n=0i,v=2 2s]'],
    stats: { fields_defaulted: 2, tags_defaulted: 2 }
  }
})

t.test('an empty dimension gets the value, and so the point another group', async (t) => {
  const rig = new Rig(default_, { groupBy: ['dc'], options })
  rig.node.out[0]!.to.point = (point) => t.equal(point.group.id, 'dc=none')
  rig.point('m v=1 1s').point('m v=1 2s')
  t.equal(rig.node.out[0]!.count, 2)
})

t.test('a value that is no scalar refuses the script', async (t) => {
  const value: ScriptValue = { type: 'duration', value: 1n }
  t.equal(
    default_.spec.validate!({ field: [{ name: 'f', value }], tag: [] } as never, undefined as never),
    'unsupported type time.Duration for field "f", field default values must be float,int,string or bool'
  )
})
