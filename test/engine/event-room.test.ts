import t from 'tap'
import { Engine } from '../../src/engine/engine.ts'
import { EventRoom } from '../../src/engine/event-room.ts'
import { wallClock } from '../../src/core/clock.ts'
import type { AlertEvent } from '../../src/model/event.ts'
import { engineSettings } from '../support/engine.ts'

const event = (dataJson: string) => ({ dataJson, message: '', details: '' }) as AlertEvent

t.test('events of more than 64 MiB are not raised at once', async (t) => {
  const room = new EventRoom()
  const large = event('x'.repeat(1 << 20))
  for (let i = 0; i < 64; i++) t.ok(room.take(large))
  t.notOk(room.take(event('')))
  room.clear()
  t.ok(room.take(large), 'there is room again when they have been handed over')
})

t.test('of the events that one body raises 100,000 are told, and the others are errors of the node', async (t) => {
  let events = 0
  const none = (): void => {}
  const engine = new Engine(
    'test',
    engineSettings,
    {
      ...{ now: () => wallClock.now(), log: none, failed: none, inhibitor: none, loopback: none },
      ...{ stateCopied: none, replayEvents: none, replayStateCopied: none },
      events: (list) => (events += list.length)
    },
    wallClock
  )
  t.teardown(() => engine.close())
  const script = `stream|from()|alert().crit(lambda: TRUE).details('').topic('t').quiet()`
  engine.start({ id: 'a', type: 'stream', script, vars: new Map(), dbrps: [{ db: 'd', rp: 'r' }] })
  t.equal(engine.write('d', 'r', 'n', Buffer.from('m v=1 1\n'.repeat(100_003))), undefined)
  t.equal(events, 100_000)
  t.match(engine.stats('a')?.nodes['alert2'], { errors: 3, alerts_triggered: 100_003 })
  t.equal(engine.write('d', 'r', 'n', Buffer.from('m v=1 1\n')), undefined)
  t.equal(events, 100_001, 'the next body has room again')
})
