import t from 'tap'
import type { Alert } from '../../src/notify/alert.ts'
import { Database } from '../../src/store/db.ts'
import { type NotifyRig, START_MS, startNotify } from './rig.ts'
import { testFolder } from '../support/folder.ts'

const note = (name: string) => [{ type: 'note', name }]

async function start(
  t: Parameters<typeof startNotify>[0],
  options: Parameters<typeof startNotify>[1] = {},
  before?: NotifyRig
) {
  const rig = await startNotify(t, options, before)
  if (before === undefined) for (const id of ['r1', 'r2']) await rig.notify.configuration.putRoute(id, note(id))
  await rig.notify.start()
  return rig
}

const titles = (alerts: readonly Alert[] | undefined) => (alerts ?? []).map(({ title }) => title).join()

t.test('a batch goes through the filters in order, and then to its routes', async (t) => {
  const rig = await start(t)
  await rig.put('drop', { type: 'discard', if: "alert.Title == 'noise'" })
  await rig.put('count', { type: 'freq', divisor: 1 })
  await rig.put('route', { type: 'route', routes: ['r1'], if: 'alert.Stats.count > 1' })
  await rig.put('both', { type: 'route', routes: ['r1', 'r2'], if: "alert.Title == 'c'" })
  await rig.post({ title: 'a' }, { title: 'noise' }, { title: 'b' }, { title: 'c' })
  t.equal(titles(rig.notify.waiting), 'a,noise,b,c')
  await rig.round()
  t.strictSame([titles(rig.sent.r1), titles(rig.sent.r2)], ['b,c', 'c'])
  t.strictSame(rig.notify.waiting, [])
  t.match(rig.notify.counters, { unrouted: 1, delivered: 3, dead: 0 })
  t.match(rig.lines, [/warn alerts without a route .*"nalerts":1.*"a"/])
})

t.test('a group filter after a route filter loses its routes, and a fallback route takes what has none', async (t) => {
  const rig = await start(t, { fallbackRoute: 'r2' })
  await rig.put('route', { type: 'route', routes: ['r1'] })
  await rig.put('group', { type: 'group' })
  await rig.post({ title: 'a' }, { title: 'b' })
  await rig.round()
  t.strictSame(rig.sent.r1, undefined)
  t.strictSame([titles(rig.sent.r2), titles(rig.sent.r2![0]!.sub)], ['merged alert', 'a,b'])
})

t.test('an alert goes to a route once, and ids that no route has are told', async (t) => {
  const rig = await start(t)
  const command = ['sh', '-c', `sed 's/"Routes":null/"Routes":["r1","nosuch","r1"]/'`]
  const again = await startNotify(t, {}, rig)
  await again.notify.configuration.putRoute('r1', note('r1'))
  await again.put('exec', { type: 'exec', command })
  await again.notify.start()
  await again.post({ title: 'a' })
  await again.round()
  t.equal(titles(again.sent.r1), 'a')
  t.match(again.lines, [/warn non-existing route .*nosuch/])
})

t.test('the error of a filter keeps its alert on its routes, marked', async (t) => {
  const rig = await start(t)
  await rig.put('route', { type: 'route', routes: ['r1'] })
  await rig.put('bad', { type: 'discard', if: 'alert.Info.a.b == 1' })
  await rig.post({ title: 'a' }, { title: 'b', info: { a: { b: 1 } } }, { title: 'c', info: { a: {} } })
  await rig.round()
  t.equal(titles(rig.sent.r1), 'a,c')
  t.match(rig.sent.r1![0]!.info.FilterErrors, [/^discard:bad: TypeError/])
  t.equal(rig.notify.counters.filterErrors, 1)
})

t.test('rounds are further apart while alerts come', async (t) => {
  const rig = await start(t, { initialMs: 1000, maxMs: 4000 })
  const at: number[] = []
  for (let second = 0; second < 22; second++) {
    if (second < 15 || second === 21) await rig.post({ title: String(second) })
    const { batches } = rig.notify.counters
    rig.clock.advance(1000)
    await rig.notify.idle()
    if (rig.notify.counters.batches > batches) at.push((rig.clock.now().ms - START_MS) / 1000)
  }
  t.strictSame(at, [1, 3, 7, 11, 15, 22])
})

t.test('what is off does nothing, and what expired is gone', async (t) => {
  const rig = await start(t)
  const { configuration } = rig.notify
  await rig.put('route', { type: 'route', routes: ['r1'] })
  await rig.put('off', { type: 'discard', disabled: true })
  await rig.put('pause', { type: 'discard' })
  await rig.put('old', { type: 'discard', expire: '2020-09-13T12:26:40Z' })
  await configuration.switchFilter('pause', { inactive: '2020-09-13T12:26:42Z' })
  await rig.post({ title: 'a' })
  await rig.round()
  t.equal(titles(rig.sent.r1), 'a')
  t.strictSame(
    configuration.filters.list.map(({ id }) => id),
    ['route', 'off', 'pause']
  )
  rig.clock.advance(2000)
  await rig.post({ title: 'b' })
  await rig.round()
  t.equal(titles(rig.sent.r1), 'a')
})

t.test('alerts and messages that a dead process had are delivered by the next one', async (t) => {
  const dir = testFolder(t)
  const db = await Database.open(`${dir}/kapok.duckdb`)
  const first = await startNotify(t, {}, { db })
  await first.notify.configuration.putRoute('away', [{ type: 'slack', url: 'http://127.0.0.1:1/' }])
  await first.put('route', { type: 'route', routes: ['away'] })
  await first.notify.start()
  await first.post({ title: 'under way' })
  await first.round()
  await first.post({ title: 'waiting' })
  t.equal(first.notify.counters.delivered, 0)
  // It is not closed: as after a kill, what counts is what the store has.
  const second = await startNotify(t, {}, { db })
  t.equal(titles(second.notify.waiting), 'waiting')
  await second.notify.configuration.putRoute('away', [{ type: 'slack', url: 'http://127.0.0.1:1/', label: 'other' }])
  await second.notify.start()
  await second.notify.idle()
  const letters = await second.notify.deadLetters()
  t.match(letters, [{ route: 'away', transport: 'slack', payload: /under way/, reason: /no longer there/ }])
  await second.notify.configuration.putRoute('away', note('late'))
  await second.notify.removeDeadLetter(letters[0]!.sequence)
  await t.rejects(second.notify.redeliver(99n), { message: 'no such dead letter: 99' })
  await second.round()
  t.equal(titles(second.sent.late), 'waiting')
  first.notify.configuration.close()
  await second.notify.close()
  await db.close()
})

t.test('what a crash brings back of alerts that a batch is done with does not go out again', async (t) => {
  const rig = await start(t)
  await rig.put('route', { type: 'route', routes: ['r1'] })
  await rig.post({ title: 'a' })
  const [row] = await rig.db.all<{ sequence: bigint; alert: string }>('SELECT * FROM notify_alerts')
  await rig.round()
  await rig.db.run('INSERT INTO notify_alerts VALUES ($1, $2)', [row!.sequence, row!.alert])
  const next = await startNotify(t, {}, rig)
  t.strictSame(next.notify.waiting, [])
  await next.post({ title: 'b' })
  t.equal(titles((await startNotify(t, {}, rig)).notify.waiting), 'b')
})

t.test('neither the samples of a freq filter nor a mute is forgotten by a restart', async (t) => {
  const often = { type: 'freq', divisor: 1, duration: 60, foreach: 'alert.Host' }
  const muting = { type: 'route', routes: ['r1'], auto_mute: true, mute_seconds: 30, mute_routes: ['r2'] }
  const counts = (alerts: readonly Alert[] | undefined) =>
    (alerts ?? []).map(({ title, info: { made, filed } }) => `${title} ${String(made)} ${String(filed)}`)
  const first = await start(t)
  const open = async (rig: NotifyRig, more = {}) => {
    const filed = { id: 'filed', definition: { ...often, ...more } }
    await rig.notify.configuration.replaceStatic([filed, { id: 'go', definition: muting }], [])
  }
  await open(first)
  await first.put('made', often)
  await first.put('show', {
    type: 'edit',
    code: 'alert.Info.made = alert.Stats.made; alert.Info.filed = alert.Stats.filed'
  })
  await first.post({ title: 'a' }, { title: 'b' }, { title: 'c', host: 'other' })
  await first.round()
  await first.post({ title: 'd' })
  await first.round()
  t.strictSame(counts(first.sent.r1), ['a 1 1', 'b 2 2', 'c 1 1'])
  t.strictSame(counts(first.sent.r2), ['d 3 3'])

  // It is not closed: as after a kill. The clock of the next one begins a second and a half before its first batch.
  const again = async (more = {}) => {
    const rig = await startNotify(t, {}, first)
    await open(rig, more)
    await rig.notify.start()
    return rig
  }
  const second = await again()
  await second.post({ title: 'e' })
  await second.round()
  t.strictSame(
    [counts(second.sent.r1), counts(second.sent.r2)],
    [[], ['e 4 4']],
    'samples count, and it is still muted'
  )
  const third = await again({ divisor: 2 })
  await third.post({ title: 'f' })
  await third.round()
  t.strictSame(counts(third.sent.r2), ['f 5 0.5'], 'a changed definition begins anew')
  third.clock.advance(60_000)
  await third.post({ title: 'g' })
  await third.round()
  t.strictSame(counts(third.sent.r1), ['g 1 0.5'], 'what has expired no longer counts')
  t.strictSame(await third.db.all('SELECT DISTINCT id FROM notify_notes ORDER BY id'), [
    { id: 'filed' },
    { id: 'go' },
    { id: 'made' }
  ])
  await third.notify.configuration.removeFilter('made')
  await third.notify.configuration.replaceStatic([], [])
  t.strictSame(await third.db.all('SELECT * FROM notify_notes'), [])
})

t.test('a batch that has to be done again is counted once', async (t) => {
  const rig = await start(t)
  await rig.put('often', { type: 'freq', divisor: 1 })
  await rig.put('go', { type: 'route', routes: ['r1'], auto_mute: true, mute_routes: ['r2'] })
  await rig.put('show', { type: 'edit', code: 'alert.Title += alert.Stats.often' })
  await rig.post({ title: 'a' }, { title: 'b' })
  await rig.db.run('ALTER TABLE notify_messages RENAME TO away')
  await rig.round()
  t.match(rig.lines, [/error a batch is put back/])
  t.equal(titles(rig.notify.waiting), 'a,b')
  await rig.db.run('ALTER TABLE away RENAME TO notify_messages')
  await rig.round()
  t.strictSame([titles(rig.sent.r1), titles(rig.sent.r2)], ['a1,b2', ''])
})

t.test('a last batch goes out at the end', async (t) => {
  const rig = await start(t)
  await rig.put('route', { type: 'route', routes: ['r1'] })
  await rig.post({ title: 'a' })
  await rig.notify.close()
  t.equal(titles(rig.sent.r1), 'a')
})

t.test('what a route has left goes on in the one that takes its place', async (t) => {
  const rig = await start(t)
  const { configuration } = rig.notify
  await configuration.putRoute('moved', [{ type: 'slack', url: 'http://127.0.0.1:1/', label: 'x' }])
  await rig.put('route', { type: 'route', routes: ['moved'] })
  await rig.post({ title: 'a' })
  await rig.round()
  t.equal(configuration.route('moved').backlog, 1)
  const before = configuration.route('moved')
  await configuration.putRoute('moved', [{ type: 'slack', url: 'http://127.0.0.1:2/', label: 'x' }])
  t.strictSame([before.backlog, configuration.route('moved').backlog], [0, 1])
  configuration.close()
})

t.test('files replace what files had, as a whole, and leave what has not changed', async (t) => {
  const rig = await start(t)
  const { configuration } = rig.notify
  const freq = { id: 'often', definition: { type: 'freq', divisor: 1 } }
  const route = { id: 'go', definition: { type: 'route', routes: ['st'], if: 'alert.Stats.often > 1' } }
  const target = { id: 'st', definition: note('st') }
  const changes = (filters: object, routes: object) => {
    const none = { added: [], changed: [], removed: [] }
    return { filters: { ...none, ...filters }, routes: { ...none, ...routes } }
  }
  await rig.put('made', { type: 'discard', if: 'false' })
  t.strictSame(
    await configuration.tryStatic([freq, route], [target], { isPlan: false }),
    changes({ added: ['often', 'go'] }, { added: ['st'] })
  )
  t.strictSame(
    configuration.filters.list.map(({ id }) => id),
    ['made']
  )
  await configuration.replaceStatic([freq, route], [target])
  t.strictSame(
    configuration.filters.list.map(({ id }) => id),
    ['often', 'go', 'made']
  )
  await rig.post({ title: 'a' })
  await rig.round()
  t.strictSame(rig.sent.st, undefined)

  const bad = { id: 'bad', definition: { type: 'edit' } }
  await t.rejects(configuration.replaceStatic([freq, bad], []), { message: 'edit:bad: not found' })
  await t.rejects(configuration.replaceStatic([freq, freq], []), { message: 'duplicate filter ID: often' })
  t.strictSame(
    configuration.filters.list.map(({ id }) => id),
    ['often', 'go', 'made']
  )

  const made = { id: 'made', definition: { type: 'discard', if: "alert.Title == 'x'" } }
  t.strictSame(
    await configuration.replaceStatic(
      [made, { ...route, definition: { ...route.definition, label: 'new' } }, freq],
      [target]
    ),
    changes({ added: ['made'], changed: ['go'] }, {})
  )
  t.strictSame(
    configuration.filters.list.map(({ id }) => id),
    ['made', 'go', 'often']
  )
  t.match(rig.lines, [/warn alerts without a route/, /warn a file has the filter that a client made .*made/])
  await configuration.replaceStatic([freq, route], [target])
  t.strictSame(
    configuration.filters.list.map(({ id }) => id),
    ['often', 'go', 'made']
  )
  t.equal(configuration.filter('made').definition.if, 'false', "the client's is back")
  await rig.post({ title: 'b' })
  await rig.round()
  t.equal(titles(rig.sent.st), 'b', 'the freq filter knows of the first alert')

  t.strictSame(await configuration.replaceStatic([], []), changes({ removed: ['often', 'go'] }, { removed: ['st'] }))
  t.strictSame([...configuration.routes.keys()], ['r1', 'r2'])
})

t.test('a batch sees one configuration, whatever changes meanwhile', async (t) => {
  const rig = await start(t)
  const { configuration } = rig.notify
  const version = (name: string) => ({
    filters: [
      { id: 'tag', definition: { type: 'exec', command: ['sh', '-c', `sed 's/"Title":"/&${name} /'`], all: true } },
      { id: 'go', definition: { type: 'route', routes: [name] } }
    ],
    routes: [{ id: name, definition: note(name) }]
  })
  const one = version('one')
  const two = version('two')
  await configuration.replaceStatic(one.filters, one.routes)
  await rig.post({ title: 'a' })
  rig.clock.advance(1000)
  await configuration.replaceStatic(two.filters, two.routes)
  await rig.notify.idle()
  await configuration.drained()
  await rig.post({ title: 'b' })
  await rig.round()
  t.strictSame([titles(rig.sent.one), titles(rig.sent.two)], ['one a', 'two b'])
})

t.test('ten thousand alerts end as few messages, and none is missing', async (t) => {
  const rig = await start(t)
  await rig.put('group', { type: 'group', by: 'alert.Host', routes: ['r1'] })
  const perTick = 500
  for (let tick = 0; tick < 20; tick++) {
    await rig.post(
      ...Array.from({ length: perTick }, (_, i) => ({ title: String(tick * perTick + i), host: `h${i % 5}` }))
    )
    rig.clock.advance(500)
    await rig.notify.idle()
  }
  await rig.round()
  const messages = rig.sent.r1!
  t.ok(messages.length <= 10 * 5 + 5, `${messages.length} messages`)
  const seen = messages.flatMap(({ sub, title }) => (sub.length === 0 ? [title] : sub.map((one) => one.title)))
  t.equal(seen.length, 10_000)
  t.equal(new Set(seen).size, 10_000)
})

t.test('no secret is in a log line or a message that is kept', async (t) => {
  const rig = await start(t)
  await rig.notify.configuration.putRoute('s', [{ type: 'slack', url: 'http://127.0.0.1:1/very-secret' }])
  await rig.put('route', { type: 'route', routes: ['s'] })
  await rig.post({ title: 'a' })
  await rig.round()
  t.ok(rig.lines.length > 0)
  const messages = await rig.db.all('SELECT payload FROM notify_messages')
  t.equal(messages.length, 1)
  t.notMatch(JSON.stringify([rig.lines, messages]), /very-secret/)
  rig.notify.configuration.close()
})
