import t, { type Test } from 'tap'
import type { HandlerKind } from '../../src/alert/handlers/handler.ts'
import { DeliveryError, type FailureKind } from '../../src/alert/handlers/delivery-error.ts'
import { ALERT_LIMITS } from '../../src/alert/limits.ts'
import type { MailboxLimits } from '../../src/alert/mailbox.ts'
import { type Rig, startService } from './rig.ts'
import { event } from './support.ts'
import { Turns } from '../../src/alert/turns.ts'

/** What the handlers of kind `note` do, and what they were sent. */
class World {
  answer: FailureKind | undefined
  readonly sent: string[] = []
  readonly keys = new Map<string, Set<string>>()
  #waiting: (() => void)[] = []

  readonly kind: HandlerKind = {
    kind: 'note',
    secrecies: {},
    fromScript: (call) => call,
    open: () => ({
      send: async ({ event: { message } }, attempt) => {
        this.sent.push(message)
        this.keys.set(message, (this.keys.get(message) ?? new Set()).add(attempt!.key))
        for (const wake of this.#waiting.splice(0)) wake()
        if (this.answer !== undefined) throw new DeliveryError(this.answer, 'no')
      }
    })
  }

  /** What was sent, once there is so much. */
  async take(count: number): Promise<string[]> {
    while (this.sent.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.sent.splice(0)
  }
}

async function start(t: Test, limits: Partial<MailboxLimits> = {}, before?: Rig, world = new World()) {
  const rig = await startService(
    t,
    { kinds: [world.kind], limits: { ...ALERT_LIMITS, mailbox: { ...ALERT_LIMITS.mailbox, ...limits } } },
    before
  )
  const { alerts } = rig
  return {
    ...rig,
    rig,
    world,
    handle: (id = 'h', topic = 't') => alerts.handlers.create({ topic, id, kind: 'note', options: {}, match: '' }),
    collect: (...messages: string[]) =>
      alerts.collect(messages.map((message) => event({ id: message.replace(/\d+$/, ''), message }))),
    letters: async () =>
      (await alerts.outbox.deadLetters({}, 1000, 0)).map(({ message, reason }) => `${message}: ${reason}`).reverse()
  }
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `a${i}`)

t.test('a window of what waits is in memory, and all of it arrives in order', async (t) => {
  const { handle, collect, world, alerts } = await start(t, { queue: 4 })
  await handle()
  world.answer = 'unavailable'
  const messages = numbered(50)
  for (let i = 0; i < 50; i += 10) await collect(...messages.slice(i, i + 10))
  t.equal(alerts.outbox.pending, 50)
  await world.take(1)
  world.answer = undefined
  alerts.outbox.get('t', 'h').retryNow()
  t.strictSame(await world.take(50), messages)
  await collect('b')
  t.strictSame(await world.take(1), ['b'])
  t.equal(alerts.outbox.pending, 0)
})

t.test('what was not delivered is after a restart, with the same keys, and what was is not', async (t) => {
  const first = await start(t, { queue: 4 })
  await first.handle()
  await first.collect('x')
  await first.world.take(1)
  first.world.answer = 'unavailable'
  const messages = numbered(10)
  await first.collect(...messages)
  await first.world.take(1)
  await first.alerts.close()

  const { world, alerts } = await start(t, { queue: 4 }, first.rig)
  t.strictSame(await world.take(10), messages)
  t.strictSame(world.keys.get('a0'), first.world.keys.get('a0'))
  t.equal(new Set([...world.keys.values()].flatMap((keys) => [...keys])).size, 10)
  await alerts.close()
  const last = await start(t, {}, first.rig)
  t.equal(last.alerts.outbox.pending, 0)
})

t.test('what waits for the handlers of a task is theirs when it starts again', async (t) => {
  const topic = 'main:task:alert2'
  const call = { kind: 'note', options: {} }
  const first = await start(t)
  first.alerts.openTaskTopic(topic, [call, call])
  first.world.answer = 'unavailable'
  await first.alerts.collect([event({ topics: [topic], message: 'a' })])
  await first.world.take(2)
  await first.alerts.close()

  const { world, alerts, letters } = await start(t, {}, first.rig)
  await alerts.buryOrphans((id) => id === topic)
  t.equal(alerts.outbox.pending, 2)
  alerts.openTaskTopic(topic, [call])
  t.strictSame(await world.take(1), ['a'])
  await alerts.deleteTaskTopic(topic)
  await alerts.close()
  t.strictSame(await letters(), ['a: the handler was removed'], 'the second handler is gone')
})

t.test('what waits for handlers that are gone for good becomes dead letters', async (t) => {
  const first = await start(t)
  first.alerts.openTaskTopic('main:gone:alert2', [{ kind: 'note', options: {} }])
  first.world.answer = 'unavailable'
  await first.alerts.collect([event({ topics: ['main:gone:alert2'], message: 'a' })])
  await first.alerts.close()
  const { alerts, letters } = await start(t, {}, first.rig)
  await alerts.buryOrphans(() => false)
  t.strictSame(await letters(), ['a: the handler was removed'])
  t.strictSame(alerts.outbox.all, [])
})

t.test('a handler that is replaced leaves what it has to the next one', async (t) => {
  const { handle, collect, world, alerts } = await start(t, { queue: 4 })
  await handle()
  world.answer = 'unavailable'
  await collect(...numbered(10))
  await world.take(1)
  world.answer = undefined
  await alerts.handlers.replace('h', { topic: 't', id: 'h', kind: 'note', options: {}, match: '' })
  t.strictSame(await world.take(10), numbered(10))
})

t.test('past the bound the oldest become dead letters, whether there is a handler or not', async (t) => {
  const first = await start(t, { queue: 4, entries: 20 })
  await first.handle()
  first.world.answer = 'unavailable'
  await first.collect('a0')
  await first.world.take(1)
  await first.collect(...numbered(30).slice(1))
  t.ok(first.alerts.outbox.pending <= 30)
  await first.alerts.close()
  const { world, letters, alerts } = await start(t, { queue: 4, entries: 20 }, first.rig)
  const got = await world.take(alerts.outbox.pending)
  const dead = (await letters()).map((letter) => letter.split(':')[0]!)
  t.ok(dead.length > 0)
  t.strictSame([...dead, ...got].sort(), numbered(30).sort())
  t.ok(got.includes('a29'), 'the newest is kept')
})

t.test('dead letters are bounded by number', async (t) => {
  const world = new World()
  const { alerts } = await startService(t, { kinds: [world.kind], limits: { ...ALERT_LIMITS, deadLetters: 10 } })
  await alerts.handlers.create({ topic: 't', id: 'h', kind: 'note', options: {}, match: '' })
  world.answer = 'refused'
  await alerts.collect(numbered(30).map((message) => event({ message })))
  await world.take(30)
  await alerts.outbox.flush()
  t.equal(alerts.outbox.dead, 30)
  t.equal(alerts.outbox.deadLetterCount, 10)
  t.equal((await alerts.outbox.deadLetters({}, 100, 0)).at(-1)?.message, 'a20')
})

t.test('history and dead letters are bounded by age', async (t) => {
  const { handle, collect, world, alerts, clock, letters } = await start(t)
  await handle()
  world.answer = 'refused'
  await collect('old')
  await world.take(1)
  await alerts.outbox.flush()
  t.strictSame(await letters(), ['old: no'])
  const later = async (ms: number) => {
    clock.advance(ms)
    await alerts.retained()
  }
  await later(ALERT_LIMITS.historyMs)
  await later(60_000)
  t.strictSame(await letters(), [])
  const kept = async () => (await alerts.history.events({}, 10, 0)).map(({ message }) => message)
  t.strictSame(await kept(), ['old'], 'as the state of its id')
  world.answer = undefined
  await collect('old2')
  await later(60_000)
  t.strictSame(await kept(), ['old2'])
})

t.test('what waits at a start is delivered when the server answers, not before', async (t) => {
  const before = await start(t)
  await before.handle()
  before.world.answer = 'unavailable'
  await before.collect(...numbered(3))
  await before.alerts.close()

  const world = new World()
  const turns = new Turns(false)
  const { alerts } = await startService(t, { kinds: [world.kind], turns }, before.rig)
  await alerts.outbox.entries('t', 'h', 10, 0)
  t.strictSame(world.sent, [])
  turns.open()
  t.strictSame(await world.take(3), numbered(3))
})

t.test('an end delivers what is in memory, and leaves what is in the store to the next start', async (t) => {
  const { handle, collect, world, alerts, rig } = await start(t, { queue: 10 })
  await handle()
  world.answer = 'unavailable'
  await collect(...numbered(200))
  await world.take(1)
  world.answer = undefined
  alerts.outbox.get('t', 'h').retryNow()
  await alerts.close()
  t.ok(world.sent.length <= 20, `${world.sent.length} were sent at the end`)

  const after = await start(t, { queue: 10 }, rig)
  const rest = 200 - world.sent.length
  t.strictSame([...world.sent, ...(await after.world.take(rest))], numbered(200))
})
