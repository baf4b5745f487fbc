import t from 'tap'
import { describeProblem, YamlDocument } from '../../src/core/yaml-document.ts'
import { Random } from '../support/random.ts'

function problemsOf(text: string): string[] {
  const document = new YamlDocument(text)
  return document.problems.map((problem) => describeProblem(document, problem))
}

t.test('texts are read as YAML 1.2 has them, and JSON likewise', async (t) => {
  const cases: readonly [text: string, value: unknown][] = [
    ['', null],
    ['# nothing\n', null],
    ['\ufeffa: 1', { a: 1 }],
    [
      'a: 1\nb: [x, "y", null, true, 1.5]\nc:\n  - d: |\n      text\n',
      { a: 1, b: ['x', 'y', null, true, 1.5], c: [{ d: 'text\n' }] }
    ],
    ['{"a":{"b":[1,"\\u00e9"]}}', { a: { b: [1, 'é'] } }],
    ['1: one\nyes: no\nnull: x', { 1: 'one', yes: 'no', '': 'x' }],
    [
      'a: &x { b: [1, 2] }\nc: *x\nd: [*x, *x]',
      { a: { b: [1, 2] }, c: { b: [1, 2] }, d: [{ b: [1, 2] }, { b: [1, 2] }] }
    ],
    ['- &x 1\n- &y [*x]\n- &x 2\n- *y\n- *x', [1, [1], 2, [1], 2]],
    ['&k key: 1\nother: *k', { key: 1, other: 'key' }],
    ['a: &x { b: 1, c: 1 }\nd: { c: 2, <<: *x }', { a: { b: 1, c: 1 }, d: { b: 1, c: 2 } }],
    [
      '- &x { a: 1, b: 1 }\n- &y { b: 2, c: 2 }\n- <<: [*x, *y]\n  c: 3',
      [
        { a: 1, b: 1 },
        { b: 2, c: 2 },
        { a: 1, b: 1, c: 3 }
      ]
    ],
    ['"<<": 1', { '<<': 1 }],
    ['a: !!str 5', { a: '5' }]
  ]
  for (const [text, value] of cases) {
    t.strictSame(problemsOf(text), [], text)
    t.strictSame(new YamlDocument(text).value, value, text)
  }
  const { value } = new YamlDocument('__proto__: { a: 1 }')
  t.strictSame([Object.keys(value as object), ({} as Record<string, unknown>).a], [['__proto__'], undefined])
})

t.test('a problem is told with its place', async (t) => {
  const cases: readonly [text: string, problem: string][] = [
    [
      'if: *foo',
      'line 1, column 5: no anchor of this name comes before: a text that begins with one of ! & * | > % needs quotes'
    ],
    [
      'a: *x\nb: &x 1',
      'line 1, column 4: no anchor of this name comes before: a text that begins with one of ! & * | > % needs quotes'
    ],
    ['a: &x\n  b: *x', 'line 2, column 6: *x is within what it stands for'],
    ['- &x [*x]', 'line 1, column 7: *x is within what it stands for'],
    ['a: 1\nb: 2\na: 3', 'line 3, column 1: Map keys must be unique'],
    ['1: a\n"1": b', 'line 2, column 1: Map keys must be unique'],
    ['a: !secret x', 'line 1, column 4: Unresolved tag: a text that begins with one of ! & * | > % needs quotes'],
    ['a: !!binary aGk=', 'line 1, column 13: a value must be a text, a number, true, false or null'],
    ['%YAML 1.1\n---\na: yes', 'line 1, column 1: YAML of version 1.1 is not read, only that of 1.2'],
    ['a: 1\n---\nb: 2', 'line 2, column 1: the file has several documents, separated by ---'],
    ['[a, b]: c', 'line 1, column 1: a key must be a text'],
    ['a: { <<: 5 }', 'line 1, column 10: << must name a section, or a list of sections'],
    ['a: [', 'line 1, column 5: Flow sequence in block collection must be sufficiently indented and end with a ]']
  ]
  for (const [text, problem] of cases) {
    t.equal(problemsOf(text)[0], problem, text)
    t.equal(new YamlDocument(text).value, undefined)
  }
})

t.test('a key, an item and what an alias stands for are found', async (t) => {
  const document = new YamlDocument('a: &x\n  b: [1, 2]\nc: *x\n')
  t.strictSame(
    [['a', 'b', 1], ['c', 'b', 0], ['c', 'nosuch'], ['nosuch']].map((path) => document.offsetOf(path)),
    [15, 12, 18, 0]
  )
})

const SIZE = 1024 * 1024
const ofSize = (part: string): string => part.repeat(Math.ceil(SIZE / part.length))

/** Texts that would cost a parser without limits seconds, gigabytes or the process. */
const BOMBS: Readonly<Record<string, string>> = {
  'lists in a line': ofSize('['),
  'sections in a line': ofSize('{a: '),
  'lists by dashes': ofSize('- '),
  'keys by question marks': ofSize('? '),
  'sections by indentation': Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
  'aliases of aliases': `a: &a [${'x,'.repeat(9)}]\n${[...'bcdefghij'].map((name, index) => `${name}: &${name} [${`*${'abcdefghi'[index]},`.repeat(9)}]\n`).join('')}`,
  'merges of merges': `a: &a { k: 1 }\n${[...'bcdefghij'].map((name, index) => `${name}: &${name} { <<: [${`*${'abcdefghi'[index]},`.repeat(9)}] }\n`).join('')}`,
  'a chain of aliases': `a0: &a0 []\n${Array.from({ length: 5000 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}]\n`).join('')}`,
  'aliases of a long text': `a: &a ${'x'.repeat(500_000)}\n${'- *a\n'.repeat(100)}`.replace('a: &a', '- &a'),
  'many keys': Array.from({ length: 100_000 }, (_, index) => `k${index}: 1\n`).join(''),
  'brackets that close nothing': ofSize('}'),
  commas: `[${ofSize(',')}`,
  quotes: ofSize('"'),
  anchors: ofSize('&a '),
  directives: ofSize('%a\n'),
  documents: ofSize('---\n'),
  'line ends': ofSize('\n')
}

for (const [what, text] of Object.entries(BOMBS)) {
  t.test(`${what} are a problem that takes a bounded time`, async (t) => {
    const start = performance.now()
    const { problems } = new YamlDocument(text)
    t.ok(problems.length > 0 && problems.length <= 20)
    t.ok(problems.every(({ message }) => message.length < 400))
    t.ok(performance.now() - start < 10_000)
  })
}

t.test('texts as long as a file may be are read where they are only long', async (t) => {
  for (const text of [
    `a: ${ofSize('x')}`,
    `a: "${ofSize('\\n')}"`,
    `a: |\n${ofSize(' x\n')}`,
    `a: b\n${ofSize('  x\n')}`
  ]) {
    t.strictSame(problemsOf(text), [])
  }
})

t.test('no text makes the reader throw', async (t) => {
  const random = new Random(7)
  const parts = [
    ...'[]{}:,-?&*!|>%@`#"\'\n\t ~<=',
    '\n  ',
    ': ',
    '- ',
    '<<: ',
    '&a ',
    '*a',
    '!!int ',
    '---\n',
    '...\n',
    'key',
    '\\u00',
    '\0',
    '\ud800'
  ]
  for (let run = 0; run < 3000; run++) {
    const text = Array.from({ length: 1 + random.int(30) }, () => random.pick(parts)).join('')
    const document = new YamlDocument(text)
    document.offsetOf(['key', 0, 'a'])
    t.ok(document.problems.length > 0 || document.value !== undefined, JSON.stringify(text))
  }
})
