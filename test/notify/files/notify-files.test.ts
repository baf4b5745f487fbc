import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startFiles } from './rig.ts'

const NOTE = '- type: note\n  name: '

t.test('files become filters in the order of their names, and routes by their names', async (t) => {
  const rig = await startFiles(t)
  const { ok, files } = await rig.load({
    'filters/20-late.yaml': 'type: discard\nif: alert.Host == "x"\n',
    'filters/10-two.yml': '# both\n- { id: b, type: route, routes: [r] }\n- { id: a, type: freq, order: 1 }\n',
    'filters/30-none.yaml': '# nothing yet\n',
    'filters/notes.txt': 'no filter',
    'filters/.hidden.yaml': 'nor this',
    'routes/r.yaml': `${NOTE}first\n${NOTE}second\n`,
    'routes/empty.yaml': '[]\n'
  })
  t.ok(ok)
  t.strictSame(rig.filterIds(), ['b', '20-late', 'a'])
  t.strictSame(rig.routeIds(), ['empty', 'r'])
  t.strictSame(
    files.map(({ state, filters, routes }) => [state, filters, routes]),
    [
      ['loaded', ['b', 'a'], []],
      ['loaded', ['20-late'], []],
      ['loaded', [], []],
      ['loaded', [], ['empty']],
      ['loaded', [], ['r']]
    ]
  )
  await rig.post({ title: 't' })
  await rig.round()
  t.strictSame([rig.sent.first?.length, rig.sent.second?.length], [1, 1])
  t.equal(rig.logged.length, 1)
})

t.test('problems are told with their place, and what was meant', async (t) => {
  const cases: readonly [file: string, text: string, problem: string][] = [
    ['filters/a.yaml', 'type: discrad\n', '1:1: no such filter type: discrad, did you mean "discard"?'],
    ['filters/a.yaml', 'type: discard\nlable: x\n', '2:1: unknown key "lable", did you mean "label"?'],
    ['filters/a.yaml', 'id: x\ntype: freq\nduration: 10s\n', '3:1: duration must be a whole number'],
    ['filters/a.yaml', 'if: 1\ntype: discard\n', '1:1: if must be a text or a list'],
    ['filters/a.yaml', 'type: exec\n', '1:1: the filter needs command'],
    ['filters/a.yaml', '- type: discard\n', '1:3: a filter in a list needs an id'],
    ['filters/a.yaml', 'just text\n', '1:1: a filter must be a section with keys'],
    ['filters/a.yaml', 'type: [\n', '2:1: Flow sequence in block collection must be'],
    ['filters/a.yaml', '\n', '1:1: the file is empty'],
    [
      'filters/a.yaml',
      'type: discard\nif: *foo\n',
      '2:5: no anchor of this name comes before: a text that begins with one of ! & * | > % needs quotes'
    ],
    ['filters/a.yaml', 'type: discard\nif: &x [*x]\n', '2:9: *x is within what it stands for'],
    ['filters/a b.yaml', 'type: discard\n', '1:1: invalid filter id: a b'],
    ['filters/a.yaml', '- { id: x, type: discard }\n- { id: x, type: discard }\n', '2:3: duplicate filter id "x"'],
    [
      'filters/a.yaml',
      'type: discard\nlabel: ""\nif: "alert.Host =="\n',
      '3:1: expr: alert.Host ==: (anonymous): Line 1:14'
    ],
    ['filters/a.yaml', 'type: edit\ncode: "x x"\n', '2:1: edit:a: (anonymous): Line 1:3 Unexpected token'],
    ['filters/a.yaml', 'type: freq\nforeach: "("\n', '2:1: freq: foreach: (anonymous): Line 1:2'],
    ['filters/a.yaml', 'type: route\nroutes: [r]\nmute_seconds: 0\n', '3:1: route: invalid mute_seconds'],
    ['filters/a.yaml', 'type: discard\nscripts: [nosuch.js]\n', '2:1: scripts: open nosuch.js: no such file'],
    ['filters/a.yaml', 'type: discard\nscripts: [../../x.js]\n', '2:1: scripts: ../../x.js is outside'],
    ['filters/a.yaml', 'type: discard\nexpire: tomorrow\n', '2:1: expire must be an RFC 3339 time'],
    ['routes/r.yaml', 'type: note\n', '1:1: a route must be a list of transports'],
    [
      'routes/r.yaml',
      '- type: note\n- type: emial\n  from: a@b\n',
      '2:3: no such transport type: emial, did you mean "email"?'
    ],
    ['routes/r.yaml', '- type: email\n  to: [a@b]\n', '1:3: the transport needs from'],
    ['routes/r.yaml', '- type: email\n  from: a@b\n  prot: 25\n', '3:3: unknown key "prot", did you mean "port"?'],
    [
      'routes/r.yaml',
      '- type: note\n- type: twilio\n  account: a\n  token: b\n  from: nobody\n',
      '2:3: twilio: invalid phone number: nobody'
    ],
    ['routes/r.yaml', '- type: slack\n  url: http://x\n  color: "("\n', '3:3: slack: color: (anonymous): Line 1:2'],
    ['routes/r.yaml', '- type: slack\n  url_env: NOT_SET\n', '2:3: slack: url_env: NOT_SET is not set']
  ]
  for (const [file, text, problem] of cases) {
    const rig = await startFiles(t)
    const { ok } = await rig.load({ [file]: text })
    const found = rig.problems()
    t.ok(found[0]?.startsWith(`${file}:${problem}`), `${file}: ${text} -> ${found.join('; ')} <> ${problem}`)
    t.strictSame([ok, found.length, rig.states()[file]], [false, 1, 'refused'], text)
    t.strictSame([...rig.filterIds(), ...rig.routeIds()], [])
  }
})

t.test('a bad file keeps its last good version, and the others are not held up', async (t) => {
  const rig = await startFiles(t)
  await rig.load({ 'filters/a.yaml': 'type: route\nroutes: [r]\n', 'routes/r.yaml': `${NOTE}one\n` })
  for (const bad of ['type: rout\n', '', 'type: route\nroutes: [r]\nif: "("\n']) {
    const title = JSON.stringify(bad)
    await rig.load({ 'filters/a.yaml': bad, 'filters/b.yaml': `type: discard\nif: alert.Host == ${title.length}\n` })
    t.strictSame(
      rig.states(),
      { 'filters/a.yaml': 'kept', 'filters/b.yaml': 'loaded', 'routes/r.yaml': 'loaded' },
      title
    )
    t.strictSame(rig.filterIds(), ['a', 'b'])
    t.equal(rig.files.status.ok, false)
    await rig.post({ title })
    await rig.round()
    t.equal(rig.sent.one?.at(-1)?.title, title)
  }
  await rig.load({ 'filters/a.yaml': undefined })
  t.strictSame([rig.filterIds(), rig.files.status.ok], [['b'], true])
  await rig.load({ 'filters/a.yaml': 'type: rout\n' })
  t.strictSame(rig.states()['filters/a.yaml'], 'refused', 'a file that was gone has no good version')
})

t.test('whatever a file is or says, the others are in force, and reloads go on', async (t) => {
  const rig = await startFiles(t)
  const bad = {
    'filters/alias.yaml': 'type: discard\nif: *foo\n',
    'filters/bomb.yaml': `a: &a [${'x,'.repeat(99)}]\nb: &b [${'*a,'.repeat(99)}]\nc: [${'*b,'.repeat(999)}]\n`,
    'filters/deep.yaml': '- '.repeat(500_000),
    'filters/long.yaml': `# ${'x'.repeat(1024 * 1024)}\n`,
    'filters/twice.yaml': 'type: discard\ntype: discard\n',
    'filters/tag.yaml': 'type: !secret discard\n',
    'routes/alias.yaml': '- *foo\n'
  }
  mkdirSync(join(rig.folder, 'filters/folder.yaml'))
  symlinkSync('circle.yaml', join(rig.folder, 'filters/circle.yaml'))
  symlinkSync('nowhere', join(rig.folder, 'routes/nowhere.yaml'))
  writeFileSync(join(rig.folder, 'filters/bytes.yaml'), Buffer.from([0xc3, 0x28]))
  for (const id of ['a', 'b']) {
    await rig.load({ ...bad, [`filters/${id}.yaml`]: 'type: discard\n', [`routes/${id}.yaml`]: '[]\n' })
  }
  t.strictSame(
    [rig.filterIds(), rig.routeIds()],
    [
      ['a', 'b'],
      ['a', 'b']
    ]
  )
  const refused = Object.entries(rig.states()).filter(([, state]) => state === 'refused')
  t.strictSame(
    refused.map(([file]) => file),
    [
      ...Object.keys(bad),
      'filters/bytes.yaml',
      'filters/circle.yaml',
      'filters/folder.yaml',
      'routes/nowhere.yaml'
    ].sort()
  )
})

t.test('only what changed is touched', async (t) => {
  const rig = await startFiles(t)
  const freq = 'type: freq\ndivisor: 1\n'
  await rig.load({
    'filters/a.yaml': freq,
    'filters/b.yaml': 'type: route\nroutes: [r]\nif: alert.Stats.a >= 2\n',
    'routes/r.yaml': `${NOTE}one\n`
  })
  const { notify } = rig
  const [a, b] = notify.configuration.filters.list
  const r = notify.configuration.route('r')
  await rig.post({ title: 'first' })
  await rig.round()
  const { changed } = rig.files.status
  await rig.load({ 'filters/a.yaml': `# a comment\n${freq}` })
  t.equal(rig.files.status.changed, changed)
  await rig.load({ 'filters/c.yaml': 'type: discard\nif: alert.Host == "x"\n' })
  t.not(rig.files.status.changed, changed)
  await rig.load({ 'filters/b.yaml': 'type: route\nroutes: [r]\nif: alert.Stats.a > 1\n' })
  t.equal(notify.configuration.filter('a'), a, 'a filter that has not changed keeps its samples')
  t.not(notify.configuration.filter('b'), b)
  t.equal(notify.configuration.route('r'), r)
  await rig.post({ title: 'second' })
  await rig.round()
  t.strictSame(
    rig.sent.one?.map(({ title }) => title),
    ['second']
  )
  t.match(rig.logged, [/"added":\["a","b"\]/, /"added":\["c"\]/, /"changed":\["b"\]/])
})

t.test('a route that no file and no client has made is told once', async (t) => {
  const rig = await startFiles(t)
  const told = () => rig.lines.splice(0).filter((line) => line.includes('names the route'))
  const text = 'warn the filter a names the route "r", which is not there {}'
  await rig.load({ 'filters/a.yaml': 'type: route\nroutes: [r]\n' })
  t.strictSame(told(), [text])
  await rig.load({ 'routes/q.yaml': '[]\n' })
  t.strictSame(told(), [])
  await rig.load({ 'routes/r.yaml': '[]\n' })
  t.strictSame(rig.notify.configuration.missingRoutes, [])
  await rig.load({ 'routes/r.yaml': undefined })
  t.strictSame(told(), [text.replace(' {}', ', did you mean "q"? {}')])
})

t.test('an id that two files have stays with the one that had it', async (t) => {
  const rig = await startFiles(t)
  await rig.load({ 'filters/m.yaml': '{ id: x, type: discard, if: "alert.Host == 1" }' })
  await rig.load({ 'filters/a.yaml': '{ id: x, type: route }', 'filters/z.yaml': '{ id: x, type: freq }' })
  t.strictSame(rig.states(), { 'filters/a.yaml': 'refused', 'filters/m.yaml': 'loaded', 'filters/z.yaml': 'refused' })
  t.match(rig.problems(), [/a\.yaml:1:1: duplicate filter id "x", it is also in .*m\.yaml/, /z\.yaml/])
  await rig.load({ 'filters/m.yaml': undefined })
  t.strictSame(rig.states(), { 'filters/a.yaml': 'loaded', 'filters/z.yaml': 'refused' })
  await rig.load({ 'filters/a.yaml': '{ type: discard, if: "alert.Host == 1" }' })
  t.strictSame([rig.filterIds(), rig.files.status.ok], [['a', 'x'], true])
})

t.test('a change of a script is a change of its filters; one that is gone changes nothing at all', async (t) => {
  const rig = await startFiles(t)
  await rig.load({
    'f.js': 'function isBad(a) { return a.Host === "h1" }',
    'filters/a.yaml': 'type: discard\nscripts: [f.js]\nif: isBad(alert)\n',
    'filters/b.yaml': 'type: route\nroutes: [r]\n',
    'routes/r.yaml': `${NOTE}one\n`
  })
  const hosts = async () => {
    await rig.post({ host: 'h1' }, { host: 'h2' })
    await rig.round()
    return rig.sent.one?.splice(0).map(({ host }) => host)
  }
  t.strictSame(await hosts(), ['h2'])
  await rig.load({ 'f.js': 'function isBad(a) { return a.Host === "h2" }' })
  t.strictSame(await hosts(), ['h1'])
  await rig.load({ 'f.js': undefined, 'filters/b.yaml': 'type: route\nroutes: [nowhere]\n' })
  t.match(rig.files.status, { ok: false, error: /no such file/ })
  t.match(rig.problems(), [/^filters\/a\.yaml:2:1: scripts: open f\.js/])
  t.strictSame(rig.states()['filters/b.yaml'], 'kept')
  t.strictSame(await hosts(), ['h1'])
  await rig.load({ 'f.js': 'function isBad(a) { return false }' })
  t.ok(rig.files.status.ok)
})

t.test('a folder that cannot be read leaves all as it is', async (t) => {
  const rig = await startFiles(t)
  await rig.load({ 'filters/a.yaml': 'type: discard\n' })
  rmSync(join(rig.folder, 'routes'), { recursive: true })
  t.ok((await rig.files.reload()).ok, 'a folder that is not there has no files')
  rmSync(join(rig.folder, 'filters'), { recursive: true })
  await rig.load({ filters: 'a file\n' })
  t.match(rig.files.status, { ok: false, error: /filters: ENOTDIR/, files: [{ filters: ['a'] }] })
  t.strictSame(rig.filterIds(), ['a'])
})

t.test('calls that come while files are read share one more turn', async (t) => {
  const rig = await startFiles(t)
  const first = rig.files.reload()
  const [second, third] = [rig.files.reload(), rig.files.reload()]
  t.not(await first, await second)
  t.equal(await second, await third)
})
