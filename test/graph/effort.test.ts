import t from 'tap'
import { Effort } from '../../src/graph/effort.ts'
import { ManualClock } from '../support/manual-clock.ts'

t.test('much may be made as long as it takes little time, and little however long it takes', async (t) => {
  const clock = new ManualClock()
  const effort = new Effort(1000, () => clock.elapsedMs())
  for (let i = 0; i < 100; i++) t.ok(effort.spend(100_000))
  effort.begin()
  clock.advance(60_000)
  t.ok(effort.spend(99_999))
})

t.test('nothing more may be made once much has taken too long, until something new comes in', async (t) => {
  const clock = new ManualClock()
  const effort = new Effort(1000, () => clock.elapsedMs())
  clock.advance(1001)
  t.notOk(effort.spend(100_000))
  t.notOk(effort.spend(1))
  effort.begin()
  t.ok(effort.spend(100_000))
})
