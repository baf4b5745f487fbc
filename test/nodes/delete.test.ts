import t from 'tap'
import delete_ from '../../src/nodes/delete.ts'
import { driveAll } from './drive.ts'
import { Rig } from './rig.ts'

const options = { field: [{ name: 'n' }, { name: 'absent' }], tag: [{ name: 'dc' }] }

driveAll({
  'fields and tags are removed where they are, down to a point without fields': {
    node: delete_,
    options,
    input: ['m,host=a,dc=x v=7,n=2i 2s', 'm,host=b v=8 3s', 'm n=1i 4s'],
    output: ['m,host=a v=7 2s', 'm,host=b v=8 3s', 'm  4s'],
    stats: { fields_deleted: 2, tags_deleted: 1 }
  },
  'a batch loses the dimension as well': {
    node: delete_,
    edge: 'batch',
    groupBy: ['dc', 'host'],
    options,
    input: ['BATCH m,dc=x,host=a 5s v=1,n=1 1s; v=2 2s', 'BATCH m,dc=x 10s'],
    output: ['m,host=a tmax=5s [v=1 1s; v=2 2s]', 'm,host= tmax=10s []'],
    stats: { fields_deleted: 1, tags_deleted: 4 }
  }
})

t.test('a removed tag is no dimension any more, so that groups merge', async (t) => {
  const rig = new Rig(delete_, { groupBy: ['dc', 'host'], options })
  const groups = new Set<unknown>()
  rig.node.out[0]!.to.point = ({ group }) => {
    groups.add(group)
    t.equal(group.id, 'host=a')
  }
  rig.point('m,host=a,dc=x v=1 1s').point('m,host=a,dc=y v=1 2s').point('m,host=a v=1 3s')
  t.equal(groups.size, 1)
})
