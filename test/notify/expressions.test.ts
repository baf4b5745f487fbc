import t from 'tap'
import { viewOf } from '../../src/notify/alert.ts'
import type { AlertView, ScriptOutcome } from '../../src/notify/expression.ts'
import { compileClosure, runClosure } from '../../src/notify/expression/closure.ts'
import { parseProgram } from '../../src/notify/expression/program.ts'
import { DEFAULT_SCRIPT_LIMITS } from '../../src/notify/scripts/protocol.ts'
import { type Image, Sandbox } from '../../src/notify/scripts/sandbox.ts'
import { LEFT_TO_WORKERS, PLAIN, SUBJECT } from './expression/table.ts'

/** Further expressions, on dates with offsets, characters beyond the BMP, odd numbers, and values that mix types. */
const MORE: readonly string[] = [
  'alert.Date.Year() * 10000 + alert.Date.Month() * 100 + alert.Date.Day()',
  'alert.Date.Minute() + alert.Date.Second() / 100',
  'alert.Date.UnixNano() > 1478053425789000000',
  'alert.Info.s + alert.Info.n + alert.Info.b + alert.Info.nosuch + alert.Info.m.a',
  "'𝒳'.length + '𝒳'.charCodeAt(1)",
  "'ß'.toUpperCase() + 'İ'.toLowerCase().length",
  "' \\u00a0x\\ufeff '.trim()",
  "'a,b'.slice(-1) + 'abc'.substring(2, 0) + 'abc'.substr(-2, 1) + 'abc'.lastIndexOf('c')",
  'parseFloat("1.5e3x") + parseInt("0x1f") + Number("") + Number(" 12 ")',
  'Number("1_000")',
  'Math.round(-0.5) + Math.round(2.5) + Math.floor(-1.5) + Math.abs("-3")',
  'Math.max() === -Infinity && Math.min() === Infinity',
  '0.1 + 0.2',
  '1 / 3 + ""',
  '1e21 + "" + 1e-7 + 123456789012345680000',
  '-7 % 3 + 7 % -3',
  '(5 & 3) + (5 | 3) * 10 + (5 ^ 3) * 100 + (-1 & 4294967295)',
  "null + 1 + 'a' + undefined + true",
  "'10' < '9' && 10 > 9 && '10' > 9",
  "null == undefined && null !== undefined && !(null == 0) && '' == 0 && NaN != NaN",
  "alert.Info.m.a == '1,b'",
  "alert.Routes + ''",
  "alert.Info.b && 'last' || 'other'",
  'typeof alert.Routes + typeof alert.Host + typeof alert.Info.m + typeof null',
  "isFinite('12') && !isFinite('x')",
  "alert.Title.includes('full') && alert.Title.endsWith('more')",
  '/[<>]full|\\bmore\\b/.test(alert.Title)',
  '/^\\d{2,3}$/.test("123")',
  '/./.test("\\n")',
  "'[' + alert.Sub.length + alert.Routes.length + alert.Message.length + ']'"
]

t.test('a closure and QuickJS give the same answers', async (t) => {
  const sandbox = await Sandbox.open(DEFAULT_SCRIPT_LIMITS)
  const image = sandbox.prepare([]) as Image
  const view = viewOf(SUBJECT)
  for (const source of [...PLAIN.map(([source]) => source), ...MORE]) {
    const subject = /\balerts\b/.test(source) ? 'alerts' : 'alert'
    const given: AlertView | readonly AlertView[] = subject === 'alerts' ? [view, view] : view
    const closure = compileClosure(parseProgram(source, subject), subject)
    if (closure === undefined) {
      t.fail(`not plain: ${source}`)
      continue
    }
    t.strictSame(
      answerOf(sandbox.run(image, source, subject, given).outcome),
      answerOf(runClosure(closure, given)),
      source
    )
  }
})

t.test('QuickJS gives the answers of the table, also where a closure cannot', async (t) => {
  const sandbox = await Sandbox.open({ ...DEFAULT_SCRIPT_LIMITS, timeMs: 100 })
  const image = sandbox.prepare([]) as Image
  const view = viewOf(SUBJECT)
  for (const [source, expected] of PLAIN) {
    const subject = /\balerts\b/.test(source) ? 'alerts' : 'alert'
    const { outcome } = sandbox.run(image, source, subject, subject === 'alerts' ? [view, view] : view)
    if (expected instanceof Error) t.equal(outcome.ok, false, source)
    else t.strictSame(outcome, { ok: true, value: expected }, source)
  }
  for (const source of LEFT_TO_WORKERS) {
    t.equal(typeof sandbox.run(image, source, 'alert', view).outcome.ok, 'boolean', source)
  }
  t.notOk(sandbox.isBroken)
})

/** Engines word their exceptions differently. */
function answerOf(outcome: ScriptOutcome): unknown {
  return outcome.ok ? { value: outcome.value } : 'an exception'
}
