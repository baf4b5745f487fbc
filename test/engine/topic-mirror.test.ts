import t from 'tap'
import { TopicMirror } from '../../src/engine/topic-mirror.ts'
import type { AlertEvent, Level } from '../../src/model/event.ts'

function event(topics: readonly string[], level: Level, seconds: number): AlertEvent {
  return { topics, id: 'e', level, timeNs: BigInt(seconds) * 10n ** 9n } as AlertEvent
}

t.test('an OK that was told to two topics is known of each', async (t) => {
  const mirror = new TopicMirror()
  mirror.note(event(['anonymous', 'named'], 0, 5))
  mirror.note(event(['named'], 3, 6))
  t.equal(mirror.find('anonymous', 'e')?.level, 0)
  t.equal(mirror.find('named', 'e')?.level, 3)
})

t.test('an OK that was stored for one of two topics is known after a start', async (t) => {
  const mirror = new TopicMirror()
  mirror.load(['anonymous', 'named'], [{ topic: 'anonymous', eventId: 'e', level: 0, timeNs: 5n * 10n ** 9n }])
  t.equal(mirror.find('anonymous', 'e')?.level, 0)
  mirror.load(['anonymous', 'named'], [])
  t.equal(mirror.find('anonymous', 'e'), undefined, 'what is loaded replaces what was known')
})

t.test('an OK of the only topic takes no room', async (t) => {
  const mirror = new TopicMirror()
  mirror.note(event(['named'], 3, 5))
  t.equal(mirror.find('named', 'e')?.level, 3)
  mirror.note(event(['named'], 0, 6))
  t.equal(mirror.find('named', 'e'), undefined)
})

t.test('a topic goes on from the state that it took over, and an unknown one changes nothing', async (t) => {
  const mirror = new TopicMirror()
  mirror.note(event(['anonymous', 'named'], 0, 5))
  mirror.note(event(['named'], 3, 6))
  mirror.copy({ eventId: 'e', from: 'anonymous', to: 'named' })
  t.match(mirror.find('named', 'e'), { level: 0, time: mirror.find('anonymous', 'e')!.time })
  mirror.copy({ eventId: 'e', from: 'nowhere', to: 'named' })
  t.equal(mirror.find('named', 'e')?.level, 0)
})
