import t from 'tap'
import { format, formatExpression } from '../../src/tick/format.ts'
import { parse, parseLambda } from '../../src/tick/parser.ts'
import { recorded } from './conformance.ts'

function formatted(script: string): string {
  const result = parse(script)
  return result.ok ? format(result.value) : result.error.message
}

/** An operand that spans lines moves the outer break: the original does this too. */
const SETTLES_LATER = new Set([18, 24])

recorded.format.forEach(({ in: input, out }, index) => {
  t.test(`${JSON.stringify(input)} is formatted as Kapacitor does`, async (t) => {
    t.equal(formatted(input), out)
    if (SETTLES_LATER.has(index)) t.not(formatted(out), out)
    else t.equal(formatted(out), out, 'and stays so')
  })
})

t.test('comments are kept where a node claims them', async (t) => {
  const cases: [script: string, out: string][] = [
    ['', ''],
    ['var // a\nx = 1', 'var \n// a\nx = 1\n'],
    ['var x = (1 // lost\n - 2) // b', 'var x = (1 -\n    2)\n\n// b\n\n'],
    ['var x = 1 - // b\n(1 // lost\n AND 2)', 'var x = 1 -\n// b\n(1 AND\n    2)\n'],
    ['var x = // a regex', 'var x = //\n\na\n\nregex\n'],
    ['var x = -(1 + 2 // a\n)', 'var x = \n// a\n-(1 + 2)\n'],
    ['f(1 // a\n)', 'f(1)\n\n// a\n\n'],
    ['var x // a\n int // b', 'var x \n// a\nint\n\n// b\n\n'],
    ['// a\n// b\n\n// c\nvar x = 1', '// a\n// b\n\n// c\nvar x = 1\n']
  ]
  for (const [script, out] of cases) t.equal(formatted(script), out, JSON.stringify(script))
})

t.test('a tree that was made by a substitution has a text', async (t) => {
  const lambda = parseLambda('"a" > 5 AND "b" =~ /x/')
  t.equal(lambda.ok && formatExpression(lambda.value.body), '"a" > 5 AND "b" =~ /x/')
  const at = { offset: 0, line: 1, char: 1 }
  t.equal(formatExpression({ kind: 'duration', at, value: 120_000_000_000n, literal: '' }), '2m')
  t.equal(formatExpression({ kind: 'duration', at, value: 90_000_000_000n, literal: '' }), '90s')
  t.equal(formatExpression({ kind: 'float', at, value: 1e21 }), '1000000000000000000000.0')
  t.equal(formatExpression({ kind: 'int', at, value: 2n ** 62n, octal: true }), '0400000000000000000000')
})

t.test('a chain of a thousand links is formatted in linear time', async (t) => {
  const script = 'a' + '|b(lambda: 1 + 2)'.repeat(990)
  t.equal(formatted(script).split('\n').length, 992)
})
