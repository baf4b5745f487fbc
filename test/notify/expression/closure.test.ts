import t from 'tap'
import { viewOf } from '../../../src/notify/alert.ts'
import { compileClosure, runClosure } from '../../../src/notify/expression/closure.ts'
import { parseProgram } from '../../../src/notify/expression/program.ts'
import { vmRunner } from '../vm-runner.ts'
import { LEFT_TO_WORKERS, PLAIN, SUBJECT } from './table.ts'

t.test('a plain expression runs as a closure and gives what a JavaScript engine gives', async (t) => {
  for (const [source, expected] of PLAIN) {
    const subject = /\balerts\b/.test(source) ? 'alerts' : 'alert'
    const closure = compileClosure(parseProgram(source, subject), subject)
    if (closure === undefined) {
      t.fail(`not plain: ${source}`)
      continue
    }
    const view = viewOf(SUBJECT)
    const outcome = runClosure(closure, subject === 'alert' ? view : [view, view])
    const script = await vmRunner.prepare({ source, subject, scripts: [] })
    const [answer] = await script.run(subject === 'alert' ? [view] : [view, view])
    if (expected instanceof Error) {
      t.strictSame([outcome.ok, answer!.ok], [false, false], source)
    } else {
      t.strictSame(outcome, { ok: true, value: expected }, source)
      t.strictSame(answer, { ok: true, value: expected }, `${source} elsewhere`)
    }
  }
})

t.test('what loops, writes, calls or reaches beyond the alert is left to the workers', (t) => {
  for (const source of LEFT_TO_WORKERS) {
    t.equal(compileClosure(parseProgram(source, 'edit'), 'alert'), undefined, source)
  }
  t.end()
})

t.test('a closure makes no text beyond all bounds', (t) => {
  const closure = compileClosure(parseProgram('alert.Info.a.join(alert.Info.s).length', 'alert'), 'alert')!
  const joined = (length: number) =>
    runClosure(closure, viewOf({ ...SUBJECT, info: { a: Array<number>(1000).fill(1), s: 'x'.repeat(length) } }))
  t.strictSame(joined(100), { ok: true, value: 1000 + 999 * 100 })
  t.match(joined(2000), { ok: false })
  t.end()
})

t.test('problems are told with their place', (t) => {
  const cases: readonly [string, string][] = [
    ['alert.Host ==', '(anonymous): Line 1:14 Unexpected token'],
    ['1;\n return true', "(anonymous): Line 2:2 'return' outside of function"],
    ["alert.Host = 'h'", '(anonymous): Line 1:1 assignment to alert, did you mean ==?'],
    ['alert.Host == 1 && (alert.Info.a.b++, true)', '(anonymous): Line 1:21 assignment to alert']
  ]
  for (const [source, message] of cases) t.throws(() => parseProgram(source, 'alert'), { message, status: 400 })
  t.doesNotThrow(() => parseProgram("alert.Host = 'h'", 'edit'))
  t.doesNotThrow(() => parseProgram('var other = {}; other.Host = alert.Host', 'alert'))
  t.end()
})
