import t from 'tap'
import { SharedInhibitors } from '../../src/shards/shared-inhibitors.ts'
import { fakeShard } from './thread.ts'

const change = { key: 'shard-0/1', category: 'c', tags: { host: 'a' }, isActive: true }

t.test('an inhibitor reaches the other shards, also one that starts later, and goes with its own thread', async (t) => {
  const [a, b] = [fakeShard(), fakeShard()]
  const inhibitors = new SharedInhibitors([a.shard, b.shard])
  inhibitors.spread(a.shard, change)
  t.same((await b.thread.next('inhibitor')).change, change)
  inhibitors.restore(b.shard)
  t.same((await b.thread.next('inhibitor')).change, change)
  inhibitors.restore(a.shard)
  inhibitors.forget(a.shard)
  t.same((await b.thread.next('inhibitor')).change, { ...change, isActive: false })
  inhibitors.restore(b.shard)
  for (const { shard } of [a, b]) shard.post({ kind: 'ping' })
  await Promise.all([a.thread.next('ping'), b.thread.next('ping')])
  for (const { shard } of [a, b]) shard.close()
})
