import t from 'tap'
import { StartError } from '../../src/graph/node.ts'
import { Harness } from '../support/check.ts'
import { FakePorts } from '../support/ports.ts'

const input = 'm,h=a v=1 1s\nm,h=a v=2 2s\nm,h=b v=3 3s'

/** What the statistics of a script say while the clock goes on; the input comes at `at`. */
function run(script: string, { seconds = 3, at = 1000 } = {}): string[] {
  const harness = new Harness(script, undefined, true)
  const { clock } = harness.ports
  clock.advance(at)
  harness.write(input)
  clock.advance(seconds * 1000 - at)
  harness.finish()
  clock.advance(10_000)
  return harness.output.filter((line) => line.startsWith('stats'))
}

t.test('every interval each group tells how many points it has had, the nil group while there is none', async (t) => {
  t.same(run(`stream|from().groupBy('h')|stats(1s)`), [
    'stats emitted=0i 1s',
    'stats,h=a emitted=2i 2s',
    'stats,h=b emitted=1i 2s',
    'stats,h=a emitted=2i 3s',
    'stats,h=b emitted=1i 3s'
  ])
})

t.test('points are counted on the edge to the child that was defined last', async (t) => {
  const script = `var data = stream|from().groupBy('h') data|where(lambda: FALSE) data|stats(2s) data|where(lambda: "v" > 1)|stats(2s)`
  t.same(run(script), [
    'stats,h=a emitted=1i 2s',
    'stats,h=b emitted=1i 2s',
    'stats,h=a emitted=2i 2s',
    'stats,h=b emitted=1i 2s'
  ])
})

t.test('of batches the points are counted', async (t) => {
  const script = `stream|from()|window().period(2s).every(2s)|stats(2s)`
  t.same(run(script), ['stats emitted=2i 2s'])
})

t.test('aligned statistics come on multiples of the interval, the first too', async (t) => {
  const ports = new FakePorts()
  ports.clock.advance(1700)
  const harness = new Harness(`stream|from()|stats(1s).align()`, ports)
  ports.clock.advance(1500)
  t.same(harness.output, ['stats emitted=0i 2s', 'stats emitted=0i 3s'])
})

t.test('grouped by measurement, all groups are called stats', async (t) => {
  t.same(run(`stream|from().groupByMeasurement()|stats(2s)`), ['stats emitted=3i 2s'])
})

t.test('a deleted group is not told of any more', async (t) => {
  const script = `stream|from().groupBy('h')|barrier().idle(500ms).delete(TRUE)|stats(1s)`
  t.same(run(script, { at: 1700, seconds: 4 }), [
    'stats emitted=0i 1s',
    'stats,h=a emitted=2i 2s',
    'stats,h=b emitted=1i 2s',
    'stats emitted=0i 3s',
    'stats emitted=0i 4s'
  ])
})

t.test('an interval must be positive', async (t) => {
  t.throws(() => new Harness('stream|from()|stats(0s)'), new StartError('stats node must have positive interval'))
})

t.test('an interval that would keep the thread busy is refused', async (t) => {
  const words = 'stats node: interval must be at least 10ms, not 1µs'
  t.throws(() => new Harness('stream|from()|stats(1u)'), new StartError(words))
  t.throws(() => new Harness('stream|from()|deadman(1.0, 1u)'), new StartError(words))
})

t.test('a deadman judges the rate of each group', async (t) => {
  const harness = new Harness(
    `stream|from().groupBy('h')|deadman(1.0, 10s, lambda: "h" != 'c').stateChangesOnly().topic('x')`
  )
  const { clock, events } = harness.ports
  harness.write('m,h=a v=1 1s\nm,h=b v=1 1s\nm,h=c v=1 1s')
  clock.advance(10_000)
  harness.write('m,h=a v=1 1s\nm,h=a v=1 1s')
  clock.advance(20_000)
  t.same(
    events.map(({ id, message, level, timeNs }) => [id, message, level, timeNs / 1_000_000_000n]),
    [
      ["h=b:from1 for task 'task'", "h=b:from1 for task 'task' is dead: 0.000 points/10s.", 3, 20n],
      ["h=a:from1 for task 'task'", "h=a:from1 for task 'task' is dead: 0.000 points/10s.", 3, 30n]
    ]
  )
})

t.test('statistics keep their pace where the clock is set, and bear the time that it shows', async (t) => {
  const ports = new FakePorts()
  ports.clock.set(100_000)
  const harness = new Harness(`stream|from()|stats(1s)`, ports)
  ports.clock.advance(1000)
  ports.clock.set(-60_000)
  ports.clock.advance(1000)
  ports.clock.set(3_600_000)
  ports.clock.advance(1000)
  t.same(harness.output, ['stats emitted=0i 101s', 'stats emitted=0i 42s', 'stats emitted=0i 3643s'])
})

t.test('aligned statistics go on with the next multiple where the clock is set', async (t) => {
  const ports = new FakePorts()
  ports.clock.set(100_500)
  const harness = new Harness(`stream|from()|stats(1s).align()`, ports)
  ports.clock.advance(500)
  ports.clock.set(-60_000)
  ports.clock.advance(1000)
  ports.clock.set(3_600_200)
  ports.clock.advance(800)
  t.same(harness.output, [
    'stats emitted=0i 101s',
    'stats emitted=0i 42s',
    'stats emitted=0i 3642s',
    'stats emitted=0i 3643s'
  ])
})
