import t from 'tap'
import { DEFAULT_LIMITS, Delivery, type DeliveryLimits } from '../../src/alert/delivery.ts'
import type { DeadLetter, Deliverable } from '../../src/alert/delivery-job.ts'
import { DeliveryError, type FailureKind } from '../../src/alert/handlers/delivery-error.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { settle } from './support.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** What each attempt at an event comes to, in order; then it is taken. */
type Answers = Readonly<Record<string, readonly (FailureKind | { readonly away: number })[]>>

interface Message extends Deliverable {
  readonly message: string
}

function start(answers: Answers = {}, limits?: Partial<DeliveryLimits>) {
  const clock = new ManualClock()
  const deadLetters: DeadLetter<Message>[] = []
  const attempts: string[] = []
  const plan = new Map(Object.entries(answers).map(([message, failures]) => [message, [...failures]]))
  let gate: Promise<void> | undefined
  const delivery = new Delivery<Message>({
    topic: 't',
    name: 'h',
    clock,
    onDead: (letter) => deadLetters.push(letter),
    log: silentLogger,
    random: () => 1,
    limits: { ...DEFAULT_LIMITS, queue: 100, attempts: 3, patienceMs: 60_000, ...limits },
    async send({ message }) {
      attempts.push(message)
      await gate
      const answer = plan.get(message)?.shift()
      if (answer === undefined) return
      if (typeof answer === 'string') throw new DeliveryError(answer, 'no')
      throw new DeliveryError('unavailable', 'later', { retryAfterMs: answer.away })
    }
  })
  return {
    delivery,
    push: (orderBy: string, message: string) => delivery.add({ message, orderBy, key: '', sinceMs: clock.now().ms }),
    /** The attempts made within so much more time. */
    async after(ms: number) {
      clock.advance(ms)
      await settle()
      return attempts.splice(0).join(' ')
    },
    /** Keeps attempts under way until the result is called. */
    block(): () => void {
      let release: () => void = () => {}
      gate = new Promise((resolve) => {
        release = () => {
          gate = undefined
          resolve()
        }
      })
      return () => release()
    },
    dead: () => deadLetters.map(({ item, reason }) => `${item.message}: ${reason}`)
  }
}

t.test('events go out one at a time, in order', async (t) => {
  const run = start()
  const release = run.block()
  for (const message of ['a', 'b', 'c']) run.push('id', message)
  t.equal(await run.after(0), 'a')
  t.equal(run.delivery.backlog, 3)
  release()
  t.equal(await run.after(0), 'b c')
  t.strictSame(run.delivery.counters, { delivered: 3, failed: 0, dead: 0 })
  await run.delivery.drained()
})

t.test('while a receiver is away all wait in order, longer each time', async (t) => {
  const run = start({ a: ['unavailable', 'unavailable', 'unavailable'] })
  run.push('1', 'a')
  run.push('2', 'b')
  t.equal(await run.after(0), 'a')
  t.equal(await run.after(999), '')
  t.equal(await run.after(1), 'a')
  t.equal(await run.after(1999), '')
  t.equal(await run.after(1), 'a')
  t.equal(await run.after(4000), 'a b')
  t.strictSame(run.dead(), [])
})

t.test('a receiver that says when is asked then', async (t) => {
  const run = start({ a: [{ away: 30_000 }] })
  run.push('1', 'a')
  await run.after(0)
  t.equal(await run.after(29_999), '')
  t.equal(await run.after(1), 'a')
})

t.test('a receiver that stays away loses the events that are too old, and those only', async (t) => {
  const run = start({ a: Array.from({ length: 99 }, () => 'unavailable' as const) }, { patienceMs: 5000 })
  run.push('1', 'a')
  await run.after(0)
  await run.after(1000)
  run.push('2', 'b')
  t.equal(await run.after(10_000), 'a')
  t.strictSame(run.dead(), ['a: no'])
  t.equal(await run.after(10_000), 'b')
})

t.test('an error about one event does not hold up the others, and it is tried again', async (t) => {
  const run = start({ a: ['failed'] })
  run.push('1', 'a')
  run.push('2', 'b')
  t.equal(await run.after(0), 'a b')
  t.equal(await run.after(3999), '')
  t.equal(await run.after(1), 'a')
  t.strictSame(run.delivery.counters, { delivered: 2, failed: 1, dead: 0 })
})

t.test('a receiver that has taken nothing yet is offered each event once, and then in order', async (t) => {
  const run = start({ a: ['failed'], b: ['failed'], c: ['failed'] })
  for (const message of ['a', 'b', 'c', 'd']) run.push('1', message)
  t.equal(await run.after(0), 'a b c d')
  t.equal(run.delivery.backlog, 4)
  t.equal(await run.after(4000), 'a b c d')
  t.equal(run.delivery.backlog, 0)
})

t.test('events of one id wait for the one before that failed, and the others do not', async (t) => {
  const run = start({ a: ['failed', 'unavailable'], b: ['failed', 'refused'] })
  run.push('0', 'taken')
  t.equal(await run.after(0), 'taken')
  run.push('1', 'a')
  run.push('1', 'b')
  run.push('2', 'x')
  run.push('1', 'c')
  t.equal(await run.after(0), 'a x')
  t.equal(run.delivery.backlog, 3)
  t.equal(await run.after(4000), 'a')
  t.equal(await run.after(1000), 'a b')
  run.push('1', 'd')
  run.push('2', 'y')
  t.equal(await run.after(0), 'y')
  t.equal(await run.after(4000), 'b c d')
  t.strictSame(run.dead(), ['b: no'])
  t.equal(run.delivery.backlog, 0)
})

t.test('an attempt that takes too long is given up and made again', async (t) => {
  const run = start({}, { attemptMs: 5000 })
  const release = run.block()
  run.push('1', 'a')
  t.equal(await run.after(4999), 'a')
  t.equal(await run.after(1), '')
  t.equal(run.delivery.lastError, 'no answer within 5000 ms')
  release()
  t.equal(await run.after(1000), 'a')
  t.strictSame(run.delivery.counters, { delivered: 1, failed: 1, dead: 0 })
})

t.test('what waits for another attempt can be tried at once', async (t) => {
  const run = start({ a: ['failed'], b: ['unavailable'] })
  run.push('1', 'a')
  run.push('2', 'b')
  t.equal(await run.after(0), 'a b')
  t.strictSame(run.delivery.status, { attempts: 1, nextAttemptMs: 1000 })
  run.delivery.retryNow()
  t.equal(await run.after(0), 'b a')
})

t.test('what waits can be taken out', async (t) => {
  const run = start({ a: ['failed'], b: ['unavailable'] })
  for (const [id, message] of ['1 a', '1 c', '2 b', '3 d', '4 e'].map((text) => text.split(' ')))
    run.push(id!, message!)
  await run.after(0)
  const removed = run.delivery.remove(({ message }) => message !== 'e')
  t.strictSame(
    removed.map(({ message }) => message),
    ['b', 'a', 'c', 'd']
  )
  t.equal(run.delivery.backlog, 1)
  t.equal(await run.after(60_000), 'e')
})

t.test('an end waits for the attempt under way, but not for ever', async (t) => {
  const run = start()
  run.block()
  run.push('1', 'a')
  run.push('2', 'b')
  let isEnded = false
  void run.delivery.end(2000).then(() => (isEnded = true))
  await run.after(1999)
  t.notOk(isEnded)
  await run.after(1)
  t.ok(isEnded)
  t.strictSame(run.dead(), ['b: the handler was closed', 'a: the handler was closed'])
})

t.test('an event that fails too often, or is refused, becomes a dead letter', async (t) => {
  const run = start({ a: ['failed', 'failed', 'failed', 'failed'], b: ['refused'] })
  run.push('1', 'a')
  run.push('2', 'b')
  t.equal(await run.after(0), 'a b')
  t.equal(await run.after(4000), 'a')
  t.equal(await run.after(8000), 'a')
  t.equal(await run.after(999_999), '')
  t.strictSame(run.dead(), ['b: no', 'a: no'])
})

t.test('a full queue gives up its oldest event, but not the one under way', async (t) => {
  const run = start({}, { queue: 2 })
  const release = run.block()
  for (const message of ['a', 'b', 'c']) run.push('id', message)
  await run.after(0)
  release()
  t.equal(await run.after(0), 'c')
  t.strictSame(run.dead(), ['b: the queue of the handler is full'])
})

t.test('too many events that failed are not kept either', async (t) => {
  const run = start({ a: ['failed'], b: ['failed'] }, { queue: 1 })
  run.push('1', 'a')
  await run.after(0)
  run.push('2', 'b')
  t.equal(await run.after(0), 'b')
  t.strictSame(run.dead(), ['a: the queue of the handler is full'])
})

t.test('what a closed handler still holds becomes dead letters, except for what is under way', async (t) => {
  const run = start({ a: ['failed'] })
  run.push('1', 'a')
  await run.after(0)
  const release = run.block()
  run.push('2', 'b')
  run.push('3', 'c')
  run.delivery.close()
  run.delivery.close()
  run.push('4', 'd')
  release()
  t.equal(await run.after(59_999), 'b')
  t.strictSame(run.dead(), ['a: the handler was closed', 'c: the handler was closed'])
  await run.delivery.drained()
})

t.test('a queue counts as drained when its receiver is away', async (t) => {
  const run = start({ a: ['unavailable'] })
  run.push('1', 'a')
  let isDrained = false
  void run.delivery.drained().then(() => (isDrained = true))
  await run.after(0)
  t.ok(isDrained)
})
