import t from 'tap'
import { GraphNode } from '../../src/graph/graph.ts'
import { StartError } from '../../src/graph/node.ts'
import loopback from '../../src/nodes/kapacitor-loopback.ts'
import { formatPoint } from '../support/text.ts'
import { Rig } from './rig.ts'

const options = {
  database: 'lb',
  retentionPolicy: 'autogen',
  measurement: 'q',
  tag: [
    { name: 'k', value: 'z' },
    { name: 'dc', value: 'y' }
  ]
}

function sent(rig: Rig): string[] {
  return rig.ports.looped.map((point) => {
    const { database, retentionPolicy } = point.series
    return `${database}.${retentionPolicy} ${formatPoint(point)} ${point.group.id}`
  })
}

t.test('points are sent on under the new name and place, with the tags set', async (t) => {
  const rig = new Rig(loopback, { options, groupBy: ['host'] })
  rig.point('m,host=a,dc=x v=1 1s').point('m,host=a,dc=x v=2 2s').barrier('m,host=a', '3s').delete('m,host=a')
  t.same(sent(rig), ['lb.autogen q,dc=y,host=a,k=z v=1 1s ', 'lb.autogen q,dc=y,host=a,k=z v=2 2s '])
  t.same(rig.node.counters(), { points_written: 2 })
})

t.test('points of a batch keep the name of the batch', async (t) => {
  const rig = new Rig(loopback, { options: { ...options, tag: [] }, edge: 'batch' })
  rig.node.batch(rig.batch('9s', ['m,host=a v=1 1s', 'm v=2 2s']), 0)
  t.same(sent(rig), ['lb.autogen m,host=a v=1 1s ', 'lb.autogen m v=2 2s '])
})

t.test('a loop is refused, and a place that is not told', async (t) => {
  const dbrps = [{ db: 'lb', rp: 'autogen' }]
  const text = 'loop detected on dbrp: "lb"."autogen"'
  t.throws(() => new Rig(loopback, { options, dbrps }), new StartError(text))
  const node = new GraphNode(loopback, {}, 'stream')
  const validate = (options: object) => loopback.spec.validate!({ quiet: false, ...options } as never, node)
  t.equal(validate({ database: '', retentionPolicy: '' }), 'must specify a database')
  t.equal(validate({ database: 'a', retentionPolicy: '' }), 'must specify a retention policy')
  t.equal(validate({ database: 'a', retentionPolicy: 'b' }), undefined)
})
