import t from 'tap'
import { type Instant, instantOfMillis, nanosOf, Instant as At } from '../../../src/core/instant.ts'
import { ReplayClock } from '../../../src/engine/replay/clock.ts'

const at = (ms: number): Instant => instantOfMillis(ms)

t.test('timers come in their order, at their times, and never before', (t) => {
  const clock = new ReplayClock(at(1000))
  const seen: string[] = []
  const note = (name: string) => (): void => void seen.push(`${name} ${nanosOf(clock.now()) / 1_000_000n}`)
  clock.after(50, note('late'))
  clock.after(20, note('soon'))
  const every = clock.every(15, note('every'))
  const cancelled = clock.after(30, note('never'))
  cancelled.cancel()
  t.equal(clock.isDueBy(at(1014)), false)
  t.ok(clock.advance(at(1031), 100))
  t.strictSame(seen, ['every 1015', 'soon 1020', 'every 1030'])
  every.cancel()
  t.ok(clock.advance(new At(1060, 5), 100))
  t.strictSame(seen.slice(3), ['late 1050'])
  t.equal(nanosOf(clock.now()), 1_060_000_005n, 'the time is exact')
  t.end()
})

t.test('it does not go back', (t) => {
  const clock = new ReplayClock(at(1000))
  clock.advance(at(900), 1)
  t.strictSame(clock.now(), at(1000))
  t.end()
})

t.test('after so many callbacks it stops on the way', (t) => {
  const clock = new ReplayClock(at(0))
  let count = 0
  clock.every(1, () => count++)
  t.notOk(clock.advance(at(1_000_000), 10))
  t.equal(count, 10)
  t.strictSame(clock.now(), at(10))
  t.ok(clock.advance(at(15), 10))
  t.equal(count, 15)
  t.end()
})
