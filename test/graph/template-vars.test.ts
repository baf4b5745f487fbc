import t from 'tap'
import { templateVars } from '../../src/graph/template-vars.ts'
import { build } from './script.ts'

function varsOf(script: string): unknown {
  const built = build(`${script}\nstream|from()`, { isTemplate: true })
  return built.ok ? templateVars(built.value.declarations) : built.error.message
}

/** The value of a variable called x. */
function valueOf(script: string): unknown {
  return (varsOf(script) as { x?: { value: unknown } }).x?.value
}

t.test('a template shows types, defaults and the comments above them, by name', async (t) => {
  const vars = varsOf(`// f doc

// f doc2
var z = 2.0
// one
// two
var y string
var b = TRUE`)
  t.strictSame(vars, {
    b: { type: 'bool', value: true, description: '' },
    y: { type: 'string', value: null, description: 'one\ntwo' },
    z: { type: 'float', value: 2, description: 'f doc\n\n\nf doc2' }
  })
  t.strictSame(Object.keys(vars as object), ['b', 'y', 'z'])
})

t.test('each type has its own form', async (t) => {
  const cases: [script: string, value: unknown][] = [
    ['var x = 5', 5],
    ['var x = 9223372036854775807', 9223372036854775807n],
    ['var x = 6.5', 6.5],
    ["var x = 's'", 's'],
    ['var x = 90s', 90000000000n],
    ['var x = 52w', 31449600000000000n],
    ['var x = /a\\/b/', 'a/b'],
    ['var x = lambda:"v">1.0', '"v" > 1.0'],
    ['var n = 90s\nvar x = lambda: "v" > n', '"v" > 90s'],
    ['var n = 120s\nvar x = lambda: "v" > n', '"v" > 2m'],
    ['var r = /a/\nvar x = lambda: "v" =~ r', '"v" =~ //'],
    ['var l = lambda: "a"\nvar x = lambda: l AND "b"', 'lambda: "a" AND "b"'],
    ['var x = *', { typeOf: 'star' }],
    [
      "var x = ['a', *]",
      [
        { type: 'string', value: 'a', description: '' },
        { type: 'star', value: { typeOf: 'star' }, description: '' }
      ]
    ]
  ]
  for (const [script, value] of cases) t.strictSame(valueOf(script), value, script)
})

t.test('what cannot be supplied is not shown', async (t) => {
  t.strictSame(varsOf('var s = stream'), {})
  t.strictSame(varsOf('var r = "a"'), {})
  t.strictSame(varsOf("var a = stream|from()\nvar l = [a, 'x']"), {})
})

t.test('types without a value stand for a zero value', async (t) => {
  const types = ['int', 'float', 'bool', 'string', 'regex', 'duration', 'lambda', 'list', 'star']
  for (const type of types) t.strictSame(varsOf(`var x ${type}`), { x: { type, value: null, description: '' } })
  const zero = (type: string) => valueOf(`var n ${type}\nvar x = [n]`)
  const zeros = types.filter((type) => type !== 'list').map((type) => (zero(type) as { value: unknown }[])[0]!.value)
  t.strictSame(zeros, [0, 0, false, '', '', 0n, 'n', { typeOf: 'star' }])
  t.strictSame(valueOf('var n int\nvar x = n + 1'), 1)
  t.strictSame(valueOf('var n lambda\nvar x = lambda: n AND TRUE'), 'lambda: n AND TRUE')
  t.equal(varsOf('var x foo'), 'invalid var type "foo"')
  const built = build('var c lambda\nvar d list\nstream|from().groupBy(d)|where(c)', { isTemplate: true })
  t.equal(built.ok, true)
})
