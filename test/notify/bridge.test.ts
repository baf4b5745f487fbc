import t from 'tap'
import type { TopicEvent } from '../../src/alert/handlers/topic-event.ts'
import type { HandlerKind } from '../../src/alert/handlers/handler.ts'
import type { PartDefinition } from '../../src/notify/params.ts'
import { poolHandler } from '../../src/notify/bridge.ts'
import { alertOfEvent } from '../../src/notify/event-alert.ts'
import { findProblem } from '../../src/notify/alert.ts'
import { collected } from '../alert/support.ts'
import { startNotify } from './rig.ts'

t.test('an event becomes an alert that says all of it', (t) => {
  const event = collected({
    message: 'cpu is high',
    tags: { host: 'h1', cpu: '0' },
    fields: { v: { type: 'int', value: 9_007_199_254_740_993n }, s: { type: 'string', value: 'x' } },
    durationNs: 60_000_000_000n
  })
  const { source, ...alert } = alertOfEvent(event)
  t.equal(source, event)
  t.strictSame(alert, {
    ...{ from: 'task', date: '2017-07-14T02:40:00Z', host: 'h1', title: 'cpu is high', message: '' },
    ...{ routes: [], sub: [], stats: {} },
    info: {
      ...{ id: 'id', topic: 't', level: 'CRITICAL', duration: 60_000_000_000 },
      tags: { host: 'h1', cpu: '0' },
      fields: { v: 9_007_199_254_740_992, s: 'x' }
    }
  })
  t.end()
})

t.test('whatever an event says, its alert may enter the pool', (t) => {
  const cases = [
    { change: { message: '' }, title: 'id', message: '' },
    { change: { message: '', id: '' }, title: 'alert', message: '' },
    { change: { message: 'one\ntwo' }, title: 'one', message: 'one\ntwo' },
    { change: { message: '\ntwo' }, title: 'alert', message: '\ntwo' },
    { change: { message: 'あ'.repeat(100) }, title: 'あ'.repeat(83), message: 'あ'.repeat(100) },
    { change: { taskName: 'x\n'.repeat(100) }, title: 'id is CRITICAL', message: '' },
    { change: { taskName: '' }, title: 'id is CRITICAL', message: '' }
  ]
  for (const { change, title, message } of cases) {
    const alert = alertOfEvent(collected(change))
    t.match(alert, { title, message })
    t.equal(findProblem(alert), undefined)
  }
  t.equal(alertOfEvent(collected({ taskName: '' })).from, 't', 'the topic, where no task made it')
  t.end()
})

t.test('the handler kkok is done with an event once its alert is in the journal', async (t) => {
  const { notify, db } = await startNotify(t, { maxWaiting: 1 })
  const handler = poolHandler(notify).open({}, {} as never)
  if ('receive' in handler) return t.fail('it takes events one by one')
  await handler.send(collected())
  t.match(notify.waiting, [{ title: 'id is CRITICAL' }])
  t.match(await db.all('SELECT alert FROM notify_alerts'), [{ alert: /"title":"id is CRITICAL"/ }])
  const error: unknown = await handler.send(collected()).catch((reason: unknown) => reason)
  t.match(error, { failure: 'unavailable', retryAfterMs: notify.pauseLeftMs }, 'there is no room yet')
})

/** A handler that keeps the events that it is sent. */
function keeping(events: TopicEvent[]): HandlerKind {
  const open = () => ({ send: (event: TopicEvent) => Promise.resolve(void events.push(event)) })
  return { kind: 'keep', secrecies: {}, fromScript: (call) => call, open }
}

const FILTERS: readonly PartDefinition[] = [
  { type: 'edit', code: 'alert.Info.more = 1' },
  { type: 'edit', code: 'alert = alert' },
  { type: 'edit', code: 'throw new Error("oh")' },
  { type: 'exec', command: ['cat'] },
  { type: 'exec', command: ['cat'], all: true },
  { type: 'group' },
  { type: 'discard', if: 'alert.Info.level === "OK"' },
  { type: 'freq', divisor: 100, duration: 60 }
]

for (const filter of FILTERS) {
  t.test(`a filter ${JSON.stringify(filter)} lets fields keep their types and values`, async (t) => {
    const events: TopicEvent[] = []
    const { notify, put, round } = await startNotify(t, { handlerKinds: [keeping(events)] })
    await notify.configuration.putRoute('r', [{ type: 'keep' }])
    await put('f', filter)
    await put('route', { type: 'route', routes: ['r'] })
    await notify.start()
    const fields = {
      int: { type: 'int', value: 9_007_199_254_740_993n },
      float: { type: 'float', value: 1 },
      span: { type: 'duration', value: 60_000_000_000n }
    } as const
    const change = { fields, category: 'db', group: 'g', level: 2, recoverable: false } as const
    await notify.post(alertOfEvent(collected({ ...change, id: 'a' })))
    await notify.post(alertOfEvent(collected({ ...change, id: 'b' })))
    await round()
    t.equal(events.length, filter['type'] === 'group' ? 1 : 2)
    for (const { event } of events) t.match(event, change)
    notify.configuration.close()
  })
}
