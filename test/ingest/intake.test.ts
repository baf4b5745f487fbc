import t from 'tap'
import { Intake, type IntakeLimits, type Lease } from '../../src/ingest/intake.ts'
import { ManualClock } from '../support/manual-clock.ts'

interface Body {
  readonly lease: Lease
  readonly got: number[]
  error?: string
}

class Rig {
  readonly clock = new ManualClock()
  readonly intake: Intake

  constructor(limits: Partial<IntakeLimits> = {}) {
    this.intake = new Intake({ maxBytes: 100, roomMs: 10_000, idleMs: 20_000, totalMs: 60_000, ...limits }, this.clock)
  }

  open(sender = 'somebody'): Body {
    const body: Body = { got: [], lease: this.intake.open(sender, (error) => (body.error = error.message)) }
    return body
  }

  take({ lease, got }: Body, bytes: number): void {
    this.intake.take(lease, bytes, () => got.push(bytes))
  }

  whole({ lease }: Body): void {
    lease.isWhole = true
  }
}

t.test('a body that finds no room goes on when others are done with, in the order in which they came', (t) => {
  const rig = new Rig()
  const [a, b, c, d] = [rig.open(), rig.open(), rig.open(), rig.open()]
  rig.take(a, 60)
  rig.take(b, 40)
  rig.whole(a)
  rig.whole(b)
  rig.take(c, 10)
  rig.take(d, 80)
  t.strictSame([a.got, b.got, c.got, d.got], [[60], [40], [10], []], 'the first that waits may go beyond the bound')
  rig.intake.close(b.lease)
  t.strictSame(d.got, [])
  rig.intake.close(a.lease)
  t.strictSame(d.got, [80])
  rig.intake.close(c.lease)
  rig.intake.close(d.lease)
  t.equal(rig.intake.bytes, 0)
  t.end()
})

t.test('bodies that wait for each other get on: what they take together is the bound and one body', (t) => {
  const rig = new Rig()
  const bodies = Array.from({ length: 10 }, () => rig.open())
  for (const body of bodies) rig.take(body, 10)
  for (const body of bodies) rig.take(body, 90)
  const done: Body[] = []
  let most = 0
  for (let round = 0; round < 10; round++) {
    most = Math.max(most, rig.intake.bytes)
    const next = bodies.find((body) => body.got.length === 2 && !done.includes(body))
    if (next === undefined) break
    done.push(next)
    rig.whole(next)
    rig.intake.close(next.lease)
  }
  t.equal(done.length, 10)
  t.ok(most <= 190, `${most} bytes`)
  t.end()
})

t.test('a body that stalls is given up, at once where others wait for its room', (t) => {
  const rig = new Rig()
  const stalled = rig.open()
  rig.take(stalled, 100)
  rig.clock.advance(19_000)
  t.equal(stalled.error, undefined)
  rig.clock.advance(1000)
  t.equal(stalled.error, 'the body of the request has stalled: nothing came for 20s')
  t.equal(rig.intake.bytes, 0)

  const [other, late] = [rig.open(), rig.open()]
  rig.take(other, 100)
  rig.take(late, 10)
  const third = rig.open()
  rig.take(third, 20)
  t.strictSame([late.got, third.got], [[10], []])
  rig.clock.advance(1000)
  t.match(other.error, /has stalled: nothing came for 1s/)
  t.match(late.error, /has stalled/, 'it has also paused')
  t.strictSame(third.got, [20])
  t.equal(rig.intake.counters.stalled, 3)
  t.end()
})

t.test('a body that drips is given up when its time is over', (t) => {
  const rig = new Rig()
  const body = rig.open()
  rig.take(body, 10)
  for (let second = 0; second < 59; second++) {
    rig.clock.advance(1000)
    rig.intake.heard(body.lease)
  }
  t.equal(body.error, undefined)
  rig.clock.advance(1000)
  t.equal(body.error, 'the body of the request takes too long: it is not whole after 1m')
  t.end()
})

t.test('a body that waits too long for room is refused, and so are those that come when too many wait', (t) => {
  const rig = new Rig()
  const [a, b, c] = [rig.open(), rig.open(), rig.open()]
  rig.take(a, 100)
  rig.whole(a)
  rig.take(b, 10)
  rig.whole(b)
  rig.take(c, 10)
  rig.clock.advance(9000)
  t.equal(c.error, undefined)
  rig.clock.advance(1000)
  t.equal(c.error, 'too many requests are being received, try again later')

  const waiting = Array.from({ length: 300 }, () => rig.open())
  for (const body of waiting) rig.take(body, 10)
  t.equal(waiting.filter(({ error }) => error !== undefined).length, 44)
  t.equal(rig.intake.counters.refused, 45)
  t.end()
})

t.test('of those that wait, whose senders hold least go first', (t) => {
  const rig = new Rig()
  const greedy = Array.from({ length: 5 }, () => rig.open('greedy'))
  for (const body of greedy) rig.take(body, 50)
  t.strictSame(
    greedy.map(({ got }) => got.length),
    [1, 1, 1, 0, 0]
  )
  const modest = rig.open('modest')
  rig.take(modest, 20)
  rig.intake.close(greedy[0]!.lease)
  t.strictSame([modest.got, greedy[3]!.got], [[], []], 'the bound holds again')
  rig.intake.close(greedy[1]!.lease)
  t.strictSame([modest.got, greedy[3]!.got], [[20], []])
  t.end()
})

t.test('what is dealt with takes room, and has all the time that it needs', (t) => {
  const rig = new Rig()
  const body = rig.open()
  rig.take(body, 70)
  rig.whole(body)
  rig.clock.advance(3_600_000)
  t.equal(body.error, undefined)
  t.equal(rig.intake.bytes, 70)
  t.end()
})
