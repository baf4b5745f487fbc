import t, { type Test } from 'tap'
import type { HandlerKind } from '../../src/alert/handlers/handler.ts'
import { handlerKinds } from '../../src/alert/handlers/index.ts'
import type { TopicHandlerSpec } from '../../src/alert/handler-spec.ts'
import { levelName } from '../../src/model/level.ts'
import type { AlertService } from '../../src/alert/service.ts'
import { compareBytes } from '../../src/model/bytes.ts'
import type { AlertEvent } from '../../src/model/event.ts'
import { Receiver, type Rig, startService } from './rig.ts'
import { event, settle } from './support.ts'

/** A handler that notes `HANDLER ID LEVEL<PREVIOUS`; its option `name` is HANDLER. */
function noting(notes: string[]): HandlerKind {
  return {
    kind: 'note',
    secrecies: {},
    fromScript: (call) => call,
    open: (options) => ({
      send({ event, previousLevel }) {
        const { name } = options as { name: string }
        notes.push(`${name} ${event.id} ${levelName(event.level)}<${levelName(previousLevel)}`)
        return Promise.resolve()
      }
    })
  }
}

async function start(t: Test, before?: Rig) {
  const notes: string[] = []
  const rig = await startService(t, { kinds: [...handlerKinds, noting(notes)] }, before)
  const { alerts } = rig
  return {
    ...rig,
    rig,
    handle: (topic: string, id: string, match = '') => alerts.handlers.create(note(topic, id, match)),
    /** What handlers got of these events: in order for each, and by handler. */
    async collect(...events: Partial<AlertEvent>[]) {
      await alerts.collect(events.map(event))
      await settle()
      return notes.splice(0).sort((a, b) => compareBytes(a.split(' ')[0]!, b.split(' ')[0]!))
    },
    async notes() {
      await settle()
      return notes.splice(0)
    }
  }
}

function note(topic: string, id: string, match = ''): TopicHandlerSpec {
  return { topic, id, kind: 'note', options: { name: id }, match }
}

const levels = (alerts: AlertService, topic: string) =>
  [...(alerts.findTopic(topic)?.states ?? [])].map(({ id, level }) => `${id} ${levelName(level)}`)

t.test('every handler of every topic of an event gets it, with the level before in that topic', async (t) => {
  const run = await start(t)
  await run.handle('t', 'a')
  await run.handle('u', 'b')
  t.strictSame(await run.collect({ topics: ['t'], level: 2 }, { topics: ['t', 'u'], level: 3 }, { topics: [] }), [
    'a id WARNING<OK',
    'a id CRITICAL<WARNING',
    'b id CRITICAL<OK'
  ])
  t.equal(run.alerts.findTopic('t')?.collected, 2)
})

t.test('the level of a topic is the highest of its events', async (t) => {
  const run = await start(t)
  const after: string[] = []
  for (const [id, level] of [
    ['a', 2],
    ['b', 3],
    ['c', 1],
    ['b', 0],
    ['a', 0],
    ['c', 0]
  ] as const) {
    await run.collect({ id, level })
    after.push(levelName(run.alerts.findTopic('t')!.level))
  }
  t.strictSame(after, ['WARNING', 'CRITICAL', 'CRITICAL', 'WARNING', 'INFO', 'OK'])
})

t.test('only events that match are handled, and a failing match lets none through', async (t) => {
  const run = await start(t)
  await run.handle('t', 'warn', 'level() >= WARNING')
  await run.handle('t', 'changed', 'changed() == TRUE')
  await run.handle('t', 'host', `"host" == 'a' AND name() == 'cpu' AND taskName() == 'task'`)
  await run.handle('t', 'none', `"nosuch" == 'a'`)
  t.strictSame(await run.collect({ level: 1 }, { level: 3, tags: { host: 'a' } }, { level: 3 }), [
    'changed id INFO<OK',
    'changed id CRITICAL<INFO',
    'host id CRITICAL<INFO',
    'warn id CRITICAL<INFO',
    'warn id CRITICAL<CRITICAL'
  ])
})

t.test('states and handlers survive a restart, and recovered events do not', async (t) => {
  const run = await start(t)
  await run.handle('t', 'a')
  await run.collect({ id: 'x', level: 2 }, { id: 'y', level: 3 }, { id: 'y', level: 0 }, { topics: ['main:t:alert1'] })
  await run.alerts.close()

  const again = await start(t, run.rig)
  t.strictSame(levels(again.alerts, 't'), ['x WARNING'])
  t.equal(again.alerts.findTopic('t')?.collected, 0)
  t.strictSame(again.alerts.stateSnapshot(['main:t:alert1', 'none']), [
    { topic: 'main:t:alert1', id: 'id', level: 3, timeNs: 1_500_000_000_000_000_000n }
  ])
  t.strictSame(await again.collect({ id: 'x', level: 3 }), ['a x CRITICAL<WARNING'])
})

t.test('no handler gets an event before its state is stored', async (t) => {
  const run = await start(t)
  await run.handle('t', 'a')
  const done = run.alerts.collect([event()])
  t.strictSame(await run.notes(), [])
  await done
  t.equal((await run.stored()).length, 1)
  t.strictSame(await run.notes(), ['a id CRITICAL<OK'])
})

t.test('an event is delivered even where its state cannot be stored', async (t) => {
  const run = await start(t)
  await run.handle('t', 'a')
  await run.db.run('DROP TABLE alert_events')
  await t.rejects(run.collect({}), { code: 'EVENTS_NOT_STORED', status: 503 })
  t.strictSame(await run.notes(), ['a id CRITICAL<OK'])
})

t.test('a deleted topic is gone until the next event, and its handlers still work', async (t) => {
  const run = await start(t)
  await run.handle('t', 'a')
  await run.collect({ id: 'x' }, { id: 'y' })
  const late = run.alerts.collect([event({ id: 'z' })])
  await run.alerts.deleteTopic('t')
  t.equal(run.alerts.findTopic('t'), undefined)
  t.strictSame(run.alerts.topics(), [])
  await late
  t.strictSame(await run.notes(), ['a z CRITICAL<OK'])
  t.strictSame(await run.stored(), [])
  t.strictSame(await run.collect({ id: 'x' }), ['a x CRITICAL<OK'])
  t.strictSame(levels(run.alerts, 't'), ['x CRITICAL'])
})

t.test('one event can be deleted', async (t) => {
  const run = await start(t)
  await run.collect({ id: 'x' }, { id: 'y', level: 1 })
  await run.alerts.deleteEvent('t', 'x')
  await run.alerts.deleteEvent('t', 'nosuch')
  t.strictSame(levels(run.alerts, 't'), ['y INFO'])
  t.equal(run.alerts.findTopic('t')?.level, 1)
  t.strictSame(
    (await run.stored()).map(({ id }) => id),
    ['y']
  )
})

t.test('a task has handlers while it runs, and its levels for longer', async (t) => {
  const run = await start(t)
  const topic = 'main:task:alert2'
  const call = (name: string) => ({ kind: 'note', options: { name } })
  run.alerts.openTaskTopic(topic, [call('a'), call('b')])
  t.strictSame(await run.collect({ topics: [topic] }), ['a id CRITICAL<OK', 'b id CRITICAL<OK'])
  await run.alerts.closeTaskTopic(topic)
  t.equal(run.alerts.findTopic(topic), undefined)
  run.alerts.openTaskTopic(topic, [call('c')])
  run.alerts.openTaskTopic(topic, [call('d')])
  t.strictSame(await run.collect({ topics: [topic], level: 0 }), ['d id OK<CRITICAL'])
  await run.alerts.deleteTaskTopic(topic)
  await run.alerts.closeTaskTopic('never:opened:alert1')
  t.strictSame(await run.stored(), [])
  t.strictSame(run.alerts.stateSnapshot([topic]), [])
  t.throws(() => run.alerts.openTaskTopic(topic, [{ kind: 'carrier-pigeon', options: {} }]), {
    message: 'unsupported action kind "carrier-pigeon"'
  })
})

t.test('published events go on to other topics, once and not in circles', async (t) => {
  const run = await start(t)
  const publish = (topic: string, ...topics: string[]) =>
    run.alerts.handlers.create({ topic, id: `p-${topic}`, kind: 'publish', options: { topics }, match: '' })
  await publish('t', 'u', 'v')
  await publish('u', 't', 'w')
  await publish('v', 'v')
  for (const topic of ['t', 'u', 'v', 'w']) await run.handle(topic, topic)
  t.strictSame(
    await run.collect({ level: 2 }),
    ['t', 'u', 'v', 'w'].map((name) => `${name} id WARNING<OK`)
  )
  t.equal(run.alerts.loops, 2)

  await run.handle('new', 'new')
  await publish('x', 'new')
  await run.collect({ topics: ['x'], level: 1 })
  await run.alerts.deleteEvent('new', 'id')
  t.strictSame(
    await run.collect({ topics: ['x'], level: 3 }),
    ['new id CRITICAL<INFO'],
    'the level before, where unknown'
  )
})

t.test('an aggregate tells of an interval by one event', async (t) => {
  const run = await start(t)
  const options = { id: 'many', interval: 4e8, topic: 'x', message: '{{ .Count }} in {{ .Interval }}' }
  await run.alerts.handlers.create({ topic: 't', id: 'agg', kind: 'aggregate', options, match: '' })
  await run.handle('x', 'x')
  await run.collect(
    { id: 'a', level: 1, message: 'A', durationNs: 5n },
    { id: 'b', level: 2, message: 'B', timeNs: 7n, dataJson: '{"series":null}' }
  )
  run.clock.advance(399)
  t.equal(run.alerts.findTopic('x')?.collected, 0)
  run.clock.advance(1)
  await run.alerts.collect([])
  t.strictSame(await run.notes(), ['x many WARNING<OK'])
  const state = run.alerts.findTopic('x')?.findState('many')
  t.match(state, {
    message: '2 in 400ms',
    details: 'A\nB',
    timeNs: 1_500_000_000_000_000_000n,
    durationNs: 5n,
    level: 2
  })
  run.clock.advance(4000)
  t.equal(run.alerts.findTopic('x')?.collected, 1, 'an empty interval tells nothing')

  await run.collect({ level: 0 })
  await run.alerts.handlers.remove('t', 'agg')
  await run.alerts.collect([])
  await settle()
  await run.alerts.collect([])
  t.strictSame(await run.notes(), ['x many OK<WARNING'], 'what was gathered is told when it ends')
})

t.test('an aggregate whose message fails tells of its interval in the default words', async (t) => {
  const run = await start(t)
  const options = { id: 'many', interval: 1e9, topic: 'x', message: '{{ index .Count 1 }}' }
  await run.alerts.handlers.create({ topic: 't', id: 'agg', kind: 'aggregate', options, match: '' })
  await run.handle('x', 'x')
  await run.collect({}, {})
  run.clock.advance(1000)
  await run.alerts.collect([])
  t.strictSame(await run.notes(), ['x many CRITICAL<OK'])
  t.equal(run.alerts.findTopic('x')?.findState('many')?.message, 'Received 2 events in the last 1s.')
})

t.test(
  'an event that a template takes too many steps for is a dead letter at once, and the others go on',
  async (t) => {
    const run = await start(t)
    const receiver = await Receiver.start(t)
    const url = `${receiver.url}/{{ if eq .ID "bad" }}{{ range 999999999 }}{{ end }}{{ end }}{{ .ID }}`
    await run.alerts.handlers.create({ topic: 't', id: 'p', kind: 'post', options: { url }, match: '' })
    await run.collect({ id: 'a' }, { id: 'bad' }, { id: 'bad' }, { id: 'b' })
    t.strictSame(
      (await receiver.take(2)).map(({ path }) => path),
      ['/a', '/b']
    )
    const letters = await run.alerts.outbox.deadLetters({}, 10, 0)
    t.match(letters, [
      { id: 'bad', attempts: 1n, reason: /^template: body: rendering takes more than 10000 steps, / },
      { id: 'bad', attempts: 1n, reason: /^template: body: rendering takes more than 1000000 steps: / }
    ])
    t.equal(run.alerts.outbox.pending, 0)
  }
)

t.test('the series of an aggregate are those of its events', async (t) => {
  const run = await start(t)
  const receiver = await Receiver.start(t)
  await run.alerts.handlers.create({
    topic: 't',
    id: 'agg',
    kind: 'aggregate',
    options: { interval: 1e9, topic: 'x' },
    match: ''
  })
  await run.alerts.handlers.create({ topic: 'x', id: 'p', kind: 'post', options: { url: receiver.url }, match: '' })
  await run.collect(
    { dataJson: '{"series":[{"name":"a"},{"name":"b"}]}' },
    { dataJson: '{"series":[]}' },
    { dataJson: '{"series":[{"name":"c"}]}' }
  )
  run.clock.advance(1000)
  const [post] = await receiver.take(1)
  t.equal(
    post!.body,
    '{"id":"","message":"Received 3 events in the last 1s.","details":"id is CRITICAL\\nid is CRITICAL\\nid is CRITICAL",' +
      '"time":"2017-07-14T02:40:00Z","duration":0,"level":"CRITICAL","data":{"series":[{"name":"a"},{"name":"b"},{"name":"c"}]},' +
      '"previousLevel":"OK","recoverable":false}\n'
  )
})

t.test('with topics that are not kept all starts at OK, and handlers are kept', async (t) => {
  const run = await start(t)
  await run.handle('t', 'a')
  await run.collect({})
  const { alerts, stored } = await startService(t, { persistTopics: false, kinds: [noting([])] }, run.rig)
  t.strictSame(levels(alerts, 't'), [])
  await alerts.collect([event({ id: 'new' })])
  t.strictSame(
    (await stored()).map(({ id }) => id),
    ['id']
  )
  t.equal(alerts.handlers.list('t').length, 1)
})

t.test('a topic goes on from the state that another one had, untold and uncounted', async (t) => {
  const run = await start(t)
  await run.handle('t', 'a')
  await run.collect({ topics: ['u'], level: 3 })
  await run.alerts.copyState({ eventId: 'id', from: 'u', to: 't' })
  await run.alerts.copyState({ eventId: 'unknown', from: 'u', to: 't' })
  t.strictSame(await run.notes(), [])
  t.strictSame(levels(run.alerts, 't'), ['id CRITICAL'])
  t.match(run.alerts.findTopic('t'), { collected: 0, level: 3 })
  t.strictSame(await run.collect({ topics: ['t'], level: 0 }), ['a id OK<CRITICAL'])
})

t.test('a topic of a replay goes on from the state that another one had there', async (t) => {
  const run = await start(t)
  await run.handle('t', 'a')
  const topics = run.alerts.replayTopics()
  await topics.collect([event({ topics: ['u'], level: 3 })])
  topics.copyState({ eventId: 'id', from: 'u', to: 't' })
  topics.copyState({ eventId: 'id', from: 'nowhere', to: 't' })
  await topics.collect([event({ topics: ['t'], level: 0 })])
  await topics.close()
  t.strictSame(await run.notes(), ['a id OK<CRITICAL'])
})
