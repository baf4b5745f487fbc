import t from 'tap'
import groupBy from '../../src/nodes/group-by.ts'
import type { ScriptValue } from '../../src/tick/value.ts'
import { type Drive, driveAll, star, text } from './drive.ts'
import { Rig } from './rig.ts'

interface Grouping {
  readonly options: Record<string, unknown>
  readonly byName?: boolean
  readonly id: string
}

const tagNames = (...names: string[]): { dimensions: ScriptValue[] } => ({ dimensions: names.map(text) })

const streams: Record<string, Grouping> = {
  'tags are sorted, and one that is absent is an empty dimension': {
    options: tagNames('zz', 'host', 'no'),
    id: 'host=a,no=,zz=1'
  },
  'a star stands for all tags of the point': { options: { dimensions: [star] }, id: 'dc=x,host=a,zz=1' },
  'a star leaves out the excluded tags': {
    options: { dimensions: [star], exclude: [['dc'], ['zz', 'no']] },
    id: 'host=a'
  },
  'nothing resets to one group': { options: tagNames(), id: '' },
  'the measurement comes first': { options: { ...tagNames('host'), byMeasurement: true }, id: 'm\nhost=a' },
  'the measurement alone is its name': { options: { ...tagNames(), byMeasurement: true }, id: 'm' },
  'grouping by measurement cannot be undone': { options: tagNames('dc'), byName: true, id: 'm\ndc=x' }
}

for (const [sentence, { options, byName = false, id }] of Object.entries(streams)) {
  t.test(sentence, async (t) => {
    const rig = new Rig(groupBy, { options, byName })
    const { to } = rig.node.out[0]!
    to.point = (point) => {
      t.equal(point.group.id, id)
      t.strictSame(point.series.tags.toObject(), { dc: 'x', host: 'a', zz: '1' }, 'tags stay')
    }
    const point = rig.make('m,dc=x,host=a,zz=1 v=1 1s')
    rig.node.point(point, 0)
    rig.node.point(point, 0)
    t.equal(rig.node.out[0]!.count, 2)
  })
}

t.test('a group that the graph has let go of is made anew', async (t) => {
  const rig = new Rig(groupBy, { options: tagNames('host') })
  const seen: unknown[] = []
  rig.node.out[0]!.to.point = ({ group }) => seen.push(group)
  const point = rig.make('m,host=a v=1 1s')
  rig.node.point(point, 0)
  rig.node.point(point, 0)
  t.equal(seen[0], seen[1])
  rig.groups.forget(rig.groups.get('m', point.series.tags, { byName: false, tagNames: ['host'] }))
  rig.node.point(point, 0)
  t.not(seen[2], seen[1])
  rig.node.point(point, 0)
  t.equal(seen[3], seen[2])
})

const batches: Drive = {
  node: groupBy,
  edge: 'batch',
  groupBy: ['host'],
  options: tagNames('dc'),
  input: [],
  output: []
}

driveAll({
  'batches are regrouped when one of another interval comes, groups in the order of their first points': {
    ...batches,
    input: [
      'BATCH m,host=b 10s m,host=b,dc=y v=2 2s; m,host=b,dc=x v=3 4s',
      'BATCH m,host=a 10s m,host=a,dc=x v=1 1s; m,host=a v=4 5s',
      'BATCH m,host=a 20s',
      'BATCH m,host=a 30s m,host=a,dc=x v=5 25s'
    ],
    output: [
      'm,dc=y tmax=10s [,host=b v=2 2s]',
      'm,dc=x tmax=10s [,host=a v=1 1s; ,host=b v=3 4s]',
      'm,dc= tmax=10s [,host=a v=4 5s]'
    ],
    stats: { cardinality: 1 }
  },
  'a barrier of another time sends what is held, a deleted group loses it': {
    ...batches,
    groupBy: ['dc'],
    input: [
      'BATCH m,dc=x 10s v=1 1s',
      'BARRIER m,dc=x 10s',
      'BATCH m,dc=y 10s v=2 2s',
      'DELETE m,dc=y',
      'BARRIER m,dc=x 11s'
    ],
    output: ['barrier dc=x 10s', 'delete dc=y', 'm,dc=x tmax=10s [v=1 1s]', 'barrier dc=x 11s'],
    stats: { cardinality: 0 }
  },
  'the last interval stays inside when the task ends': {
    ...batches,
    input: ['BATCH m,host=a 10s m,host=a,dc=x v=1 1s', 'FINISH'],
    output: []
  }
})

t.test('dimensions that are none refuse the script', async (t) => {
  const refusal = (dimensions: ScriptValue[], exclude: string[][] = []) =>
    groupBy.spec.validate!({ dimensions, exclude, byMeasurement: false } as never, undefined as never)
  t.equal(refusal([text('')]), 'dimensions cannot not be the empty string')
  t.equal(refusal([{ type: 'int', value: 1 }]), 'invalid dimension object of type int64')
  t.equal(refusal([star, text('a')]), "cannot group by both '*' and named dimensions.")
  t.equal(refusal([text('a')], [['b']]), "exclude requires '*'")
  t.equal(refusal([star], [['b']]), undefined)
})
