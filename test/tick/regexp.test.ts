import t from 'tap'
import { compileRegexp } from '../../src/tick/regexp.ts'

/** Go's own words, read off its regexp package. */
const REFUSED: [pattern: string, message: string][] = [
  ['(', 'missing closing ): `(`'],
  ['a)', 'unexpected ): `a)`'],
  ['[a', 'missing closing ]: `[a`'],
  ['*', 'missing argument to repetition operator: `*`'],
  ['a|*', 'missing argument to repetition operator: `*`'],
  ['a**', 'invalid nested repetition operator: `**`'],
  ['a{1001}', 'invalid repeat count: `{1001}`'],
  ['a{2,1}', 'invalid repeat count: `{2,1}`'],
  ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
  ['(?!a)', 'invalid or unsupported Perl syntax: `(?!`'],
  ['(?<=a)', 'invalid named capture: `(?<=a)`'],
  ['(?<n', 'invalid named capture: `(?<n`'],
  ['(?<', 'invalid or unsupported Perl syntax: `(?<`'],
  ['a)(?<n>b)(?<n>c)', 'unexpected ): `a)(?<n>b)(?<n>c)`'],
  ['(?P<n>(?P<n>\\8', 'invalid escape sequence: `\\8`'],
  ['(?P<n>(?P<n>', 'missing closing ): `(?P<n>(?P<n>`'],
  ['\\8[z-a](', 'invalid escape sequence: `\\8`'],
  ['[z-a](\\8', 'invalid character class range: `z-a`'],
  ['(a{1000}b){1000}', 'invalid repeat count: `{1000}`'],
  ['(?P<', 'invalid or unsupported Perl syntax: `(?P`'],
  ['(?P<n', 'invalid named capture: `(?P<n`'],
  ['(?P<é>a)', 'invalid named capture: `(?P<é>`'],
  ['(?P=n)', 'invalid or unsupported Perl syntax: `(?P`'],
  ['(?z)', 'invalid or unsupported Perl syntax: `(?z`'],
  ['(?i', 'invalid or unsupported Perl syntax: `(?i`'],
  ['\\8', 'invalid escape sequence: `\\8`'],
  ['\\1', 'invalid escape sequence: `\\1`'],
  ['\\xg', 'invalid escape sequence: `\\xg`'],
  ['\\Z', 'invalid escape sequence: `\\Z`'],
  ['\\', 'trailing backslash at end of expression: ``'],
  ['[z-a]', 'invalid character class range: `z-a`'],
  ['[[:foo:]]', 'invalid character class range: `[:foo:]`'],
  ['\\p{Foo}', 'invalid character class range: `\\p{Foo}`'],
  ['(((a{1000}){1000}){1000})', 'invalid repeat count: `{1000}`'],
  ['('.repeat(1001) + ')'.repeat(1001), 'expression nests too deeply: `' + '('.repeat(1001) + ')'.repeat(1001) + '`']
]

const hosts = Array.from({ length: 1000 }, (_, i) => `host-${i}.example`)

for (const [pattern, reason] of REFUSED) {
  t.test(`${JSON.stringify(pattern.slice(0, 30))} is refused in Go's words`, async (t) => {
    t.match(compileRegexp(pattern), { ok: false, error: { message: `error parsing regexp: ${reason}` } })
  })
}

t.test('a name may come again', async (t) => {
  for (const pattern of ['(?P<y>a)(?P<y>b)', '(?<y>a)', '(?<y>a)|(?<y>b)(?P<y_1>c)', '[(?<y>](?<y>a)']) {
    t.ok(compileRegexp(pattern).ok, pattern)
  }
})

t.test('what would cost too much is refused before it costs anything', async (t) => {
  const start = performance.now()
  for (const pattern of [
    'x{1000}'.repeat(1300),
    '(?:x{10}y{2,40}){20}'.repeat(100),
    '((a|b){500}c){2}'.repeat(50),
    'x'.repeat(32_769),
    'ab?'.repeat(10_000)
  ]) {
    t.match(compileRegexp(pattern), { ok: false, error: { message: /expression too large$/ } }, pattern.slice(0, 20))
  }
  t.ok(performance.now() - start < 5000)
  for (const pattern of ['x{1000}'.repeat(15), '[a-z]{1,255}', hosts.join('|')]) t.ok(compileRegexp(pattern).ok)
})

t.test('a search that would take too long fails', async (t) => {
  const compiled = compileRegexp('(?:a|b)*a(?:a|b){500}[cd]')
  if (!compiled.ok) return t.fail()
  t.notOk(compiled.value.test('ab'.repeat(1000)))
  t.throws(() => compiled.value.test('ab'.repeat(30_000)), {
    message: 'a regular expression of 506 instructions is too large for a text of 60000 characters'
  })
})

t.test('replacing that would take quadratic time fails', async (t) => {
  const compiled = compileRegexp('a*[cd]|a')
  if (!compiled.ok) return t.fail()
  let matches = 0
  t.throws(() => compiled.value.forEachMatch('a'.repeat(1_000_000), () => matches++), /took too long/)
  t.ok(matches > 0)
})

t.test('what looks like a new group inside of a class or a quotation is text', async (t) => {
  for (const pattern of ['[(?<n>]', '\\Q(?<n>\\E', '\\(?<n>']) t.ok(compileRegexp(pattern).ok, pattern)
})

t.test('RE2 is what is understood', async (t) => {
  for (const pattern of ['', '(?i)a', '(?P<n>a)', '[[:alpha:]]\\pL\\p{Greek}', '\\A\\z\\Q*\\E', 'a{1000}', 'é/']) {
    t.ok(compileRegexp(pattern).ok, pattern)
  }
})
