import t from 'tap'
import { forAll } from '../../src/core/for-all.ts'

t.test('an error for one item keeps no other from its turn, and the first is thrown in the end', (t) => {
  const done: number[] = []
  const work = (item: number): void => {
    done.push(item)
    if (item > 1) throw new Error(`not ${item}`)
  }
  t.throws(() => forAll([1, 2, 3], work), { message: 'not 2' })
  t.strictSame(done, [1, 2, 3])
  t.doesNotThrow(() => forAll([1], work))
  t.end()
})
