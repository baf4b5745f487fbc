import t from 'tap'
import { createLogger } from '../../src/core/logger.ts'
import { logJumps } from '../../src/server/base.ts'
import { ManualClock } from '../support/manual-clock.ts'

t.test('a jump of the clock is logged once, with how far it was', async (t) => {
  const clock = new ManualClock(1_600_000_000_000)
  const lines: string[] = []
  const end = logJumps(clock, createLogger({ write: (line) => lines.push(line) }))
  clock.set(-3_600_000)
  clock.advance(60_000)
  t.equal(lines.length, 1)
  t.match(JSON.parse(lines[0]!), {
    lvl: 'warn',
    'by-ms': -3_600_000,
    msg: 'the clock of the system has jumped, since it was set or the machine has slept'
  })
  end()
  clock.set(3_600_000)
  t.equal(lines.length, 1)
})
