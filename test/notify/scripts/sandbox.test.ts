import t from 'tap'
import { viewOf } from '../../../src/notify/alert.ts'
import type { ScriptOutcome, Subject } from '../../../src/notify/expression.ts'
import { DEFAULT_SCRIPT_LIMITS } from '../../../src/notify/scripts/protocol.ts'
import { type Image, Sandbox } from '../../../src/notify/scripts/sandbox.ts'
import { alert } from '../support.ts'

const ALERT = viewOf(
  alert({
    message: 'm',
    info: { n: 1, z: null, list: [1, { a: 'b' }] },
    routes: ['r1'],
    stats: { f: 2.5 },
    sub: [alert({ title: 'one' }), alert({ title: 'two', date: '2016-11-02T02:23:45Z' })]
  })
)
const LIMITS = { ...DEFAULT_SCRIPT_LIMITS, timeMs: 100, memoryMib: 16 }

const sandbox = await Sandbox.open(LIMITS)
const bare = sandbox.prepare([]) as Image

function run(source: string, subject: Subject = 'alert', image = bare): ScriptOutcome {
  return sandbox.run(image, source, subject, subject === 'alerts' ? [ALERT, ALERT] : ALERT).outcome
}

t.test('programs see alerts as kkok shows them', (t) => {
  const cases: readonly [string, unknown][] = [
    [
      'Object.keys(alert).join()',
      'From,Date,Host,Title,Message,Routes,Info,Stats,Sub,Clone,SetInfo,SetStat,String,Validate'
    ],
    ['alert.Nosuch', undefined],
    ["'z' in alert.Info && alert.Info.z === undefined && Object.keys(alert.Info).join() === 'n,z,list'", true],
    ['alert.String()', '[mon@host1] Disk <full> & more'],
    ['alert.Validate()', undefined],
    ['var c = alert.Clone(); c.Title = ""; c.Validate()', 'empty Title'],
    ["var c = alert.Clone(); c.SetInfo('k', 1); c.SetStat('s', 2); [c.Info.k, c.Stats.s, alert.Info.k]", [1, 2, null]],
    ['Array.isArray(alert.Routes) && alert.Sub instanceof Array', true],
    ['alert.Sub.map(function (a) { return a.Title }).join()', 'one,two'],
    [
      'JSON.stringify(alert.Sub[1])',
      '{"Date":"2016-11-02T02:23:45Z","From":"mon","Host":"host1","Info":{},"Message":"","Routes":[],"Stats":{},"Sub":[],"Title":"two"}'
    ],
    ['JSON.stringify(alert.Info)', '{"n":1,"list":[1,{"a":"b"}]}'],
    ['alert.Date instanceof Date', false],
    ["alert.Date.Format('Mon Jan _2 15:04:05.000 -0700 2006')", 'Wed Nov  2 11:23:45.789 +0900 2016'],
    ['alert.Date.UTC().String()', '2016-11-02 02:23:45.789123 +0000 UTC'],
    ['alert.Date.Sub(alert.Sub[1].Date)', 789_123_000],
    ['alert.Sub[1].Date.Before(alert.Date) && alert.Date.After(alert.Sub[1].Date)', true],
    ['alert.Date.Equal(alert.Date.UTC())', true],
    ['alert.Date.Add(3600e9).Hour() + alert.Date.YearDay()', 319],
    ['JSON.stringify({ at: alert.Date })', '{"at":"2016-11-02T11:23:45.789123+09:00"}'],
    ['alert.Date', '2016-11-02T11:23:45.789123+09:00'],
    ['typeof alerts + typeof process + typeof require + typeof this', 'undefinedundefinedundefinedobject']
  ]
  for (const [source, value] of cases) t.strictSame(run(source), { ok: true, value }, source)
  t.strictSame(run('alerts.filter(function (a) { return a.Host === "host1" }).length', 'alerts'), {
    ok: true,
    value: 2
  })
  t.match(run('alert', 'alerts'), { ok: false, message: /ReferenceError/ })
  t.end()
})

t.test('alerts cannot be changed by a condition', (t) => {
  for (const source of [
    'var a = alert; a.Title = "x"; alert.Title',
    'var a = alert; a.Foo = 1; delete a.Title; alert.Title',
    'var i = alert.Info; i.n = 5; i.list[1].a = 0; alert.Title',
    'var r = alert.Routes; r[0] = "x"; alert.Title'
  ]) {
    t.strictSame(run(source), { ok: true, value: 'Disk <full> & more' }, source)
  }
  for (const source of [
    'alert.SetInfo("k", 1)',
    'alert.SetStat("k", 1)',
    'alert.Routes.push("x")',
    'alert.Date.Before(1)'
  ]) {
    t.match(run(source), { ok: false, message: /^TypeError: / }, source)
  }
  t.end()
})

t.test('the value of a program is that of its last expression, as plain data', (t) => {
  const cases: readonly [string, unknown][] = [
    ['var x = true', undefined],
    ['1; "a"; if (true) { 3 }', 3],
    ['x = 5; x', 5],
    ['new Boolean(false)', {}],
    ['(function () {})', {}],
    ['[1, undefined, function () {}, NaN, new Date(0)]', [1, null, {}, null, {}]],
    ['({ a: undefined, b: null, c: function () {}, d: [{}] })', { b: null, d: [{}] }],
    ['2n ** 70n', '1180591620717411303424'],
    ['NaN', NaN],
    ['-1 / 0', -Infinity],
    ['eval("1 + 1") + new Function("return 3")()', 5],
    ['with ({ y: 4 }) { y }', 4],
    ['010 + 1', 9]
  ]
  for (const [source, value] of cases) t.strictSame(run(source), { ok: true, value }, source)
  t.end()
})

t.test('what a program throws is its failure', (t) => {
  const cases: readonly [string, string | RegExp][] = [
    ['alert.Info.a.b', /^TypeError: /],
    ['nosuch', /^ReferenceError: /],
    ['throw "text"', 'text'],
    ['throw new RangeError("r")', 'RangeError: r'],
    ['throw { toString: function () { throw 1 } }', 'an exception'],
    ['var o = {}; o.o = o; o', 'RangeError: the value is nested too deeply']
  ]
  for (const [source, message] of cases) {
    const outcome = run(source)
    t.match(outcome, { ok: false, message }, source)
  }
  t.end()
})

t.test('nothing that a program does is seen by the next', (t) => {
  for (const source of [
    'leaked = 1; Array.prototype.map = null; Object.prototype.evil = 1; Object.prototype.toJSON = function () { return 1 }; JSON = null; console = 5',
    'throw leaked = new Array(1e5).join("x")',
    'var leaked = new Uint8Array(4e6).fill(7); 1',
    'leaked = 1; while (true) {}'
  ]) {
    run(source)
    t.strictSame(
      run('typeof leaked + typeof ({}).evil + alert.Routes.map(String) + JSON.stringify([1]) + typeof console.log'),
      { ok: true, value: 'undefinedundefinedr1[1]function' },
      source
    )
  }
  t.end()
})

t.test('limits of time, memory and stack end a program, and nothing else', async (t) => {
  const late = { ok: false, message: 'it took longer than 100 ms' }
  const cases: readonly [string, unknown][] = [
    ['while (true) {}', late],
    ['for (;;) try { while (true) {} } catch (e) {}', late],
    ['/(a+)+$/.test("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")', late],
    ['({ get a() { while (true) {} } })', late],
    ['throw { get message() { while (true) {} } }', late],
    ['(function f() { f() })()', { ok: false, message: 'InternalError: stack overflow' }],
    ['for (var a = []; ;) a.push(new Uint8Array(1e5))', { ok: false, message: 'it needed more than 16 MiB of memory' }],
    ['new Array(1e7).fill(1)', { ok: false, message: 'it needed more than 16 MiB of memory' }]
  ]
  for (const [source, outcome] of cases) {
    t.strictSame(run(source), outcome, source)
    t.strictSame(run('alert.Host'), { ok: true, value: 'host1' })
  }
  t.notOk(sandbox.isBroken)

  const other = await Sandbox.open({ ...LIMITS, timeMs: 60_000 })
  const deep = 'var s = ""; for (var i = 0; i < 1e5; i++) s += "["; JSON.parse(s)'
  t.strictSame(other.run(other.prepare([]) as Image, deep, 'alert', ALERT).outcome, {
    ok: false,
    message: 'InternalError: stack overflow'
  })
  t.ok(other.isBroken, 'the stack of WebAssembly itself overflowed')
})

t.test('script files run before every program, once', (t) => {
  const scripts = [
    { name: 'a.js', source: 'var count = 0; function isDisk(a) { count++; return /^Disk/.test(a.Title) }' },
    { name: 'b.js', source: 'String.prototype.shout = function () { return this.toUpperCase() }; count = 10' }
  ]
  const image = sandbox.prepare(scripts) as Image
  for (let turn = 0; turn < 2; turn++) {
    t.strictSame(run('[isDisk(alert), count, alert.Host.shout()]', 'alert', image), {
      ok: true,
      value: [true, 11, 'HOST1']
    })
  }
  t.match(run('count'), { ok: false })
  t.match(sandbox.prepare([{ name: 'c.js', source: 'var a\nfunction (' }]), /^c\.js: Line 2:\d+ SyntaxError: /)
  t.equal(sandbox.prepare([{ name: 'd.js', source: 'throw new Error("boom")' }]), 'd.js: Line 1:16 Error: boom')
  t.equal(sandbox.prepare([{ name: 'e.js', source: 'for (;;);' }]), 'e.js: it took longer than 100 ms')
  t.end()
})

t.test('an edited alert comes back as the program left it', (t) => {
  const given = {
    From: 'mon',
    Date: { iso: '2016-11-02T02:23:45.789Z' },
    Host: 'host1',
    Title: 'Disk <full> & more',
    Message: 'm',
    Routes: ['r1'],
    Info: { n: 1, list: [1, { a: 'b' }] },
    Stats: { f: 2.5 },
    Sub: [0, 1]
  }
  const { Host: _, ...hostless } = given
  const cases: readonly [string, unknown][] = [
    ['', given],
    ['alert = { Title: "x" }', given],
    ['alert.Title = 5; alert.Foo = 1; alert.From = undefined', { ...given, Title: 5, Foo: 1, From: null }],
    ['delete alert.Host', hostless],
    [
      'alert.Info.n = 2.5; alert.Info.u = undefined; alert.Info.x = null; alert.Info.d = new Date(0)',
      { ...given, Info: { n: 2.5, list: [1, { a: 'b' }], x: null, d: {} } }
    ],
    [
      'alert.Info = null; alert.Routes = "r"; alert.Stats.f = NaN',
      { ...given, Info: null, Routes: 'r', Stats: { f: null } }
    ],
    ['alert.Date = new Date(Date.UTC(2020, 0, 2))', { ...given, Date: { iso: '2020-01-02T00:00:00.000Z' } }],
    ['alert.Date = new Date("x")', { ...given, Date: { iso: 'Invalid Date' } }],
    ['alert.Date = 5', { ...given, Date: 5 }],
    ['alert.Sub.shift()', { ...given, Sub: [1] }],
    ['alert.Sub.push({})', Object.fromEntries(Object.entries(given).filter(([name]) => name !== 'Sub'))],
    [
      'alert.Sub[0].Title = "x"; alert.Title = alert.Sub[0].Title + (alert.Date instanceof Date)',
      { ...given, Title: 'onetrue' }
    ]
  ]
  for (const [source, value] of cases) t.strictSame(run(source, 'edit'), { ok: true, value }, source)
  t.end()
})

t.test('the console is told, within bounds', (t) => {
  const { lines } = sandbox.run(bare, 'console.log("a", 1); console.error({}); throw 1', 'alert', ALERT)
  t.strictSame(lines, ['a 1', '[object Object]'])
  const many = sandbox.run(bare, 'for (var i = 0; i < 1e4; i++) console.info("0123456789")', 'alert', ALERT).lines
  t.equal(many.join('').length, 4096)
  t.end()
})
