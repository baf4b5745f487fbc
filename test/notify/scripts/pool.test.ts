import t from 'tap'
import { createLogger } from '../../../src/core/logger.ts'
import { viewOf } from '../../../src/notify/alert.ts'
import type { Subject } from '../../../src/notify/expression.ts'
import { ScriptPool } from '../../../src/notify/scripts/pool.ts'
import { alert } from '../support.ts'

const logged: string[] = []
const log = createLogger({ write: (line: string) => logged.push(line) })
const pool = new ScriptPool({ threads: 2, limits: { timeMs: 400, lateRuns: 2, memoryMib: 16 }, log })
t.teardown(() => pool.close())

const views = (count: number) => Array.from({ length: count }, (_, n) => viewOf(alert({ info: { n } })))
const prepare = (source: string, subject: Subject = 'alert', scripts: { name: string; source: string }[] = []) =>
  pool.prepare({ source, subject, scripts })

t.test('every alert gets its outcome, in order, from several threads', async (t) => {
  const script = await prepare('var n = alert.Info.n; if (n % 100 === 7) throw n; n')
  const outcomes = await script.run(views(1700))
  t.equal(outcomes.length, 1700)
  for (const [n, outcome] of outcomes.entries()) {
    const expected = n % 100 === 7 ? { ok: false, message: String(n) } : { ok: true, value: n }
    if (outcome.ok !== expected.ok) t.strictSame(outcome, expected)
  }
  t.strictSame(outcomes.at(-1), { ok: true, value: 1699 })
  t.strictSame(await (await prepare('alerts.length', 'alerts')).run(views(1700)), [{ ok: true, value: 1700 }])
  t.strictSame(await (await prepare('alerts.length', 'alerts')).run([]), [{ ok: true, value: 0 }])
  t.strictSame(await script.run([]), [])
})

t.test('an endless loop, deep recursion and a memory bomb cost their own alert only', async (t) => {
  const script = await prepare(
    `var n = alert.Info.n, s = 'x'
     if (n === 1) while (true) {}
     if (n === 2) (function f() { f() })()
     if (n === 3) for (s = [];;) s.push(new Uint8Array(1e5))
     if (n === 4) { for (n = 0; n < 1e5; n++) s += '['; eval(s.slice(1)) }
     n`
  )
  t.strictSame(await script.run(views(6)), [
    { ok: true, value: 0 },
    { ok: false, message: 'it took longer than 400 ms' },
    { ok: false, message: 'InternalError: stack overflow' },
    { ok: false, message: 'it needed more than 16 MiB of memory' },
    { ok: false, message: 'InternalError: stack overflow' },
    { ok: true, value: 5 }
  ])
})

t.test('a program that takes too long again and again is not run on', async (t) => {
  const outcomes = await (await prepare('while (true) {}')).run(views(400))
  const late = { ok: false, message: 'it took longer than 400 ms' }
  t.strictSame(outcomes.slice(0, 3), [late, late, { ok: false, message: 'not run, since 2 before it took too long' }])
  t.equal(outcomes.length, 400)
})

t.test('script files that cannot be used are refused', async (t) => {
  const script = { name: 'u.js', source: 'function twice(n) { return 2 * n }' }
  t.strictSame(await (await prepare('twice(alert.Info.n)', 'alert', [script])).run(views(2)), [
    { ok: true, value: 0 },
    { ok: true, value: 2 }
  ])
  await t.rejects(prepare('1', 'alert', [script, { name: 'bad.js', source: 'throw new Error("boom")' }]), {
    code: 'NOTIFY_SCRIPT',
    message: 'bad.js: Line 1:16 Error: boom'
  })
})

t.test('what programs say goes to the log', async (t) => {
  await (await prepare('console.warn("n is", alert.Info.n)')).run(views(1))
  t.match(JSON.parse(logged.at(-1)!), { msg: 'script', line: 'n is 0', source: 'console.warn("n is", alert.Info.n)' })
})

t.test('a run that QuickJS cannot end costs its thread and its alert, and no other', async (t) => {
  const hard = new ScriptPool({ threads: 1, limits: { timeMs: 400, graceMs: 200 }, log })
  t.teardown(() => hard.close())
  const source = 'var n = alert.Info.n; n === 1 ? (2n ** 1000000n).toString() + (3n ** 600000n).toString() : n'
  const script = await hard.prepare({ source, subject: 'alert', scripts: [] })
  t.strictSame(await script.run(views(3)), [
    { ok: true, value: 0 },
    { ok: false, message: 'it took too long or too much memory, and was killed' },
    { ok: true, value: 2 }
  ])
})
