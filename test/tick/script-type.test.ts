import t from 'tap'
import { parse } from '../../src/tick/parser.ts'
import { dbrpsOf, scriptTypeOf } from '../../src/tick/script-type.ts'

function programOf(script: string) {
  const result = parse(script)
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

t.test('the source at the left end of chains and declarations tells the type', async (t) => {
  const cases: [script: string, type: string | undefined][] = [
    ['stream|from()', 'stream'],
    ['batch|query("q")', 'batch'],
    ['var s = stream', 'stream'],
    ['var s = stream|from().x a|log()', 'stream'],
    ['stream', undefined],
    ['a|join(stream|from())', undefined],
    ['stream|from() batch|query()', undefined],
    ['var x = 5', undefined],
    ['', undefined]
  ]
  for (const [script, type] of cases) t.equal(scriptTypeOf(programOf(script)), type, script)
})

t.test('every dbrp statement counts, in order', async (t) => {
  t.strictSame(dbrpsOf(programOf('dbrp "a"."b" stream|from() dbrp ""."c\\"d"')), [
    { db: 'a', rp: 'b' },
    { db: '', rp: 'c"d' }
  ])
})
