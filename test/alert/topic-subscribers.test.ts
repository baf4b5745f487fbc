import t, { type Test } from 'tap'
import { DeliveryError } from '../../src/alert/handlers/delivery-error.ts'
import type { TopicSubscriber } from '../../src/alert/topic-subscribers.ts'
import { type Rig, startService } from './rig.ts'
import { event, settle } from './support.ts'

/** A service with a subscriber to topics that begin with `t`. */
async function start(t: Test, before?: Rig, isAway = false) {
  const got: string[] = []
  const subscriber: TopicSubscriber = {
    name: 'subscriber',
    kind: 'test',
    isMeant: (topic) => topic.startsWith('t'),
    handler: {
      send({ topic, event: { id } }) {
        if (isAway) return Promise.reject(new DeliveryError('unavailable', 'away'))
        got.push(`${topic} ${id}`)
        return Promise.resolve()
      }
    }
  }
  const rig = await startService(t, { subscribers: [subscriber] }, before)
  return {
    ...rig,
    got,
    async collect(...ids: readonly string[]) {
      await rig.alerts.collect(ids.map((id) => event({ id, topics: ['t1', 'other', 'task:t', 't2'] })))
      await settle()
    }
  }
}

t.test('a subscriber gets the events of every topic that it is meant for', async (t) => {
  const { got, collect, alerts } = await start(t)
  await collect('a', 'b')
  t.strictSame(got.sort(), ['t1 a', 't1 b', 'task:t a', 'task:t b', 't2 a', 't2 b'].sort())
  t.strictSame(
    alerts.topics().map(({ id, handlers }) => `${id} ${handlers.size}`),
    ['t1 0', 'other 0', 'task:t 0', 't2 0']
  )
})

t.test('what a subscriber did not get waits for the next run, whatever becomes of the topic', async (t) => {
  const first = await start(t, undefined, true)
  first.alerts.openTaskTopic('task:t', [])
  await first.collect('a')
  first.alerts.openTaskTopic('task:t', [])
  await first.alerts.closeTaskTopic('task:t')
  await first.alerts.deleteTaskTopic('task:t')
  await first.alerts.deleteTopic('t1')
  await first.alerts.outbox.flush()
  // As after a kill: the first one is not closed.
  const second = await start(t, first)
  await settle()
  await second.alerts.buryOrphans(() => true)
  await second.collect('b')
  t.strictSame(second.got.sort(), ['t1 a', 't1 b', 'task:t a', 'task:t b', 't2 a', 't2 b'].sort())
  t.equal(second.alerts.outbox.pending, 0)
})

t.test('what waits for a subscriber that is no longer meant for its topic becomes dead letters', async (t) => {
  const first = await start(t, undefined, true)
  await first.collect('a')
  const none: TopicSubscriber = {
    name: 'subscriber',
    kind: 'test',
    isMeant: () => false,
    handler: { send: () => Promise.resolve() }
  }
  const second = await startService(t, { subscribers: [none] }, first)
  await second.alerts.buryOrphans(() => true)
  await second.alerts.outbox.flush()
  t.strictSame([second.alerts.outbox.pending, second.alerts.outbox.dead], [0, 3])
})
