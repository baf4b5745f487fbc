import t from 'tap'
import { ShardDied } from '../../src/shards/errors.ts'
import { ShardReadings } from '../../src/shards/readings.ts'
import { fakeShard } from './thread.ts'

const ingress = [{ db: 'db', rp: 'rp', measurement: 'm', points: 3 }]
const gauges = {
  ...{ tasks: 1, series: 2, linesOverLimit: 0, loopbackBytes: 0, loopbackDropped: 0 },
  ...{ heapUsedBytes: 3, heapTotalBytes: 4, externalBytes: 5 }
}

t.test('a shard that does not answer is spoken for by what it told last', async (t) => {
  const { shard, thread } = fakeShard({}, () => {}, 'shard-0')
  const readings = new ShardReadings([shard])
  const [told, counted] = [readings.gauges(), readings.ingress()]
  thread.done(await thread.next('gauges'), { answer: gauges })
  thread.done(await thread.next('ingress'), { answer: ingress })
  const expected = [[{ name: 'shard-0', inFlightBytes: 0, ...gauges }], ingress]
  t.same([await told, await counted], expected)
  shard.renew(() => ShardDied())
  t.same([await readings.gauges(), await readings.ingress()], expected)
  shard.close()
})

t.test('a shard that has never told anything counts as nothing', async (t) => {
  const { shard } = fakeShard({}, () => {}, 'shard-0')
  shard.renew(() => ShardDied())
  const readings = new ShardReadings([shard])
  t.match(await readings.gauges(), [{ name: 'shard-0', inFlightBytes: 0, tasks: 0, series: 0 }])
  t.same(await readings.ingress(), [])
  shard.close()
})
