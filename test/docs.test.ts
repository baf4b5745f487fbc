import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { differencesPage } from '../scripts/differences.ts'
import { functionsPage } from '../scripts/reference/functions.ts'
import { nodesPage } from '../scripts/reference/nodes.ts'
import { referencePages } from '../scripts/reference.ts'
import { nodeSpec, t as type } from '../src/graph/spec.ts'
import { FUNCTIONS } from '../src/lambda/functions/index.ts'
import { nodes } from '../src/nodes/index.ts'
import { handlerKinds } from '../src/alert/handlers/index.ts'
import { filterKinds } from '../src/notify/filters/index.ts'
import { transportKindsOf } from '../src/notify/transports/index.ts'
import { notifyPage } from '../scripts/reference/notify.ts'

const committed = (path: string): string => readFileSync(new URL(`../docs/${path}`, import.meta.url), 'utf8')

for (const [name, page] of referencePages()) {
  t.equal(committed(`reference/${name}`), page, `reference/${name} is old: npm run docs`)
}
t.equal(committed('differences.md'), differencesPage(), 'differences.md is old: npm run docs')

t.test('every node, property and function has words in the reference', (t) => {
  for (const { spec } of nodes) {
    const members = Object.entries({ ...spec.args, ...spec.properties })
    t.not(spec.summary, '', spec.name)
    for (const [name, { docs }] of members) t.not(docs, '', `${spec.name} ${name}`)
  }
  for (const { name, summary } of FUNCTIONS) t.not(summary, '', name)
  t.end()
})

t.test('a page shows all that a specification says', (t) => {
  const spec = nodeSpec({
    name: 'blend',
    summary: 'Blends a|b.',
    wants: 'either',
    provides: 'same',
    offeredBy: ['from'],
    args: { field: type.string('A field.'), more: type.rest(type.float('Weights.')) },
    properties: {
      as: type.string('Result.').sameAs('field'),
      every: type.duration('Pause.').default(90_000_000_000n),
      loud: type.flag('Shouts.'),
      names: type.list(type.string('Names.')).default(['x', 'y']),
      pair: type.call('Both.', { low: type.int('Least.'), high: type.int('Most.') }).all(),
      text: type.string('Words.').default('a'),
      isOpen: type.bool('Open.').default(true),
      slack: type.handler({
        name: 'slack',
        kind: 'slack',
        hostType: 'SlackHandler',
        summary: 'Posts.',
        args: { url: type.string('Where to.') },
        properties: { channel: type.string('Channel.') }
      })
    },
    examples: [{ script: 'stream|from()', input: 'm v=1 0s', output: '' }]
  })
  const page = nodesPage([spec as never])
  for (const part of [
    '| [blend](#blend) | Blends a\\|b. |',
    '`|blend(field, more…)` takes a stream or batches and gives the same. It follows `from` only.',
    '| `field` | string | A field. |',
    '| `.as(string)` | that of `field` | Result. |',
    '| `.every(duration)` | `90s` | Pause. |',
    '| `.loud()` |  | Shouts. |',
    '| `.names(string…)` | `x, y` | Names. |',
    '| `.pair(low, high)` |  | Both. `low` (int): Least. `high` (int): Most. May be given several times. |',
    "| `.text(string)` | `'a'` | Words. |",
    '| `.isOpen(bool)` | `TRUE` | Open. |',
    '#### slack\n\nPosts.\n\n`.slack(url)`\n\n| Argument | Type | Meaning |',
    '| `.channel(string)` |  | Channel. |',
    '```js\nstream|from()\n```',
    'm v=1 0s\n\n(nothing)'
  ]) {
    t.ok(page.includes(part), part)
  }
  t.end()
})

t.test('a function shows all of its signatures', (t) => {
  const rand = FUNCTIONS.filter(({ name }) => name === 'rand' || name === 'count')
  const page = functionsPage(rand)
  t.ok(page.includes('| `rand() int`<br>`rand(int) int` | A random integer, below n where that is given. |'))
  t.ok(
    page.includes(
      '`count() int` | How often it has been called, this call included. It remembers what it saw, by group. |'
    )
  )
  t.end()
})

t.test('every filter and transport has words, and its keys their defaults', (t) => {
  const filters = filterKinds.map(({ type, summary, params }) => ({ type, summary, params }))
  for (const { type, summary, params } of [...filters, ...transportKindsOf([])]) {
    t.not(summary, '', type)
    for (const [name, { docs }] of Object.entries(params ?? {})) t.not(docs, '', `${type} ${name}`)
  }
  const page = notifyPage(filterKinds, transportKindsOf(handlerKinds))
  for (const part of [
    '| `order` | integer | Lower ones run first; those alike as they are defined. |',
    '### freq\n\nNotes in Stats how many alerts of a class came lately.',
    '| `duration` | integer | `600` | Seconds that are looked back. |',
    '| `url` | string | required | Webhook that messages are posted to. Secret. |',
    '`topic-slack`'
  ]) {
    t.ok(page.includes(part), part)
  }
  t.end()
})

t.test('the drawings of the architecture name files that are there, and nothing that ends a statement early', (t) => {
  const drawings = [...committed('architecture.md').matchAll(/```mermaid\n([\s\S]*?)```/g)].map(([, text]) => text!)
  t.equal(drawings.length, 5)
  for (const drawing of drawings) {
    t.notMatch(drawing, /[;#]/)
    for (const [, place] of drawing.matchAll(/participant \w+ as (\w+\/[\w-]+)$/gm)) {
      const isThere = ['', '.ts'].some((end) => existsSync(`src/${place}${end}`))
      t.ok(isThere, place!)
    }
  }
  t.end()
})

t.test('the tests that the threat table of the security page names are there', (t) => {
  const named = [...committed('security.md').matchAll(/`(test\/[\w/-]+\.test\.ts)`/g)].map(([, path]) => path!)
  t.ok(named.length > 25, String(named.length))
  t.same(
    named.filter((path) => !existsSync(path)),
    []
  )
  t.end()
})
