import t from 'tap'
import { AlertOutlet } from '../../src/engine/alert-outlet.ts'
import { Inhibitors } from '../../src/engine/inhibitors.ts'
import type { AlertEvent } from '../../src/model/event.ts'
import { event } from '../alert/support.ts'

function outlet() {
  const copied: string[] = []
  const sent: (readonly AlertEvent[])[] = []
  const alerts = new AlertOutlet(new Inhibitors('test', () => {}), {
    events: (events) => sent.push(events),
    stateCopied: ({ from, to }) => copied.push(`${from} > ${to} after ${sent.length}`)
  })
  return { alerts, copied, ids: () => sent.map((events) => events.map(({ id }) => id)) }
}

t.test('events of a turn go together, in order, when it ends', (t) => {
  const { alerts, ids } = outlet()
  const port = alerts.portOf(undefined)
  port.emit(event({ id: 'a' }))
  port.emit(event({ id: 'b' }))
  t.same(ids(), [])
  alerts.flush()
  alerts.flush()
  t.same(ids(), [['a', 'b']])
  t.end()
})

t.test('events of a turn that nobody ends go by themselves', async (t) => {
  const { alerts, ids } = outlet()
  alerts.portOf(undefined).emit(event({ id: 'a' }))
  await Promise.resolve()
  t.same(ids(), [['a']])
})

t.test('a node finds the level that its topic was loaded with, and then that of its last event', (t) => {
  const { alerts } = outlet()
  const port = alerts.portOf(undefined)
  alerts.load(['t'], [{ topic: 't', eventId: 'id', level: 2, timeNs: 0n }])
  t.equal(port.findState('t', 'id')?.level, 2)
  port.emit(event({ level: 3 }))
  t.equal(port.findState('t', 'id')?.level, 3)
  alerts.load(['t'], [])
  t.equal(port.findState('t', 'id'), undefined)
  t.end()
})

t.test('a topic takes over a state after the events before', (t) => {
  const { alerts, copied } = outlet()
  const port = alerts.portOf(undefined)
  port.emit(event({ id: 'id', topics: ['a'], level: 3 }))
  port.copyState({ eventId: 'id', from: 'a', to: 'b' })
  t.equal(port.findState('b', 'id')?.level, 3)
  t.same(copied, ['a > b after 1'])
  t.end()
})

t.test('tasks of one outlet inhibit each other', (t) => {
  const { alerts } = outlet()
  const [one, other] = [alerts.portOf(undefined), alerts.portOf({ kinds: ['log'], stateChangesOnly: true })]
  const owner = {}
  one.setInhibitor(owner, 'c', { host: 'a' }, true)
  t.equal(other.isInhibited('c', { host: 'a' }), true)
  one.removeInhibitor(owner)
  t.equal(other.isInhibited('c', { host: 'a' }), false)
  t.same([one.globals, other.globals?.kinds], [undefined, ['log']])
  t.end()
})
