import t from 'tap'
import { within } from '../../src/core/within.ts'
import { ManualClock } from '../support/manual-clock.ts'

const never = new Promise<string>(() => undefined)

t.test('what comes in time is the outcome, and nothing is waited for any more', async (t) => {
  const clock = new ManualClock()
  const otherwise = () => t.fail('nobody waits any more')
  t.equal(await within(1000, Promise.resolve('come'), otherwise, clock), 'come')
  await t.rejects(within(1000, Promise.reject(new Error('no')), otherwise, clock), { message: 'no' })
  clock.advance(2000)
})

t.test('what does not come in time is what the caller has instead', async (t) => {
  const clock = new ManualClock()
  const outcome = within(1000, never, () => 'late', clock)
  clock.advance(1000)
  t.equal(await outcome, 'late')
  t.equal(await within(1, never, () => 'late'), 'late', 'by real time, too')
})
