import t from 'tap'
import { awaitTime, type ClockSource, millisOf, SystemClock } from '../../src/core/clock.ts'
import { instantOfMillis } from '../../src/core/instant.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** The two clocks of a system, both in the hands of the test. */
class FakeSystem implements ClockSource {
  #elapsed = 5000
  #offset = 1_600_000_000_000
  /** Time that passes between two readings, as when a thread is held up. */
  held = 0

  pass(ms: number): void {
    this.#elapsed += ms
  }

  set(byMs: number): void {
    this.#offset += byMs
  }

  wallMs(): number {
    return Math.floor(this.#offset + this.elapsedMs())
  }

  elapsedMs(): number {
    this.#elapsed += this.held
    this.held = 0
    return this.#elapsed
  }
}

function rig() {
  const system = new FakeSystem()
  const clock = new SystemClock(system)
  const jumps: number[] = []
  clock.onJump((byMs) => jumps.push(byMs))
  return { system, clock, jumps, told: () => new Promise<void>((resolve) => queueMicrotask(resolve)) }
}

t.test('the time has fractions of a millisecond, and goes with the system', async (t) => {
  const { system, clock, jumps, told } = rig()
  t.equal(millisOf(clock), 1_600_000_005_000)
  system.pass(0.25)
  t.strictSame(clock.now(), instantOfMillis(1_600_000_005_000.25))
  system.pass(3_600_000)
  t.strictSame(clock.now(), instantOfMillis(1_600_003_605_000.25))
  await told()
  t.strictSame(jumps, [])
})

t.test('the time follows the clock of the system, forward and back, and each jump is told once', async (t) => {
  const { system, clock, jumps, told } = rig()
  const before = clock.elapsedMs()
  system.set(86_400_000)
  t.equal(millisOf(clock), 1_600_086_405_000)
  clock.now()
  system.set(-2 * 86_400_000)
  t.equal(millisOf(clock), 1_599_913_605_000)
  system.pass(10)
  t.equal(millisOf(clock), 1_599_913_605_010)
  t.equal(clock.elapsedMs(), before + 10, 'no time has passed by the clock that nobody sets')
  await told()
  t.strictSame(jumps, [86_400_000, -172_800_000])
})

t.test('small steps of the system are followed without a word', async (t) => {
  const { system, clock, jumps, told } = rig()
  for (const step of [5, -40, 900, -999]) {
    system.set(step)
    system.pass(1)
    t.ok(Math.abs(millisOf(clock) - system.wallMs()) < 1, `by ${step} ms`)
  }
  await told()
  t.strictSame(jumps, [])
})

t.test('a thread that is held up between two readings does not take that for a jump', async (t) => {
  const { system, clock, jumps, told } = rig()
  const wallMs = system.wallMs.bind(system)
  system.wallMs = () => {
    const now = wallMs()
    system.held = 3000
    system.wallMs = wallMs
    return now
  }
  t.equal(millisOf(clock), 1_600_000_008_000)
  await told()
  t.strictSame(jumps, [])
})

t.test('who waits for a time is called when the clock shows it, whatever is done to the clock', async (t) => {
  const called: string[] = []
  const begin = (): ManualClock => {
    const clock = new ManualClock(1_000_000)
    called.length = 0
    awaitTime(clock, instantOfMillis(1_060_000), () => called.push(`${(millisOf(clock) - 1_000_000) / 1000}s`))
    return clock
  }
  const plain = begin()
  plain.advance(59_999)
  t.strictSame(called, [])
  plain.advance(60_000)
  t.strictSame(called, ['60s'])

  begin().set(3_600_000)
  t.strictSame(called, ['3600s'], 'past it')
  const early = begin()
  early.set(50_000)
  early.advance(9_999)
  t.strictSame(called, [])
  early.advance(1)
  t.strictSame(called, ['60s'], 'towards it')
  begin().set(-3_600_000)
  t.strictSame(called, ['-3600s'], 'back: it is another time that is to be waited for')
})

t.test('who waits no more for a time is not called', async (t) => {
  const clock = new ManualClock(0)
  awaitTime(clock, instantOfMillis(10), () => t.fail('was called')).cancel()
  clock.advance(100)
  clock.set(-50)
})
