import t from 'tap'
import { toWire } from '../../src/core/errors.ts'
import { KeptShardBusy, ShardDied } from '../../src/shards/errors.ts'
import { Placement } from '../../src/shards/placement.ts'
import { ShardTasks, type ShardTasksOptions } from '../../src/shards/tasks.ts'
import { streamTask } from '../support/engine.ts'
import { fakeShard, threadOf } from './thread.ts'

function tasksIn(options: Partial<ShardTasksOptions> = {}) {
  const { shard, thread } = fakeShard()
  const placement = new Placement([shard])
  const tasks = new ShardTasks(placement, { log: () => {}, topicStates: () => [], ...options })
  const failed: string[] = []
  tasks.onFailed((id, message) => failed.push(`${id}: ${message}`))
  return { shard, thread, placement, tasks, failed }
}

t.test('a task that its shard refuses is gone, and who started it is told why', async (t) => {
  const { shard, thread, placement, tasks, failed } = tasksIn()
  const started = tasks.start(streamTask('a', 'stream'))
  thread.done(await thread.next('start'), { error: toWire(new Error('bad script')) })
  await t.rejects(started, { message: 'bad script' })
  t.same([placement.shardOf('a'), failed], [undefined, []])
  shard.close()
})

t.test('a task that ends by itself is told of once, and not where it has been stopped before', async (t) => {
  const { shard, thread, tasks, failed } = tasksIn()
  for (const id of ['a', 'b']) {
    const started = tasks.start(streamTask(id, 'stream'))
    thread.done(await thread.next('start'))
    await started
  }
  tasks.failed(shard, 'a', 'from1: oh')
  tasks.failed(shard, 'a', 'from1: oh')
  const stopped = tasks.stop('b')
  tasks.failed(shard, 'b', 'from1: oh')
  thread.done(await thread.next('stop'))
  await stopped
  t.same(failed, ['a: from1: oh'])
  shard.close()
})

t.test('after a death its tasks start again, with the levels that their topics have by then', async (t) => {
  const state = { topic: 'x', eventId: 'e', level: 3, timeNs: 1n } as const
  const { shard, thread, tasks } = tasksIn({ topicStates: (topics) => (topics.includes('x') ? [state] : []) })
  const started = tasks.start({ ...streamTask('a', 'stream'), topics: ['x'] })
  const { task } = await thread.next('start')
  shard.renew(() => ShardDied())
  shard.ready()
  const next = threadOf(shard)
  const restored = tasks.restore(shard)
  const again = await next.next('start')
  t.same([task.topicStates, again.task.topicStates, again.task.owner], [undefined, [state], task.owner])
  next.done(again)
  t.equal(await restored, 1)
  await t.resolves(started, 'who started it is told by the second thread')
  shard.close()
})

t.test('what is set aside does not start again', async (t) => {
  const { shard, thread, tasks, failed } = tasksIn()
  const started = tasks.start(streamTask('a', 'stream'))
  const message = await thread.next('start')
  thread.done(message)
  await started
  tasks.setAside(message.task.owner!, KeptShardBusy(1000))
  t.match(failed, [/^a: set aside: it kept its shard busy/])
  t.equal(await tasks.restore(shard), 0)
  shard.close()
})

t.test('statistics of a task whose shard does not answer are those that it told last', async (t) => {
  const { shard, thread, tasks } = tasksIn()
  const started = tasks.start(streamTask('a', 'stream'))
  thread.done(await thread.next('start'))
  await started
  const told = { throughput: 7, nodes: {}, edges: [] }
  const asked = tasks.stats('a')
  thread.done(await thread.next('stats'), { answer: told })
  t.same(await asked, told)
  shard.renew(() => ShardDied())
  t.same(await tasks.stats('a'), told)
  t.equal(await tasks.stats('b'), undefined)
  shard.close()
})
