import t from 'tap'
import { planSearch } from '../../src/lambda/functions/pattern.ts'
import { Regex } from '../../src/lambda/functions/regex.ts'
import { compileRegexp } from '../../src/tick/regexp.ts'
import { Random } from '../support/random.ts'

const SEARCHES: readonly [pattern: string, text: string, found: boolean][] = [
  ['host-1.*', 'a host-12', true],
  ['host-1.*', 'host-2', false],
  ['^cpu', 'cpu0', true],
  ['^cpu', 'xcpu', false],
  ['cpu$', 'xcpu', true],
  ['cpu$', 'cpu\n', false],
  ['^cpu$', 'cpu', true],
  ['^$', '', true],
  ['', 'a', true],
  ['.*', '', true],
  ['a.b', 'a\nb', false],
  ['a.b', 'a\rb', true],
  ['a.b', 'a\u2028b', true],
  ['a.b', 'a\u{1f600}b', true],
  ['(?s)a.b', 'a\nb', true],
  ['(?i)ABC', 'xabcx', true],
  ['^b', 'a\nb', false],
  ['(?m)^b', 'a\nb', true],
  ['\\s', '\u00a0', false],
  ['\\s', '\v', false],
  ['[\\s]', '\u00a0', false],
  ['[^\\s]', '\u00a0', true],
  ['\\S', '\u00a0', true],
  ['\\w', 'é', false],
  ['\\d', '٣', false],
  ['[a-c-]', '-', true],
  ['[-a]', '-', true],
  ['[^-a]', '-', false],
  ['[]a]', ']', true],
  ['[a\\]]', ']', true],
  ['[\\-x]', '-', true],
  ['[\\f]', '\f', true],
  ['[f\\:]', '\f', false],
  ['[[:alpha:]]', 'a', true],
  ['[[:alpha:]]', ':', false],
  ['\\pL', 'é', true],
  ['\\x41', 'A', true],
  ['\\Qa.b\\E', 'a.b', true],
  ['\\Aab\\z', 'ab', true],
  ['a{2}', 'aa', true],
  ['^a{2,3}$', 'aaaa', false],
  ['^(?:a|bc)d?$', 'bcd', true],
  ['^(?P<n>a|bc)d?$', 'bce', false],
  ['^[a-z]+\\.com$', 'example.com', true],
  ['^[a-z]+\\.com$', 'example.com.', false],
  ['\\ba', 'x a', true],
  ['\u{1f600}', 'x\u{1f600}', true],
  ['^.$', '\u{1f600}', true],
  ['a|b|', 'c', true],
  ['x*y+', 'y', true],
  ['(a+)+$', 'aaa', true]
]

t.test('a search means what RE2 means by it', (t) => {
  for (const [pattern, text, found] of SEARCHES) {
    const regex = new Regex(pattern)
    const answers = [regex.test(text), regex.testTag(text), regex.testTag(text)]
    t.strictSame(answers, [found, found, found], `/${pattern}/ on ${encodeURIComponent(text)}`)
  }
  t.end()
})

t.test('simple patterns become string methods, others run natively only where their search is linear', (t) => {
  const plans: readonly [pattern: string, kind: string | undefined][] = [
    ['host-1.*', 'includes'],
    ['.*host', 'includes'],
    ['^host-', 'startsWith'],
    ['\\.com$', 'endsWith'],
    ['^a\\/b$', 'equals'],
    ['^host-\\d+$', 'native'],
    ['^(?:a|b|c)$', 'native'],
    ['cpu[0-9]', 'native'],
    ['^.*foo', 'native'],
    ['a.*b', undefined],
    ['a+b', 'native'],
    ['a+b+c', undefined],
    ['^a*b*', 'startsWith'],
    ['^a*b*c', undefined],
    ['(a+)+$', undefined],
    ['^(a|aa)+$', undefined],
    ['^(?:a|aa)(?:a|aa)(?:a|aa)(?:a|aa)(?:a|aa)(?:a|aa)(?:a|aa)$', undefined],
    ['a?a?a?a?a?a?a?aaaaaaa', undefined],
    ['(?i)a', undefined],
    ['\\pL', undefined],
    ['a{1000}', undefined],
    ['a{100}'.repeat(11), undefined],
    ['^[a-z]{1,63}\\.example$', 'native'],
    ['x'.repeat(2000), undefined]
  ]
  for (const [pattern, kind] of plans) t.equal(planSearch(pattern)?.kind, kind, pattern)
  t.end()
})

t.test('random patterns find what RE2 finds', (t) => {
  const random = new Random(7)
  const pieces = [
    'a',
    'b',
    '.',
    '\\d',
    '[ab]',
    '[^a]',
    '[\\w-]',
    '\\s',
    '(?:a|b)',
    '(ab|c)',
    '^',
    '$',
    '1',
    '\\.',
    'é',
    '|',
    '\\n'
  ]
  const suffixes = ['', '', '', '', '*', '+', '?', '{2}', '{1,2}', '+?']
  const characters = ['a', 'b', 'c', '1', '.', ' ', 'é', '\n', '-', '\u{1f600}', '_']
  let native = 0
  for (let i = 0; i < 1500; i++) {
    const length = 1 + random.int(5)
    let pattern = ''
    for (let k = 0; k < length; k++) {
      const piece = random.pick(pieces)
      pattern += piece + ('^$|'.includes(piece) ? '' : random.pick(suffixes))
    }
    const re2 = compileRegexp(pattern)
    if (!re2.ok) continue
    const regex = new Regex(pattern)
    if (regex.plan !== undefined) native++
    for (let k = 0; k < 12; k++) {
      const text = Array.from({ length: random.int(7) }, () => random.pick(characters)).join('')
      if (regex.test(text) !== re2.value.test(text)) t.fail(`/${pattern}/ on ${encodeURIComponent(text)}`)
    }
  }
  t.ok(native > 500, `${native} of them natively`)
  t.end()
})

t.test('no pattern takes more than linear time', (t) => {
  const bad = `${'a'.repeat(50_000)}b`
  for (const pattern of [
    '(a+)+$',
    '^(a|aa)+$',
    '(a*)*c',
    'a*a*a*c',
    '^a+$',
    'a.*a.*c',
    '(x+x+)+y|^a*c',
    'a{1,100}c',
    '[a-z]+c'
  ]) {
    const regex = new Regex(pattern)
    const start = performance.now()
    t.equal(regex.test(bad), false, pattern)
    t.ok(performance.now() - start < 10_000, `${pattern} in time`)
  }
  t.end()
})

t.test('of several groups of one name the first that took part is put in', (t) => {
  const regex = new Regex('(?<y>\\d+)-|(?P<y>[a-z]+):')
  t.equal(regex.replaceAll('12-ab:x', '[${y}]'), '[12][ab]x')
  t.equal(new Regex('(?<n>.)(?<n>.)').replaceAll('abcd', '$n'), 'ac')
  t.end()
})

t.test('verdicts of more tag values than are remembered stay right', (t) => {
  const regex = new Regex('[02468]$')
  let wrong = 0
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 12_000; i++) if (regex.testTag(`host-${i}`) !== (i % 2 === 0)) wrong++
  }
  t.equal(wrong, 0)
  t.end()
})
