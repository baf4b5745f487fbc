import t from 'tap'
import { Memo, PairMemo } from '../../src/core/memo.ts'

const keysOf = (count: number, size: number): { readonly size: number }[] =>
  Array.from({ length: count }, () => ({ size }))

t.test('what was worked out for a few keys is not worked out again', (t) => {
  let made = 0
  const memo = new PairMemo((a: { size: number }, b: { size: number }) => ({ a, b, made: made++ }))
  const keys = keysOf(20, 10)
  for (let round = 0; round < 3; round++) for (const a of keys) for (const b of keys) memo.get(a, b)
  t.equal(made, 400)
  t.match(memo.get(keys[3]!, keys[7]!), { a: keys[3]!, b: keys[7]! })
  t.end()
})

t.test('keys of many names are let go, so that what is remembered is bounded by names', (t) => {
  for (const [count, size] of [
    [10_000, 5],
    [100, 10_000]
  ] as const) {
    let made = 0
    const memo = new Memo(() => made++)
    const keys = keysOf(count, size)
    for (const key of keys) memo.get(key)
    t.equal(made, count)
    let known = 0
    for (const key of keys.toReversed()) {
      const before = made
      memo.get(key)
      if (made > before) break
      known++
    }
    t.ok(known > 0 && known * size <= 32_768, `${known} keys of ${size} names`)
  }
  t.end()
})
