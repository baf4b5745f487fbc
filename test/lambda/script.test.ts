import t from 'tap'
import { shown } from '../support/lambda.ts'
import { evaluateScriptExpression } from '../../src/lambda/script.ts'
import { parseLambda } from '../../src/tick/parser.ts'

const MISMATCH = 'see bool(), int(), float(), string(), duration()'

const CASES: readonly [expression: string, value: string][] = [
  ["'cpu_' + string(5)", '"cpu_5"'],
  ['10s * 3', '30s'],
  ['1 + int(2.9)', '3i'],
  ["regexReplace(/a/, 'banana', 'o') + ''", '"bonono"'],
  ["'a' =~ /b/", 'false'],
  ['1 + count()', '2i'],
  ['1 + 1.5', `! mismatched type to binary operator. got int + float. ${MISMATCH}`],
  ['2 * (1 + 1.5)', `! Failed to handle right node: mismatched type to binary operator. got int + float. ${MISMATCH}`],
  ["'a' - 'b'", '! invalid math operator - for type string'],
  ['1 / 0', '! runtime error: integer divide by zero'],
  ['1 % 0', '! runtime error: integer divide by zero'],
  ['0 + foo()', '! undefined function: "foo"'],
  ['"a" > 5', '! name "a" is undefined. Names in scope: '],
  ['"a" + 5', '! name "a" is undefined. Names in scope: '],
  ['unixNano("time") > 0', '! Failed to handle 1 argument: name "time" is undefined. Names in scope: '],
  ['FALSE AND "a" > 5', 'false'],
  ["-'a' == 'b'", '! invalid math operator - for type string'],
  ["'x' + strSubstring('abc', 2, 1)", '! runtime error: slice bounds out of range [2:1]']
]

t.test('an expression of a script is evaluated with nothing in scope', (t) => {
  for (const [expression, value] of CASES) {
    // Twice: no state is left behind.
    for (let i = 0; i < 2; i++) t.equal(evaluate(expression), value, expression)
  }
  t.end()
})

function evaluate(text: string): string {
  const parsed = parseLambda(text)
  if (!parsed.ok) return `! ${parsed.error.message}`
  const result = evaluateScriptExpression(parsed.value.body)
  if (!result.ok) return `! ${result.error.message}`
  const { value } = result
  switch (value.type) {
    case 'int':
    case 'float':
    case 'string':
    case 'boolean':
    case 'duration':
      return shown(value.type, value.value)
    default:
      return value.type
  }
}
