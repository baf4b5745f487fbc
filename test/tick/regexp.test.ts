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
  ['(?<n>a)', 'invalid or unsupported Perl syntax: `(?<`'],
  ['(?<=a)', 'invalid or unsupported Perl syntax: `(?<`'],
  ['a)(?<n>b)', 'unexpected ): `a)(?<n>b)`'],
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

for (const [pattern, reason] of REFUSED) {
  t.test(`${JSON.stringify(pattern.slice(0, 30))} is refused in Go's words`, async (t) => {
    t.match(compileRegexp(pattern), { ok: false, error: { message: `error parsing regexp: ${reason}` } })
  })
}

t.test('what looks like a new group inside of a class or a quotation is text', async (t) => {
  for (const pattern of ['[(?<n>]', '\\Q(?<n>\\E', '\\(?<n>']) t.ok(compileRegexp(pattern).ok, pattern)
})

t.test('RE2 is what is understood', async (t) => {
  for (const pattern of ['', '(?i)a', '(?P<n>a)', '[[:alpha:]]\\pL\\p{Greek}', '\\A\\z\\Q*\\E', 'a{1000}', 'é/']) {
    t.ok(compileRegexp(pattern).ok, pattern)
  }
})
