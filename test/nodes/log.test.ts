import t from 'tap'
import log from '../../src/nodes/log.ts'
import noop from '../../src/nodes/noop.ts'
import { driveAll, feed } from './drive.ts'
import { Rig } from './rig.ts'

t.test('a point is logged with all that it has, and passes', async (t) => {
  const rig = new Rig(log, { groupBy: ['host'], options: { level: 'warn', prefix: 'P' } })
  rig.point('m,host=a v=1,s="x" 1s')
  const details = {
    prefix: 'P',
    name: 'm',
    db: 'db',
    rp: 'rp',
    group: 'host=a',
    dimension_0: 'host',
    tag: { host: 'a' },
    field: { v: 1, s: 'x' },
    time: '1970-01-01T00:00:01Z'
  }
  t.strictSame(rig.ports.lines, [{ level: 'warn', node: 'log2', message: 'point', details }])
  t.strictSame(rig.out, ['m,host=a s="x",v=1 1s'])
})

t.test('a batch is logged point by point, between its beginning and its end', async (t) => {
  const rig = new Rig(log, { edge: 'batch', groupBy: ['host'], options: { level: 'what' } })
  feed(rig, 'BATCH m,host=a 5s v=1 1s; v=2 2s')
  const place = { prefix: '', name: 'm', group: 'host=a', tag: { host: 'a' } }
  const told = rig.ports.lines.map(({ level, message, details }) => [level, message, details])
  t.strictSame(told, [
    ['info', 'begin batch', { ...place, time: '1970-01-01T00:00:05Z' }],
    ['info', 'batch point', { ...place, field: { v: 1 }, time: '1970-01-01T00:00:01Z' }],
    ['info', 'batch point', { ...place, field: { v: 2 }, time: '1970-01-01T00:00:02Z' }],
    ['info', 'end batch', { ...place, time: '1970-01-01T00:00:05Z' }]
  ])
  t.strictSame(rig.out, ['m,host=a tmax=5s [v=1 1s; v=2 2s]'])
})

t.test('a point without dimensions says so, and a name of JavaScript is a name like others', async (t) => {
  const rig = new Rig(log).point('m,__proto__=a constructor=1 1s')
  const { dimension, tag, field } = rig.ports.lines[0]!.details as Record<string, object>
  t.equal(dimension, 'nil')
  t.strictSame([Object.entries(tag!), Object.entries(field!)], [[['__proto__', 'a']], [['constructor', 1]]])
})

t.test('the level is what the script says', async (t) => {
  const levels = ['DEBUG', 'info', 'ERROR'].map((level) => {
    const rig = new Rig(log, { options: { level } }).point('m v=1 1s')
    return rig.ports.lines[0]!.level
  })
  t.strictSame(levels, ['debug', 'info', 'error'])
})

driveAll({
  'noop passes points, barriers and deleted groups on': {
    node: noop,
    input: ['m v=1 1s', 'BARRIER m 2s', 'DELETE m'],
    output: ['m v=1 1s', 'barrier  2s', 'delete ']
  },
  'noop passes batches on': {
    node: noop,
    edge: 'batch',
    input: ['BATCH m 5s v=1 1s'],
    output: ['m tmax=5s [v=1 1s]']
  }
})
