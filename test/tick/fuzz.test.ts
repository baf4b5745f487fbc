import t, { type Test } from 'tap'
import { parseJson } from '../../src/core/json.ts'
import { format } from '../../src/tick/format.ts'
import { parse, parseLambda } from '../../src/tick/parser.ts'
import { scriptTypeOf } from '../../src/tick/script-type.ts'
import { recorded } from './conformance.ts'

const BUDGET_MS = 600
const SCRIPTS = recorded.format.map((pair) => pair.in).concat(recorded.errors.map(({ script }) => script))
const TOKENS = (
  'stream batch var dbrp lambda: TRUE AND OR x f f( ( ) [ ] , . | @ = == != =~ !~ < <= > >= + - * / % ! ' +
  "5 5. 010 08 10s 1µ 's' '''t''' \"r\" /re/ /( // //c\n \n ' \" ''' / \\ é 😀 \ud800 _ ;"
).split(' ')

/** A small generator of random numbers, so that a failure can be had again. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function checkMany(t: Test, seed: number, make: (random: (below: number) => number) => string): void {
  const random = randomFrom(seed)
  const end = performance.now() + BUDGET_MS
  let count = 0
  for (; performance.now() < end; count++) {
    const script = make(random)
    try {
      checkOne(script)
    } catch (error) {
      t.fail(JSON.stringify(script), { error })
      return
    }
  }
  t.ok(count > 100, `only ${count} scripts in time`)
}

/** Formatting settles: the text of a tree is a script, and the second formatting may only move line breaks. */
function checkOne(script: string): void {
  parseLambda(script)
  parseJson(script)
  const result = parse(script)
  if (!result.ok) {
    if (!result.error.message.startsWith('parser: ')) throw new Error(result.error.message)
    return
  }
  scriptTypeOf(result.value)
  const text = format(result.value)
  if (!parse(text).ok && !text.includes('//')) throw new Error(`formatted to ${JSON.stringify(text)}`)
}

t.test('random bytes are read or refused', async (t) => {
  checkMany(t, 1, (random) =>
    Buffer.from(Array.from({ length: random(60) }, () => random(256))).toString(random(2) > 0 ? 'utf8' : 'latin1')
  )
})

t.test('random tokens are read or refused', async (t) => {
  checkMany(t, 2, (random) =>
    Array.from({ length: 1 + random(25) }, () => TOKENS[random(TOKENS.length)]).join(random(2) > 0 ? ' ' : '')
  )
})

t.test('damaged scripts are read or refused', async (t) => {
  checkMany(t, 3, (random) => {
    let script = SCRIPTS[random(SCRIPTS.length)]!
    for (let i = random(4); i >= 0; i--) {
      const start = random(script.length + 1)
      const cut = random(3) > 0 ? random(6) : 0
      script = script.slice(0, start) + (TOKENS[random(TOKENS.length)] ?? '') + script.slice(start + cut)
    }
    return script
  })
})

t.test('a long script takes time in proportion to its length', async (t) => {
  const started = performance.now()
  for (const script of [
    "'" + '\\'.repeat(500_000),
    '/' + '\\/'.repeat(500_000),
    '// a\n/'.repeat(100_000),
    'é'.repeat(300_000),
    '9'.repeat(300_000) + '.',
    ' '.repeat(1_000_000),
    'x = 5\n'.repeat(50_000),
    'var é = 5 '.repeat(30_000)
  ]) {
    checkOne(script)
  }
  t.ok(performance.now() - started < 30_000)
})
