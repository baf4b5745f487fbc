import { MessageChannel } from 'node:worker_threads'
import t from 'tap'
import { toWire } from '../../src/core/errors.ts'
import { ShardDied } from '../../src/shards/errors.ts'
import { ShardJobs } from '../../src/shards/jobs.ts'
import { jobKey, Placement } from '../../src/shards/placement.ts'
import { fakeShard } from './thread.ts'

function jobsIn() {
  const { shard, thread } = fakeShard()
  const placement = new Placement([shard])
  return { shard, thread, placement, jobs: new ShardJobs(placement) }
}

const spec = {
  ...{ id: 'r', file: 'f', total: 0, isBatch: false, tasks: [], recordingTime: false, usesRealClock: false },
  progress: new BigInt64Array(new SharedArrayBuffer(8))
} as unknown as Parameters<ShardJobs['replay']>[0]

t.test('a replay is placed until it has ended, also where its shard dies', async (t) => {
  const { shard, thread, placement, jobs } = jobsIn()
  const replayed = jobs.replay(spec)
  await thread.next('replay')
  t.equal(placement.shardOf(jobKey('replay', 'r')), shard)
  jobs.cancelReplay('r')
  t.match(await thread.next('cancelReplay'), { id: 'r' })
  shard.renew(() => ShardDied())
  await t.rejects(replayed, { code: 'SHARD_DIED' })
  t.equal(placement.shardOf(jobKey('replay', 'r')), undefined)
  t.equal(await jobs.replayTaskStats('r', 'a'), undefined)
  shard.close()
})

t.test('a recorder that does not start is cut and forgotten', async (t) => {
  const { shard, thread, placement, jobs } = jobsIn()
  const { port1, port2 } = new MessageChannel()
  const start = { id: 'x', dbrps: [{ db: 'db', rp: 'rp' }], port: port2 } as unknown as Parameters<
    ShardJobs['record']
  >[0]
  const recorded = jobs.record(start)
  thread.done(await thread.next('record'), { error: toWire(new Error('disk full')) })
  await t.rejects(recorded, { message: 'disk full' })
  t.match(await thread.next('cut'), { id: 'x', reason: 'disk full' })
  t.equal(placement.shardOf(jobKey('recording', 'x')), undefined)
  port1.close()
  shard.close()
})

t.test('the log names tasks, recorders and replays by what they are', (t) => {
  const { shard, placement } = jobsIn()
  const owners = ['a', jobKey('recording', 'b'), jobKey('replay', 'c')].map((id) => placement.place(id, []).owner)
  t.same(
    owners.map((owner) => placement.describe(owner)),
    ['task a', 'recording b', 'replay c']
  )
  placement.remove('a')
  t.equal(placement.describe(owners[0]!), 'something that has ended')
  shard.close()
  t.end()
})
