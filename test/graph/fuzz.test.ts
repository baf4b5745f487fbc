import t from 'tap'
import { nodes } from '../../src/nodes/index.ts'
import { Random } from '../support/random.ts'
import { recorded } from '../tick/conformance.ts'
import { define, startErrorOf } from './task.ts'

const ROUNDS = 3000
const SCRIPTS = [...recorded.dot, ...recorded.errors]
  .map(({ script }) => script)
  .concat(
    recorded.format.map((pair) => pair.in),
    nodes.flatMap(({ spec }) => spec.examples.map(({ script }) => script))
  )
const NAMES = nodes.flatMap(({ spec }) => [spec.name, ...Object.keys(spec.properties)])
const VALUES = [
  "'a'",
  '"a"',
  '5',
  '-1',
  '0',
  '2.5',
  '10s',
  '0s',
  'TRUE',
  '/a/',
  '*',
  '[]',
  "['a', 'b']",
  'lambda: TRUE'
]

function tokensOf(script: string): string[] {
  return script.match(/\s+|lambda:|[\p{L}\d]+|'[^']*'|"[^"]*"|./gsu) ?? []
}

/** A script with a few of its tokens exchanged, doubled, left out, or taken from another. */
function mutated(random: Random): string {
  const tokens = tokensOf(random.pick(SCRIPTS))
  const other = tokensOf(random.pick(SCRIPTS))
  for (let count = 1 + random.int(4); count > 0; count--) {
    const at = random.int(tokens.length + 1)
    const kind = random.int(6)
    const isName = /^\p{L}/u.test(tokens[at] ?? '')
    if (kind === 0) tokens.splice(at, 1)
    else if (kind === 1) tokens.splice(at, 0, tokens[at] ?? '', random.pick(['|', '.', ',', ' ']))
    else if (kind === 2) tokens.splice(at, 0, ...other.slice(random.int(other.length), random.int(other.length)))
    else if (kind === 3)
      tokens.splice(at, 0, random.pick(['|', '.', '@']), random.pick(NAMES), '(', random.pick(VALUES), ')')
    else if (isName) tokens[at] = random.pick(NAMES)
    else if (tokens[at] !== undefined && !/^[\s|.@()]/.test(tokens[at])) tokens[at] = random.pick(VALUES)
  }
  return tokens.join('')
}

t.test('every script is defined and started, or refused in words', async (t) => {
  const random = new Random(1)
  let defined = 0
  for (let i = 0; i < ROUNDS; i++) {
    const script = mutated(random)
    try {
      const result = define(script)
      if (result.ok) {
        defined++
        startErrorOf(result.value)
      } else if (result.error.message === '') {
        t.fail('a problem without words', { script })
      }
    } catch (error) {
      t.fail(JSON.stringify(script), { error })
      break
    }
  }
  t.ok(defined > ROUNDS / 20, `${defined} scripts had a meaning`)
})
