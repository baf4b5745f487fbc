import t from 'tap'
import { Backoff, backoffMs } from '../../src/core/backoff.ts'

t.test('a wait doubles with every failure, up to its bound, however many there are', (t) => {
  t.same(
    [0, 1, 2, 3, 4, 1e9].map((failures) => backoffMs(failures, 100, 700)),
    [100, 200, 400, 700, 700, 700]
  )
  t.end()
})

t.test('up to a quarter of a wait is taken off by chance, and a success begins anew', (t) => {
  let chance = 0
  const backoff = new Backoff(100, 1000, () => chance)
  t.equal(backoff.nextMs(), 100)
  chance = 1
  t.equal(backoff.nextMs(), 150)
  backoff.reset()
  t.equal(backoff.nextMs(), 75)
  t.end()
})
