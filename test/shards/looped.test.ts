import t from 'tap'
import { ShardDied } from '../../src/shards/errors.ts'
import { passLooped } from '../../src/shards/looped.ts'
import { fakeShard, threadOf } from './thread.ts'

const looped = { db: 'db', rp: 'rp', hop: 1, lines: 'm v=1 1\nm v=2 2', points: 2 }

t.test('who wrote back is told that it was processed, once, and then what was refused', async (t) => {
  const { shard, thread } = fakeShard()
  const refused = { points: 1, reason: 'bad line' }
  await passLooped(shard, 7, looped, (_looped, onProcessed) => {
    onProcessed()
    return Promise.resolve(refused)
  })
  t.match(await thread.next('loopedProcessed'), { loopback: 7 })
  t.match(await thread.next('loopedEnded'), { loopback: 7, refused })
  shard.close()
})

t.test('what cannot be taken in is refused whole', async (t) => {
  const { shard, thread } = fakeShard()
  await passLooped(shard, 7, looped, () => Promise.reject(new Error('the shard died')))
  t.match(await thread.next('loopedProcessed'), { loopback: 7 })
  t.match(await thread.next('loopedEnded'), { refused: { points: 2, reason: 'the shard died' } })
  shard.close()
})

t.test('a thread is not told of what the one before it wrote', async (t) => {
  const { shard } = fakeShard()
  await passLooped(shard, 7, looped, () => {
    shard.renew(() => ShardDied())
    return Promise.resolve(undefined)
  })
  shard.post({ kind: 'ping' })
  await t.resolves(threadOf(shard).next('ping'), 'nothing comes before it')
  shard.close()
})
