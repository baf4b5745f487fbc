import t from 'tap'
import {
  compare,
  formatInstant,
  type Instant,
  instantOfNanos,
  minus,
  nanosBetween,
  nanosOf,
  parseInstant,
  plus,
  round,
  spanOfNanos,
  truncate
} from '../../src/core/instant.ts'

const SECOND = 1_000_000_000n
const at = (nanos: bigint): Instant => instantOfNanos(nanos)

t.test('a time is written with the shortest fraction, also next to others of its second', async (t) => {
  const texts: [bigint, string][] = [
    [0n, '1970-01-01T00:00:00Z'],
    [1_600_000_000n * SECOND, '2020-09-13T12:26:40Z'],
    [1_599_955_199n * SECOND, '2020-09-12T23:59:59Z'],
    [1_599_955_200n * SECOND, '2020-09-13T00:00:00Z'],
    [1_600_000_000n * SECOND + 500_000_000n, '2020-09-13T12:26:40.5Z'],
    [1_600_000_000n * SECOND + 1n, '2020-09-13T12:26:40.000000001Z'],
    [1_600_000_001n * SECOND + 120_000n, '2020-09-13T12:26:41.00012Z'],
    [-1n, '1969-12-31T23:59:59.999999999Z'],
    [-9223372036854775808n, '1677-09-21T00:12:43.145224192Z'],
    [9223372036854775807n, '2262-04-11T23:47:16.854775807Z']
  ]
  for (const [nanos, text] of texts) {
    t.equal(formatInstant(at(nanos)), text)
    t.equal(nanosOf(parseInstant(text)!), nanos)
  }
})

t.test('texts that are no times are told apart', async (t) => {
  t.equal(nanosOf(parseInstant('2020-09-13T14:26:40.25+02:00')!), 1_600_000_000n * SECOND + 250_000_000n)
  for (const text of ['', '2020-09-13', '2020-09-13T12:26:40', '2020-13-01T00:00:00Z', 'x2020-09-13T12:26:40Z']) {
    t.equal(parseInstant(text), undefined, text)
  }
})

t.test('sums and differences are exact to the nanosecond', async (t) => {
  for (const a of [0n, -1n, 999_999n, 1_600_000_000_123_456_789n, -7_000_001n]) {
    t.equal(nanosOf(at(a)), a)
    for (const b of [1n, -1n, 999_999n, 60n * SECOND, -60n * SECOND - 1n]) {
      t.equal(nanosOf(plus(at(a), spanOfNanos(b))), a + b)
      t.equal(nanosOf(minus(at(a), spanOfNanos(b))), a - b)
      t.equal(nanosBetween(plus(at(a), spanOfNanos(b)), at(a)), Number(b))
      t.equal(Math.sign(compare(at(a), at(a + b))), b > 0n ? -1 : 1)
    }
  }
})

t.test('multiples are counted from the year 1', async (t) => {
  const seconds = (time: Instant): number => Number(nanosOf(time)) / 1e9
  t.equal(seconds(truncate(at(0n), spanOfNanos(7n * SECOND))), -4)
  t.equal(seconds(truncate(at(14n * SECOND), spanOfNanos(10n * SECOND))), 10)
  t.equal(seconds(truncate(at(-4n * SECOND), spanOfNanos(10n * SECOND))), -10)
  t.equal(seconds(truncate(at(4n * SECOND), spanOfNanos(0n))), 4)
  t.equal(nanosOf(truncate(at(1_234_567n), spanOfNanos(1_000n))), 1_234_000n)
  t.same(
    [14, 15, 16, -5, -4].map((s) => seconds(round(at(BigInt(s) * SECOND), spanOfNanos(10n * SECOND)))),
    [10, 20, 20, 0, 0]
  )
})
