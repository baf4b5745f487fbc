import t from 'tap'
import { parseGoDuration } from '../../../src/core/duration.ts'
import { formatInstant, type Instant, parseInstant } from '../../../src/core/instant.ts'
import { readSchedule, type ScheduleOptions } from '../../../src/influxdb/query/schedule.ts'

const at = (text: string): Instant => parseInstant(text.includes('T') ? text : `${text}T00:00:00Z`)!

function schedule(options: Partial<ScheduleOptions>) {
  const read = readSchedule({ every: 0n, cron: '', align: false, zone: 'UTC', ...options })
  if (!read.ok) throw new Error(read.error)
  return read.schedule
}

/** The next times of a cron expression after one, without what they have in common with RFC 3339. */
function times(cron: string, after: string, count: number, zone = 'UTC'): string[] {
  const { nextAfter } = schedule({ cron, zone })
  const found: string[] = []
  for (let time = nextAfter(at(after)); time !== undefined && found.length < count; time = nextAfter(time)) {
    found.push(formatInstant(time).replace(/(?:T00:00:00)?Z$/, ''))
  }
  return found
}

// 2024-02 begins on a Thursday and has 29 days.
const CRON: readonly (readonly [cron: string, after: string, times: readonly string[]])[] = [
  ['* * * * *', '2024-02-28T23:58:30Z', ['2024-02-28T23:59:00', '2024-02-29', '2024-02-29T00:01:00']],
  [
    '*/20 1-2 * * *',
    '2024-01-01',
    ['2024-01-01T01:00:00', '2024-01-01T01:20:00', '2024-01-01T01:40:00', '2024-01-01T02:00:00']
  ],
  ['40/10 23 31 12 *', '2024-01-01', ['2024-12-31T23:40:00', '2024-12-31T23:50:00', '2025-12-31T23:40:00']],
  ['5,35 * * * * * *', '2024-01-01T00:00:05Z', ['2024-01-01T00:00:35', '2024-01-01T00:01:05']],
  ['10-50/20 * * * * * 2024', '2024-12-31T23:59:31Z', ['2024-12-31T23:59:50']],
  ['* * * * * * *', '2024-01-01T00:00:00.25Z', ['2024-01-01T00:00:01', '2024-01-01T00:00:02']],
  ['0 0 1 jan,JULY * 2025', '2024-01-01', ['2025-01-01', '2025-07-01']],
  ['0 0 * * mon-wed', '2024-02-01', ['2024-02-05', '2024-02-06', '2024-02-07', '2024-02-12']],
  ['0 0 * * fri-sun', '2024-02-01', ['2024-02-02', '2024-02-03', '2024-02-04', '2024-02-09']],
  ['0 0 * * 5-7', '2024-02-01', ['2024-02-02', '2024-02-03', '2024-02-04', '2024-02-09']],
  ['0 0 * * 7', '2024-02-01', ['2024-02-04', '2024-02-11']],
  ['0 0 13 * fri', '2024-02-01', ['2024-02-02', '2024-02-09', '2024-02-13', '2024-02-16']],
  ['0 0 L * ?', '2024-01-31', ['2024-02-29', '2024-03-31']],
  ['0 0 LW * *', '2024-03-01', ['2024-03-29', '2024-04-30', '2024-05-31', '2024-06-28']],
  ['0 0 15W * *', '2024-06-01', ['2024-06-14', '2024-07-15', '2024-08-15', '2024-09-16']],
  ['0 0 1W,31w * *', '2024-05-30', ['2024-05-31', '2024-06-03', '2024-07-01', '2024-07-31']],
  ['0 0 30W * *', '2024-06-02', ['2024-06-28', '2024-07-30']],
  ['0 0 * * 5L', '2024-02-01', ['2024-02-23', '2024-03-29']],
  ['0 0 * * thu#5,7#1', '2024-02-01', ['2024-02-04', '2024-02-29', '2024-03-03']],
  ['0 0 30 2 *', '2024-01-01', []],
  ['@hourly', '2024-01-01', ['2024-01-01T01:00:00', '2024-01-01T02:00:00']],
  ['@daily', '2024-01-01', ['2024-01-02', '2024-01-03']],
  ['@weekly', '2024-01-01', ['2024-01-07', '2024-01-14']],
  ['@monthly', '2024-01-01', ['2024-02-01', '2024-03-01']],
  ['@yearly', '2024-01-01', ['2025-01-01', '2026-01-01']],
  ['@annually', '2098-06-01', ['2099-01-01']]
]

for (const [cron, after, wanted] of CRON) {
  t.test(`cron "${cron}" after ${after} is due at ${wanted.join(', ') || 'no time'}`, async (t) => {
    t.same(times(cron, after, Math.max(1, wanted.length)), wanted)
  })
}

t.test('cron is read by the clocks of its zone, through the night when they are set forward and back', async (t) => {
  const zone = 'Europe/Berlin'
  t.same(times('30 2 * * *', '2024-03-30', 3, zone), [
    '2024-03-30T01:30:00',
    '2024-03-31T01:30:00',
    '2024-04-01T00:30:00'
  ])
  t.same(times('30 2 * * *', '2024-10-26', 3, zone), [
    '2024-10-26T00:30:00',
    '2024-10-27T00:30:00',
    '2024-10-28T01:30:00'
  ])
  t.same(times('0 0 * * *', '2024-01-01', 2, 'America/St_Johns'), ['2024-01-01T03:30:00', '2024-01-02T03:30:00'])
  t.same(times('0 12 * * *', '2024-01-01T23:30:00Z', 1, 'Asia/Tokyo'), ['2024-01-02T03:00:00'])
  const here = new Date(2024, 0, 1, 12).toISOString().replace('.000', '')
  t.same(times('0 12 1 1 *', '2023-12-01', 1, ''), [here.slice(0, -1)])
})

const REFUSED: readonly (readonly [options: Partial<ScheduleOptions>, error: string])[] = [
  [{}, "must define one of 'every' or 'cron'"],
  [{ every: 1n, cron: '* * * * *' }, "must not set both 'every' and 'cron' properties"],
  [{ every: -1n }, "'every' duration must must non-negative"],
  [{ cron: '* * * *' }, 'missing field(s)'],
  [{ cron: '61 * * * *' }, "syntax error in minute field: '61'"],
  [{ cron: 'x 0 0 * * * *' }, "syntax error in second field: 'x'"],
  [{ cron: '* 24 * * *' }, "syntax error in hour field: '24'"],
  [{ cron: '* * 0 * *' }, "syntax error in day-of-month field: '0'"],
  [{ cron: '* * * 13 *' }, "syntax error in month field: '13'"],
  [{ cron: '* * * * 1,Foo' }, "syntax error in day-of-week field: 'Foo'"],
  [{ cron: '* * * * * 1969' }, "syntax error in year field: '1969'"],
  [{ cron: '*/0 * * * *' }, 'invalid interval */0'],
  [{ cron: '*/60 * * * *' }, 'invalid interval */60'],
  [{ cron: '30-10 * * * *' }, "syntax error in minute field: '30-10'"],
  [{ cron: ', * * * *' }, 'minute field: missing directive'],
  [{ cron: '* * * * *', zone: 'Mars' }, 'unknown time zone Mars']
]

for (const [options, error] of REFUSED) {
  t.test(`${options.cron ?? options.every ?? 'no schedule'} is refused: ${error}`, async (t) => {
    const read = readSchedule({ every: 0n, cron: '', align: false, zone: 'UTC', ...options })
    t.same(read, { ok: false, error })
  })
}

// Kind of question, start, and the time wanted.
const EVERY: readonly (readonly [every: string, align: boolean, first: string, next: string])[] = [
  ['10s', false, '2024-01-01T00:00:13.5Z', '2024-01-01T00:00:23.5Z'],
  ['10s', true, '2024-01-01T00:00:10Z', '2024-01-01T00:00:20Z'],
  ['1500us', true, '2024-01-01T00:00:03.501Z', '2024-01-01T00:00:03.5025Z']
]

for (const [every, align, first, next] of EVERY) {
  t.test(`every ${every}${align ? ' aligned' : ''} goes on from ${first}`, async (t) => {
    const { firstAfter, nextAfter, nextFrom } = bound({ every: parseGoDuration(every)!, align })
    t.equal(formatInstant(firstAfter(at('2024-01-01T00:00:03.5Z'))!), first)
    t.equal(formatInstant(nextAfter(at(first))!), next)
    t.equal(formatInstant(nextFrom(at(first), at(first))!), next, 'where it is early')
  })
}

t.test('times that were slept through are left out', async (t) => {
  const every = bound({ every: 10_000_000_000n })
  t.equal(formatInstant(every.nextFrom(at('2024-01-01'), at('2024-01-01T00:01:05Z'))!), '2024-01-01T00:01:10Z')
  const cron = bound({ cron: '*/5 * * * *' })
  t.equal(formatInstant(cron.nextFrom(at('2024-01-01'), at('2024-01-01T01:01:05Z'))!), '2024-01-01T01:05:00Z')
  t.equal(formatInstant(cron.nextFrom(at('2024-01-01'), at('2024-01-01'))!), '2024-01-01T00:05:00Z')
})

function bound(options: Partial<ScheduleOptions>) {
  const one = schedule(options)
  return {
    firstAfter: (time: Instant) => one.firstAfter(time),
    nextAfter: (time: Instant) => one.nextAfter(time),
    nextFrom: (time: Instant, now: Instant) => one.nextFrom(time, now)
  }
}
