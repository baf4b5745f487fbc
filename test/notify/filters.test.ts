import t from 'tap'
import type { Alert } from '../../src/notify/alert.ts'
import { ConfinedFiles } from '../../src/notify/confined-files.ts'
import { ActiveFilter } from '../../src/notify/active-filter.ts'
import { filterKinds } from '../../src/notify/filters/index.ts'
import type { PartDefinition } from '../../src/notify/params.ts'
import { instantOfMillis } from '../../src/core/instant.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { alertOf, START_MS } from './rig.ts'
import { vmRunner } from './vm-runner.ts'
import { ANY_COMMANDS } from '../support/allowed.ts'
import { testFolder } from '../support/folder.ts'

const lines: string[] = []

function open(definition: PartDefinition, folder = '/nonexistent') {
  return ActiveFilter.open('f', definition, {
    kinds: new Map(filterKinds.map((kind) => [kind.type, kind])),
    files: new ConfinedFiles(folder),
    runner: vmRunner,
    commands: ANY_COMMANDS,
    log: { ...silentLogger, warn: (message, fields) => lines.push(`${message} ${JSON.stringify(fields)}`) }
  })
}

/** What is left of alerts: title, with what `show` tells of it. */
async function run(
  definition: PartDefinition,
  alerts: readonly Partial<Alert>[],
  show: (alert: Alert) => unknown = () => undefined
) {
  const filter = await open(definition)
  const { left } = await filter.run(alerts.map(alertOf), instantOfMillis(START_MS))
  return left.map((alert) => {
    const errors = alert.info.FilterErrors as string[] | undefined
    const shown = errors?.join() ?? show(alert)
    return shown === undefined ? alert.title : `${alert.title} ${String(shown)}`
  })
}

const a = { title: 'a', host: 'h1', info: { n: 1 } }
const b = { title: 'b', host: 'h2', info: {} }
const c = { title: 'c', host: 'h1', info: { n: 3 } }

t.test('conditions choose alerts: JavaScript or a command, for each or for all', async (t) => {
  const cases: readonly [unknown, PartDefinition, string][] = [
    [undefined, {}, ''],
    ['', {}, 'abc'],
    ['1', {}, ''],
    ['alert.Host', {}, ''],
    ['var x = true', {}, 'abc'],
    ["alert.Host == 'h1'", {}, 'b'],
    ["alert.Host == 'h1'; alert.Title == 'b'", {}, 'ac'],
    ['alerts.length > 2', { all: true }, ''],
    ['alerts.length > 3', { all: true }, 'abc'],
    ["alerts.some(function (one) { return one.Title == 'c' })", { all: true }, ''],
    [['grep', '-q', '"Host":"h1"'], {}, 'b'],
    [['true'], {}, ''],
    [['false'], { all: true }, 'abc'],
    [['true'], { all: true }, '']
  ]
  for (const [condition, more, left] of cases) {
    const definition = { type: 'discard', ...(condition !== undefined && { if: condition }), ...more }
    t.equal((await run(definition, [a, b, c])).join(''), left, JSON.stringify(definition))
  }
})

t.test('a condition that is no boolean is told', async (t) => {
  lines.length = 0
  await run({ type: 'discard', if: 'alert.Host' }, [a, b])
  await run({ type: 'discard', if: '' }, [a])
  await run({ type: 'discard', if: '1' }, [a])
  await run({ type: 'discard', if: 'true' }, [a])
  t.strictSame(lines, [
    'not a boolean expression {"id":"f","expression":"alert.Host","count":2}',
    'not a boolean expression {"id":"f","expression":"","count":1}',
    'not a boolean expression {"id":"f","expression":"1","count":1}'
  ])
})

t.test('an error keeps its alert, with a note, and touches no other', async (t) => {
  const failing = "alert.Info.n.toFixed() == '1'"
  t.match(await run({ type: 'discard', if: failing }, [a, b, c]), [/^b discard:f: .*undefined/, 'c'])
  t.match(await run({ type: 'discard', if: ['/nonexistent/program'] }, [a]), [/^a discard:f: exec: .* not found/])
  t.match(await run({ type: 'discard', if: ['nosuchprogram'], all: true }, [a, b]), [
    /^a .*not found/,
    /^b .*not found/
  ])
  t.match(await run({ type: 'edit', code: "alert.Title = ''" }, [a, b]), [
    'a edit:f: empty Title',
    'b edit:f: empty Title'
  ])
  t.match(await run({ type: 'exec', command: ['sh', '-c', 'exit 3'] }, [a]), ['a exec:f: exit status 3'])
  t.match(await run({ type: 'exec', command: ['true'] }, [a]), ['a exec:f: unexpected end of JSON input'])
  t.match(await run({ type: 'exec', command: ['echo', '{}'] }, [a]), ['a exec:f: empty From'])
  t.match(await run({ type: 'exec', command: ['echo', '[null]'], all: true }, [a, b]), [
    /^a exec:f: json: cannot/,
    /^b/
  ])
  t.match(await run({ type: 'group', by: 'alert.Info.n.x.y' }, [a, b]), [/^a group:f: .*undefined/, /^b group:f: /])
  t.match(await run({ type: 'freq', foreach: 'alert.Info.n.x.y' }, [b]), [/^b freq:f: .*undefined/])
})

t.test('alerts for which a filter fails go no further where it says so', async (t) => {
  const discard = { on_error: 'discard' }
  const failing = "alert.Info.n.toFixed() == '1'"
  t.strictSame(await run({ type: 'discard', if: failing, ...discard }, [a, b, c]), ['c'])
  t.strictSame(await run({ type: 'edit', code: "if (alert.Host == 'h1') alert.Title = ''", ...discard }, [a, b]), ['b'])
  t.strictSame(await run({ type: 'group', by: 'alert.Info.n.x.y', ...discard }, [b, a]), [])
  t.strictSame(await run({ type: 'exec', command: ['false'], all: true, ...discard }, [a, b]), [])
  t.strictSame((await open({ type: 'discard', ...discard })).show(), { on_error: 'discard', type: 'discard' })
  await t.rejects(open({ type: 'discard', on_error: 'x' }), { message: 'on_error must be keep or discard' })
})

t.test('scripts give functions to conditions, keys and code', async (t) => {
  const folder = testFolder(t, {
    'lib.js': "function isBad(a) { return a.Title == 'a' }",
    more: { 'k.js': 'var suffix = "!"' }
  })
  const scripts = ['lib.js', 'more/k.js']
  const titlesLeft = async (definition: PartDefinition): Promise<string> => {
    const filter = await open({ scripts, ...definition }, folder)
    const { left } = await filter.run([a, b].map(alertOf), instantOfMillis(START_MS))
    return left.map(({ title }) => title).join()
  }
  t.equal(await titlesLeft({ type: 'discard', if: 'isBad(alert)' }), 'b')
  t.equal(await titlesLeft({ type: 'edit', if: 'isBad(alert)', code: 'alert.Title += suffix' }), 'a!,b')
  t.equal(await titlesLeft({ type: 'group', by: 'isBad(alert) || !isBad(alert)', title: 'both' }), 'both')
  t.strictSame((await open({ type: 'discard', scripts }, folder)).show(), { scripts, type: 'discard' })
  await t.rejects(open({ type: 'discard', scripts: [1] }), { message: 'scripts: bad type' })
})

t.test('a command that takes too long is killed with its children', async (t) => {
  const began = Date.now()
  const result = await ANY_COMMANDS.run(['sh', '-c', 'sleep 20; echo'], { timeoutMs: 50, captures: true })
  t.match(result, { status: undefined, error: 'timed out after 0.05s' })
  t.ok(Date.now() - began < 5000)
})

t.test('a program that does not read what it is told is as good as any', async (t) => {
  const large = { title: 'large', message: 'x'.repeat(1_000_000) }
  t.strictSame(await run({ type: 'discard', if: ['true'] }, [large]), [])
})

t.test('edit changes what the code changes', async (t) => {
  const all = (alert: Alert) => JSON.stringify({ ...alert, title: undefined, sub: alert.sub.map(({ title }) => title) })
  const date = '2020-01-02T03:04:45.789123+09:00'
  const given = {
    title: 'a',
    date,
    info: { n: 1, z: null, m: { x: null } },
    sub: [alertOf({ title: 's' }), alertOf({})]
  }
  const rest = {
    from: 'mon',
    date,
    host: 'h1',
    message: '',
    routes: [],
    info: { n: 1, m: { x: null } },
    sub: ['s', 'title'],
    stats: {}
  }
  const cases: readonly [string, object][] = [
    ['', {}],
    ["alert = { Title: 'x' }", {}],
    [
      'alert.Info.k = [1, { a: true }]; alert.Info.u = undefined; delete alert.Info.n',
      { info: { m: { x: null }, k: [1, { a: true }] } }
    ],
    ["alert.Routes.push('r1'); alert.Host = 'other'", { routes: ['r1'], host: 'other' }],
    ['alert.Date = new Date(0)', { date: '1970-01-01T00:00:00Z' }],
    ['delete alert.Date', { date: '0001-01-01T00:00:00Z' }],
    ['alert.Stats.s = 1.5', { stats: { s: 1.5 } }],
    ['alert.Sub.shift()', { sub: ['title'] }],
    ['alert.Sub = 1', { sub: [] }],
    ['delete alert.Info', { info: {} }]
  ]
  for (const [code, change] of cases) {
    const expected = JSON.stringify({ ...rest, ...change })
    const [left] = await run({ type: 'edit', code }, [given], all)
    t.strictSame(JSON.parse(left!.slice(2)), JSON.parse(expected), code)
  }
  const refused: readonly [string, string][] = [
    ['alert.Host = 1', 'Host is not a string'],
    ["alert.Date = 'x'", 'Date is not a JavaScript object'],
    ["alert.Routes = 'r1'", 'Routes is not []string'],
    ['alert.Routes = [1]', 'Routes is not []string'],
    ['alert.Info = []', 'Info is not map[string]interface{}'],
    ['alert.Info = null', 'Info is not map[string]interface{}'],
    ['alert.Stats = 1', 'Stats is not map[string]interface{}'],
    ["alert.Stats.x = 'y'", 'non-integer value in Stats'],
    ["alert.From = 'a\\nb'", 'multi-line From']
  ]
  for (const [code, error] of refused) {
    t.strictSame(await run({ type: 'edit', code }, [given]), [`a edit:f: ${error}`], code)
  }
})

t.test('freq counts the alerts of a class that came lately', async (t) => {
  const show = ({ stats }: Alert) => stats.f
  t.strictSame(await run({ type: 'freq', divisor: 2, foreach: 'alert.Host' }, [a, b, c], show), [
    'a 0.5',
    'b 0.5',
    'c 1'
  ])
  t.strictSame(await run({ type: 'freq', divisor: 1, foreach: 'alert.Info' }, [a, b, { ...a, title: 'd' }], show), [
    'a 1',
    'b 1',
    'd 2'
  ])
  t.strictSame(await run({ type: 'freq', key: 'k' }, [a, b], ({ stats }) => stats.k), ['a 0.1', 'b 0.2'])
  t.strictSame(await run({ type: 'freq', divisor: 1, if: "alert.Title == 'b'" }, [a, b], show), ['a', 'b 1'])

  const filter = await open({ type: 'freq', duration: 3, divisor: 1 })
  const counts: unknown[] = []
  for (const second of [0, 1, 2, 3, 4, 5, 60]) {
    const { left } = await filter.run([alertOf(a)], instantOfMillis(START_MS + second * 1000))
    counts.push(left[0]!.stats.f)
  }
  t.strictSame(counts, [1, 2, 3, 3, 3, 3, 1])
})

t.test('what a freq filter remembers is bounded', async (t) => {
  const filter = await open({ type: 'freq', duration: 10_000, divisor: 1, foreach: 'alert.Message' })
  const long = alertOf({ message: 'x'.repeat(1000) })
  const times = new Set<number>()
  const keys = new Set<string>()
  for (let second = 0; second < 100; second++) {
    const { left, run } = await filter.run([long], instantOfMillis(START_MS + second * 1000))
    t.equal(left[0]!.stats.f, second + 1)
    for (const { key, untilMs } of run.deltas) {
      keys.add(key)
      times.add(untilMs)
    }
  }
  t.ok(times.size <= 11, 'samples that are close together are one')
  t.ok(keys.size === 1 && [...keys][0]!.length < 100, 'long keys are not kept')

  const many = await open({ type: 'freq', foreach: 'alert.Title', divisor: 1 })
  const titled = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => alertOf({ title: String(from + n) }))
  const statsOf = async (alerts: readonly Alert[], second: number) =>
    (await many.run(alerts, instantOfMillis(START_MS + second * 1000))).left.map(({ stats }) => stats.f)
  await statsOf(titled(0, 2), 0)
  await statsOf(titled(2, 100_000), 1)
  t.strictSame(await statsOf(titled(100_001, 1), 2), [2], 'the latest classes are known')
  t.strictSame(await statsOf(titled(0, 1), 3), [1], 'the one that was not seen for longest is not')
})

t.test('group merges what is alike', async (t) => {
  const show = ({ from, host, message, routes, sub, date }: Alert) =>
    `${from} ${host} "${message}" [${routes.join()}] ${sub.map(({ title }) => title).join('+')} ${date}`
  const now = '2020-09-13T12:26:40Z'
  const varied = [
    { title: 'x', from: 'f1', host: 'h1', message: 'm', routes: ['lost'] },
    { title: 'y', from: 'f2', host: 'h2', message: 'n' },
    { title: 'z', from: 'f3', host: 'h3', message: 'o' }
  ]
  t.strictSame(await run({ type: 'group' }, varied, show), [`merged alert filter:f localhost "" [] x+y+z ${now}`])
  t.strictSame(await run({ type: 'group', from: 'F', title: 'T', message: 'M', routes: ['r'] }, varied, show), [
    `T F localhost "M" [r] x+y+z ${now}`
  ])
  t.strictSame(await run({ type: 'group', by: 'alert.Host', routes: ['r'] }, [a, b, c], ({ sub }) => sub.length), [
    'merged alert 2',
    'b 0'
  ])
  const alone = (alert: Alert) => `${alert.from} ${alert.host} [${alert.routes.join()}]`
  const [given] = varied
  t.strictSame(await run({ type: 'group', from: 'F', routes: ['r'] }, [given!], alone), ['x f1 h1 [lost]'])
  t.strictSame(await run({ type: 'group', if: "alert.Host == 'h1'", title: 'two' }, [a, b, c]), ['b', 'two'])
  t.strictSame(await run({ type: 'group', if: 'alerts.length > 9', all: true }, [a, b, c]), ['a', 'b', 'c'])
  t.strictSame(await run({ type: 'group', by: '({ k: alert.Host })', title: 'two' }, [a, b, c]), ['two', 'b'])
  t.strictSame(await run({ type: 'group', by: 'alert.Info.n || 1', title: 'two' }, [a, b, c]), ['two', 'c'])
})

t.test('route adds routes, each once', async (t) => {
  const show = ({ routes }: Alert) => routes.join()
  const given = [{ ...a, routes: ['r1', 'x1'] }, b]
  t.strictSame(await run({ type: 'route', routes: ['x2', 'x1', 'r1', 'x2'] }, given, show), [
    'a r1,x1,x2',
    'b x2,x1,r1'
  ])
  t.strictSame(await run({ type: 'route', routes: ['r2'], replace: true }, given, show), ['a r2', 'b r2'])
  t.strictSame(await run({ type: 'route', replace: true }, given, show), ['a ', 'b '])
  t.strictSame(await run({ type: 'route', routes: ['r2'], if: "alert.Title == 'b'" }, given, show), ['a r1,x1', 'b r2'])
})

t.test('a route that mutes itself sends whole batches one way', async (t) => {
  const filter = await open({
    type: 'route',
    routes: ['r1'],
    auto_mute: true,
    mute_seconds: 10,
    mute_routes: ['quiet']
  })
  const routes: unknown[] = []
  for (const second of [0, 5, 9, 10, 11]) {
    const { left } = await filter.run([alertOf(a), alertOf(b)], instantOfMillis(START_MS + second * 1000))
    routes.push(left.map((alert) => alert.routes.join()).join(' '))
  }
  t.strictSame(routes, ['r1 r1', 'quiet quiet', 'quiet quiet', 'r1 r1', 'quiet quiet'])
})

t.test('exec lets a program rewrite alerts', async (t) => {
  const shout = ['sh', '-c', `sed 's/"Title":"/&new /; s/"Routes":null/"Routes":["r"]/'`]
  const show = ({ routes }: Alert) => routes.join()
  t.strictSame(await run({ type: 'exec', command: shout, if: "alert.Title != 'b'" }, [a, b, c], show), [
    'new a r',
    'b ',
    'new c r'
  ])
  t.strictSame(await run({ type: 'exec', command: ['echo', 'null'], all: true }, [a, b]), [])
  t.strictSame(await run({ type: 'exec', command: ['cat'], all: true }, [a, b], ({ host }) => host), ['a h1', 'b h2'])
  t.strictSame(await run({ type: 'exec', command: ['false'], all: true, if: 'alerts.length > 9' }, [a, b]), ['a', 'b'])
})

t.test("definitions that make no sense are refused in the original's words", async (t) => {
  const cases: readonly [PartDefinition, string][] = [
    [{}, 'no such filter type: '],
    [{ type: 'nosuch' }, 'no such filter type: nosuch'],
    [{ type: 'discard', label: null }, 'label must be a string'],
    [{ type: 'discard', disabled: 1 }, 'disabled must be a boolean'],
    [{ type: 'discard', expire: 1 }, 'expire must be a string for RFC3339 time format'],
    [{ type: 'discard', expire: 'x' }, 'expire: not an RFC 3339 time: "x"'],
    [{ type: 'discard', all: null }, 'all must be a boolean'],
    [{ type: 'discard', scripts: 1 }, 'scripts: bad type'],
    [{ type: 'discard', scripts: ['a.js'] }, 'scripts: open a.js: no such file or directory'],
    [{ type: 'discard', scripts: ['../a.js'] }, 'scripts: ../a.js is outside of the configuration folder'],
    [{ type: 'discard', if: null }, 'if must be string or []string'],
    [{ type: 'discard', if: 5 }, 'if must be string or []string'],
    [{ type: 'discard', if: [] }, 'empty command'],
    [{ type: 'discard', if: ['a', 1] }, 'not a string: 1'],
    [{ type: 'discard', if: [null] }, 'not a string: <nil>'],
    [{ type: 'discard', if: 'a b' }, 'expr: a b: (anonymous): Line 1:3 Unexpected token'],
    [{ type: 'edit' }, 'edit:f: not found'],
    [{ type: 'edit', code: 1 }, 'edit:f: bad type'],
    [{ type: 'edit', code: '(' }, 'edit:f: (anonymous): Line 1:2 Unexpected token'],
    [{ type: 'edit', code: '', all: true }, 'edit:f: all is not supported'],
    [{ type: 'edit', code: '', label: 1 }, 'edit:f: label must be a string'],
    [{ type: 'exec' }, 'filter:f: not found'],
    [{ type: 'exec', command: null }, 'filter:f: bad type'],
    [{ type: 'exec', command: [] }, 'filter:f empty command'],
    [{ type: 'exec', command: ['a'], timeout: 0 }, 'filter:f wrong timeout'],
    [{ type: 'exec', command: ['a'], timeout: null }, 'filter:f: bad type'],
    [{ type: 'freq', duration: 0 }, 'freq: invalid duration'],
    [{ type: 'freq', duration: 1.5 }, 'freq: duration: bad type'],
    [{ type: 'freq', divisor: 0 }, 'freq: invalid divisor'],
    [{ type: 'freq', foreach: 1 }, 'freq: classify: bad type'],
    [{ type: 'freq', foreach: '(' }, 'freq: foreach: (anonymous): Line 1:2 Unexpected token'],
    [{ type: 'group', by: '(' }, 'group: by: (anonymous): Line 1:2 Unexpected token'],
    [{ type: 'group', routes: 'x' }, 'group: routes: bad type'],
    [{ type: 'route', mute_seconds: -1 }, 'route: invalid mute_seconds'],
    [{ type: 'route', routes: [1] }, 'route: routes: bad type']
  ]
  for (const [definition, message] of cases) await t.rejects(open(definition), { message, status: 400 }, message)
})

t.test('what is shown of a filter can be put back', async (t) => {
  const cases: readonly [PartDefinition, string][] = [
    [
      { type: 'discard', label: 'static one', if: "alert.Host == 'nohost'" },
      `{"if":"alert.Host == 'nohost'","label":"static one","type":"discard"}`
    ],
    [
      { type: 'route', routes: ['r1'] },
      '{"auto_mute":false,"mute_routes":null,"mute_seconds":60,"replace":false,"routes":["r1"],"type":"route"}'
    ],
    [
      { type: 'freq', duration: 30, divisor: 2.5, foreach: 'alert.Host', key: 'k' },
      '{"divisor":2.5,"duration":30,"foreach":"alert.Host","key":"k","type":"freq"}'
    ],
    [{ type: 'exec', command: ['x'], timeout: 3.0 }, '{"command":["x"],"timeout":3,"type":"exec"}'],
    [{ type: 'group', title: '', routes: [] }, '{"type":"group"}'],
    [{ type: 'edit', code: null, order: -1 }, '{"code":"","order":-1,"type":"edit"}'],
    [
      {
        type: 'discard',
        all: true,
        expire: '2099-01-02T03:04:05.50+09:00',
        if: 'alerts.length > 3',
        disabled: true,
        scripts: null
      },
      '{"all":true,"disabled":true,"expire":"2099-01-02T03:04:05.5+09:00","if":"alerts.length > 3","type":"discard"}'
    ]
  ]
  for (const [definition, shown] of cases) {
    const filter = await open(definition)
    t.equal(JSON.stringify(filter.show()), shown)
    t.equal(JSON.stringify((await open(filter.show())).show()), shown)
  }
})
