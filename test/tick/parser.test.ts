import t from 'tap'
import { Lexer } from '../../src/tick/lexer.ts'
import { MAX_DEPTH, MAX_SCRIPT_BYTES, parse, parseLambda } from '../../src/tick/parser.ts'
import { recorded } from './conformance.ts'

const OPERAND = '"number","string","duration","identifier","TRUE","FALSE","==","(","-","!"'

/** The text of the problem of a script, '' where it has none. */
function problemIn(script: string): string {
  const result = parse(script)
  return result.ok ? '' : result.error.message
}

/** The value of `var x = …`, as plain data. */
function valueOf(expression: string): Record<string, unknown> {
  const result = parse(`var x = ${expression}`)
  if (!result.ok) throw new Error(result.error.message)
  const statement = result.value.statements[0]
  if (statement?.kind !== 'declaration') throw new Error('no declaration')
  return statement.value as unknown as Record<string, unknown>
}

function tokensOf(script: string): string {
  const lexer = new Lexer(script)
  const tokens: string[] = []
  for (;;) {
    const { kind, text } = lexer.next()
    if (kind === 'EOF') return tokens.join(' ')
    tokens.push(`${kind}:${text}`)
    if (kind === 'error') return tokens.join(' ')
  }
}

for (const { category, script, error } of recorded.errors) {
  const isOurs = category === 'Lexical' || category === 'Syntax'
  t.test(`${JSON.stringify(script)} gets the answer of Kapacitor`, async (t) => {
    t.equal(problemIn(script), isOurs ? error.replace('invalid TICKscript: ', '') : '')
  })
}

t.test('a character means what the token before it makes of it', async (t) => {
  const cases: [script: string, tokens: string][] = [
    ['1h30m', 'duration:1h duration:30m'],
    ['10us', 'duration:10u identifier:s'],
    ['10ns', 'number:10 identifier:ns'],
    ['10ms', 'duration:10ms'],
    ['1µ', 'duration:1µ'],
    ['1μ', 'number:1 identifier:μ'],
    ['1.5s', 'number:1.5 identifier:s'],
    ['10 s', 'number:10 identifier:s'],
    ['0x10', 'number:0 identifier:x10'],
    ['5. .5 .x', 'number:5. number:.5 .:. identifier:x'],
    ['1.2.3', 'error:multiple decimals in number'],
    ['a * b', 'identifier:a *:* identifier:b'],
    ['(* b', '(:( star:* identifier:b'],
    ['a / b / c', 'identifier:a /:/ identifier:b /:/ identifier:c'],
    ['= /b/ c', "error:unknown state, last char: '='"],
    ['x = /b/ c', 'identifier:x =:= regex:/b/ identifier:c'],
    ['x = // note', 'identifier:x =:= regex:// identifier:note'],
    ['x =~ // c\n', 'identifier:x =~:=~ regex:// identifier:c'],
    ['x !~\n/y/', 'identifier:x !~:!~ regex:/y/'],
    ['x == // c\n y', 'identifier:x ==:== identifier:y'],
    ['x // c\n / y /', 'identifier:x'],
    ['x // c\n\n / y /', 'identifier:x regex:/ y /'],
    ['x // c\n * y', 'identifier:x star:* identifier:y'],
    ["'it\\'s' ''", "string:'it\\'s' string:''"],
    ["'''a'b''c''' ''''''", "string:'''a'b''c''' string:''''''"],
    ["'''a''''", "string:'''a''' error:unterminated string"],
    ["'a\\\\' b", 'error:unterminated string'],
    ['"a\\"b"', 'reference:"a\\"b"'],
    [
      'lambda lambda: lambda :',
      "identifier:lambda lambda:lambda: identifier:lambda error:unknown state, last char: ':'"
    ],
    ['lambda: /a/', 'lambda:lambda: /:/ identifier:a /:/'],
    ['AND and TRUE true var dbrp', 'AND:AND identifier:and TRUE:TRUE identifier:true var:var dbrp:dbrp'],
    ['été1_٣', 'identifier:été1_٣'],
    ['\u00a0\u2003x\u0085y\r\n', 'identifier:x identifier:y'],
    ['(/é/)', '(:( regex:/é/ ):)'],
    ['/', 'error:unterminated regex'],
    ['!x != y', '!:! identifier:x !=:!= identifier:y'],
    ['a <= 1 >= 2', 'identifier:a <=:<= number:1 >=:>= number:2']
  ]
  for (const [script, tokens] of cases) t.equal(tokensOf(script), tokens, JSON.stringify(script))
})

t.test('an illegal character is quoted as Go quotes a rune', async (t) => {
  const cases: [script: string, quoted: string][] = [
    ['_', "'_'"],
    ['\\', "'\\\\'"],
    ['\0', "'\\x00'"],
    ['\u0007', "'\\a'"],
    ['\u200b', "'\\u200b'"],
    ['😀', "'😀'"],
    ['\u{e0001}', "'\\U000e0001'"],
    ['\ud800', "'\ufffd'"]
  ]
  for (const [script, quoted] of cases) {
    t.match(problemIn(script), `parser: unexpected unknown state, last char: ${quoted} line 1 char 1 in`)
  }
})

t.test('positions and contexts count bytes', async (t) => {
  t.equal(problemIn("var é = 'ü'\n\n  é ="), `parser: unexpected = line 3 char 6 in "  é =". expected: ${OPERAND}`)
  t.equal(
    problemIn("'éééééé'  = 1"),
    `parser: unexpected = line 1 char 17 in "\ufffdééé'  = 1". expected: ${OPERAND}`,
    'a character that is cut shows as U+FFFD'
  )
  t.equal(
    problemIn('= 23456789€'),
    `parser: unexpected unknown state, last char: '=' line 1 char 1 in "= 23456789". expected: ${OPERAND}`
  )
  t.equal(
    problemIn('= 2345678€'),
    `parser: unexpected unknown state, last char: '=' line 1 char 1 in "= 2345678\ufffd". expected: ${OPERAND}`
  )
  t.equal(
    problemIn('= 234567€'),
    `parser: unexpected unknown state, last char: '=' line 1 char 1 in "= 234567\ufffd\ufffd". expected: ${OPERAND}`
  )
})

t.test('a literal has its exact value', async (t) => {
  const cases: [expression: string, value: Record<string, unknown>][] = [
    ['9223372036854775807', { kind: 'int', value: 9223372036854775807n, octal: false }],
    ['9007199254740993', { kind: 'int', value: 9007199254740993n }],
    ['010', { kind: 'int', value: 8, octal: true }],
    ['0', { kind: 'int', value: 0, octal: false }],
    ['00', { kind: 'int', value: 0, octal: true }],
    ['5.', { kind: 'float', value: 5 }],
    ['.5', { kind: 'float', value: 0.5 }],
    ['5.0', { kind: 'float', value: 5 }],
    ['010s', { kind: 'duration', value: 10_000_000_000n, literal: '010s' }],
    ['106751d', { kind: 'duration', value: 9223286400000000000n }],
    ['99999999999w', { kind: 'duration', value: BigInt.asIntN(64, 99999999999n * 604800000000000n) }],
    ["'a\\'b\\n'", { kind: 'string', value: "a'b\\n", tripleQuoted: false }],
    ["'''a\\'b'''", { kind: 'string', value: "a\\'b", tripleQuoted: true }],
    ['/a\\/b\\d/', { kind: 'regex', pattern: 'a/b\\d', literal: 'a\\/b\\d' }],
    ['"a\\"b"', { kind: 'reference', name: 'a"b' }],
    ['TRUE', { kind: 'boolean', value: true }],
    ['*', { kind: 'star' }]
  ]
  for (const [expression, value] of cases) t.match(valueOf(expression), value, expression)
  t.equal(problemIn('var x = ٣'), 'parser: illegal number syntax: "٣"')
  t.equal(problemIn('var x = ٣.'), 'parser: illegal number syntax: "٣."')
  t.equal(problemIn('var x = ٣s'), 'parser: invalid duration')
  t.equal(problemIn(`var x = ${'9'.repeat(400)}.0`), `parser: illegal number syntax: "${'9'.repeat(400)}.0"`)
})

t.test('operators bind as they should', async (t) => {
  const shape = (node: Record<string, unknown>): string => {
    if (node.kind === 'binary') {
      return `(${shape(node.left as never)}${String(node.operator)}${shape(node.right as never)})`
    }
    if (node.kind === 'unary') return `${String(node.operator)}${shape(node.operand as never)}`
    return String(node.name)
  }
  const cases: [expression: string, tree: string][] = [
    ['a + b * c - d', '((a+(b*c))-d)'],
    ['a OR b AND c == d < e + f * g', '(aOR(bAND(c==(d<(e+(f*g))))))'],
    ['a * b + c < d == e AND f OR g', '((((((a*b)+c)<d)==e)ANDf)ORg)'],
    ['a - b - c', '((a-b)-c)'],
    ['a < b < c', '((a<b)<c)'],
    ['!a == b', '(!a==b)'],
    ['-a - -b', '(-a--b)'],
    ['a * (b + c)', '(a*(b+c))'],
    ['a < b == c', '((a<b)==c)']
  ]
  for (const [expression, tree] of cases) t.equal(shape(valueOf(expression)), tree, expression)
})

t.test('nodes are anchored where the language says', async (t) => {
  const script = 'var y = stream\n  |from()\n  .groupBy(1 +\n (2*3))'
  const chain = valueOf(script.slice(8))
  t.match(chain, { kind: 'chain', operator: '.', at: { line: 3, char: 3 } })
  t.match(chain.left, { kind: 'chain', operator: '|', at: { line: 2, char: 3 } })
  t.match(chain.right, {
    kind: 'call',
    at: { line: 3, char: 4 },
    multiLine: false,
    args: [{ kind: 'binary', at: { line: 3, char: 14 }, multiLine: true, right: { at: { line: 4, char: 4 } } }]
  })
})

t.test('statements need no separator, and no newline ends one', async (t) => {
  const kindsOf = (script: string) => {
    const result = parse(script)
    return result.ok ? result.value.statements.map(({ kind }) => kind).join(' ') : result.error.message
  }
  t.equal(kindsOf(''), '')
  t.equal(kindsOf('var x=1 var y=2'), 'declaration declaration')
  t.equal(kindsOf('stream|from() log()'), 'chain call')
  t.equal(kindsOf('var x = a b'), 'declaration identifier')
  t.equal(kindsOf('var x int dbrp "a"."b" lambda: TRUE [a]'), 'typeDeclaration dbrp lambda list')
  t.equal(kindsOf('f()\n- 1'), 'binary')
  t.equal(kindsOf('a.b@c a@d()'), 'chain chain')
  t.equal(kindsOf('f(stream|from(), [a], lambda: x,) + g(h(1))'), 'binary')
  t.equal(kindsOf('// a'), 'comment')
  t.match(kindsOf('1 + f([a])'), /^parser: unexpected \[/)
  t.match(kindsOf('1 + f(a|b())'), /^parser: unexpected \|/)
})

t.test('a lambda can be read without its keyword', async (t) => {
  t.match(parseLambda('"a" > 5'), { ok: true, value: { kind: 'lambda', body: { kind: 'binary' } } })
  const cases: [source: string, problem: string][] = [
    ['', `parser: unexpected EOF line 1 char 1 in "". expected: ${OPERAND}`],
    ['lambda: TRUE', `parser: unexpected lambda line 1 char 1 in "lambda: TR". expected: ${OPERAND}`],
    ['level( >', `parser: unexpected unknown state, last char: '>' line 1 char 8 in "level( >". expected: ${OPERAND}`],
    ['a b', 'parser: unexpected identifier line 1 char 3 in "a b". expected: "EOF"']
  ]
  for (const [source, problem] of cases) t.match(parseLambda(source), { ok: false, error: { message: problem } })
})

t.test('nesting is bounded, whatever it is made of', async (t) => {
  const tooDeep = new RegExp(`^parser: expression nests deeper than ${MAX_DEPTH} levels line 1 char \\d+$`)
  const deep = 100_000
  for (const script of [
    'var x = ' + '('.repeat(deep),
    'var x = ' + '-'.repeat(deep),
    'var x = ' + '1+'.repeat(deep) + '1',
    'var x = 1' + '+f(1'.repeat(deep),
    'a' + '|b()'.repeat(deep),
    'f('.repeat(deep),
    'a|f('.repeat(deep)
  ]) {
    t.match(problemIn(script), tooDeep, script.slice(0, 12))
  }
  t.equal(problemIn('var x = ' + '1+'.repeat(MAX_DEPTH - 10) + '1'), '')
})

t.test('a script that has too many regular expressions, or too large ones, is refused', async (t) => {
  const where = (count: number, pattern: string): string =>
    `stream|from().where(lambda: ${Array.from({ length: count }, () => `"a" =~ /${pattern}/`).join(' OR ')})`
  t.equal(problemIn(where(900, 'b')), '')
  t.match(problemIn(where(999, 'b')), /regular expressions are too large in all line 1 char \d+/)
  t.match(problemIn(where(20, 'b{1000}'.repeat(6))), /regular expressions are too large in all line 1 char \d+/)
})

t.test('a script or a lambda that is too long is refused before it is read', async (t) => {
  const comment = (bytes: number): string => `//${'é'.repeat((bytes - 2) / 2)}`
  t.equal(problemIn(comment(MAX_SCRIPT_BYTES)), '')
  const problem = 'script is longer than 1048576 bytes'
  t.equal(problemIn(comment(MAX_SCRIPT_BYTES + 2)), problem)
  t.match(parseLambda('1+'.repeat(MAX_SCRIPT_BYTES)), { ok: false, error: { message: problem } })
})
