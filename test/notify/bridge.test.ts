import t from 'tap'
import { alertOfEvent, poolHandler } from '../../src/notify/bridge.ts'
import { findFault } from '../../src/notify/alert.ts'
import { collected } from '../alert/support.ts'
import { startNotify } from './rig.ts'

t.test('an event becomes an alert that says all of it', (t) => {
  const event = collected({
    message: 'cpu is high',
    tags: { host: 'h1', cpu: '0' },
    fields: { v: { type: 'int', value: 9_007_199_254_740_993n }, s: { type: 'string', value: 'x' } },
    durationNs: 60_000_000_000n
  })
  t.strictSame(alertOfEvent(event), {
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
    t.equal(findFault(alert), undefined)
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
