import t from 'tap'
import { compileGlob } from '../../src/core/glob.ts'

/** Pattern, names that match, names that do not. */
const cases: readonly [string, readonly string[], readonly string[]][] = [
  ['', [''], ['a']],
  ['abc', ['abc'], ['ab', 'abcd']],
  ['*', ['', 'abc', 'é'], ['a/b']],
  ['a*c', ['ac', 'abc', 'abcc'], ['abd', 'a/c', 'acb']],
  ['*a*b*', ['ab', 'xaxbx', 'aab'], ['ba', 'a/b']],
  ['a*/b', ['a/b', 'axy/b'], ['a/x/b', 'a']],
  ['a?c', ['abc', 'aéc', 'a😀c'], ['ac', 'a/c']],
  ['[a-c]x', ['ax', 'bx'], ['dx', 'x']],
  ['[^a-c]x', ['dx'], ['ax']],
  ['[abq-z]', ['a', 'r'], ['c']],
  ['[\\]a]', [']', 'a'], ['\\']],
  ['[a\\-c]', ['a', '-', 'c'], ['b']],
  ['\\*', ['*'], ['a']],
  ['a]', ['a]'], []],
  ['[/]', ['/'], []],
  ['[^a]', ['/', 'b'], ['a']]
]

t.test('a pattern matches what Go matches', async (t) => {
  for (const [pattern, matching, others] of cases) {
    const matches = compileGlob(pattern)!
    for (const name of matching) t.ok(matches(name), `${pattern} ${name}`)
    for (const name of others) t.notOk(matches(name), `not ${pattern} ${name}`)
  }
})

t.test('a malformed pattern is none', async (t) => {
  for (const pattern of ['[', '[a', '[]', '[]a]', '[-]', '[a-]', '[x-', '[^]', '[^', 'a\\', '[\\']) {
    t.equal(compileGlob(pattern), undefined, pattern)
  }
})

t.test('many stars do not take exponential time', async (t) => {
  t.notOk(compileGlob('a*'.repeat(30) + 'b')!('a'.repeat(2000)))
})
