import t from 'tap'
import { StartError } from '../../src/graph/node.ts'
import type { InfluxResult } from '../../src/influxdb/query/cluster.ts'
import { InfluxAway, InfluxRefused } from '../../src/influxdb/query/errors.ts'
import { Harness } from '../support/check.ts'
import { FakeCluster, seriesOf, settled } from '../support/influx.ts'
import { FakePorts } from '../support/ports.ts'

/** A batch task and its database, both in the hands of the test; the clock begins in 1970. */
class Rig {
  readonly cluster = new FakeCluster()
  readonly ports = new FakePorts()
  readonly task: Harness

  constructor(chain: string) {
    this.ports.clusters.set('', this.cluster).set('other', this.cluster)
    this.task = new Harness(`batch|${chain}`, this.ports)
  }

  async advance(ms: number): Promise<this> {
    this.ports.clock.advance(ms)
    await settled()
    return this
  }

  /** The ranges of the queries since the last call, as `start stop`. */
  ranges(): string[] {
    return this.cluster.queries
      .splice(0)
      .map((text) => [...text.matchAll(/1970-01-01T00:(\d\d:[\d.]+)Z/g)].map(([, time]) => time).join(' '))
  }

  stats(): Readonly<Record<string, number>> {
    return this.task.stats('query1')!
  }
}

const QUERY = "query('SELECT v FROM db.rp.m').period(10s).every(10s)"
const T1 = '1970-01-01T00:00:01Z'
const T2 = '1970-01-01T00:00:02Z'

t.test('a query runs when it is due, and each series of its answer is a batch', async (t) => {
  const rig = new Rig(`${QUERY}.groupBy('host')`)
  rig.cluster.answers.push([{ series: [seriesOf('a', [T1, 1], [T2, 2]), seriesOf('b')] }, {}])
  await rig.advance(9_999)
  t.same(rig.cluster.queries, [])
  await rig.advance(1)
  t.same(rig.cluster.queries, [
    "SELECT v FROM db.rp.m WHERE time >= '1970-01-01T00:00:00Z' AND time < '1970-01-01T00:00:10Z' GROUP BY host"
  ])
  t.same(rig.task.output, ['m,host=a tmax=10s [v=1 1s; v=2 2s]', 'm,host=b tmax=10s []'])
  t.match(rig.stats(), { collected: 2, batches_queried: 2, points_queried: 2, errors: 0, queries_missed: undefined })
  t.match(rig.task.stats('batch0'), { collected: 2, emitted: 0 })
})

const SCHEDULES: Readonly<Record<string, readonly [chain: string, ranges: readonly string[]]>> = {
  'from the start': [QUERY, ['00:03 00:13', '00:13 00:23']],
  'on multiples': [`${QUERY}.align()`, ['00:00 00:10', '00:10 00:20']],
  'back by an offset': [`${QUERY}.align().offset(4s)`, ['00:06', '00:06 00:16']],
  'by cron': ["query('SELECT v FROM db.rp.m').period(5s).cron('*/10 * * * * * *')", ['00:05 00:10', '00:15 00:20']],
  'without a period': ["query('SELECT v FROM db.rp.m').every(10s)", ['00:13 00:13', '00:23 00:23']]
}

for (const [name, [chain, ranges]] of Object.entries(SCHEDULES)) {
  t.test(`queries ask for ranges ${name}`, async (t) => {
    const cluster = new FakeCluster()
    const ports = new FakePorts()
    ports.clock.advance(3_000)
    ports.clusters.set('', cluster)
    new Harness(`batch|${chain}`, ports)
    for (let i = 0; i < 4; i++) {
      ports.clock.advance(5_000)
      await settled()
    }
    const found = cluster.queries.map((text) =>
      [...text.matchAll(/1970-01-01T00:(\d\d:[\d.]+)Z/g)].map(([, time]) => time).join(' ')
    )
    t.same(found, ranges)
  })
}

t.test('what falls due while a query runs waits, once; the rest is left out and counted', async (t) => {
  const rig = new Rig(`${QUERY}.align()`)
  let answer: (results: readonly InfluxResult[]) => void = () => undefined
  rig.cluster.answers.push(new Promise((resolve) => (answer = resolve)))
  await rig.advance(10_000)
  t.same(rig.ranges(), ['00:00 00:10'])
  await rig.advance(35_000)
  t.same(rig.ranges(), [])
  answer([])
  await settled()
  t.same(rig.ranges(), ['00:10 00:20'])
  t.equal(rig.stats()['queries_missed'], 2)
  await rig.advance(5_000)
  t.same(rig.ranges(), ['00:40 00:50'])
})

t.test('a refusal is told once, and the next run comes when it is due', async (t) => {
  const rig = new Rig(`${QUERY}.align()`)
  rig.cluster.answers.push(InfluxRefused('database not found: db'))
  await rig.advance(10_000)
  await rig.advance(9_000)
  t.same(rig.ranges(), ['00:00 00:10'])
  t.same(rig.ports.pointErrors, ['database not found: db'])
  t.equal(rig.ports.lines[0]!.message, 'error executing query')
  await rig.advance(1_000)
  t.same(rig.ranges(), ['00:10 00:20'])
  t.equal(rig.stats()['errors'], 1)
})

t.test('a run that finds nobody is tried again until somebody answers', async (t) => {
  const rig = new Rig(`${QUERY}.align()`)
  const away = InfluxAway('connect ECONNREFUSED')
  rig.cluster.answers.push(away, away, [{ series: [seriesOf('a', [T1, 1])] }])
  await rig.advance(10_000)
  for (let i = 0; i < 8; i++) await rig.advance(250)
  t.same(rig.ranges(), ['00:00 00:10', '00:00 00:10', '00:00 00:10'])
  t.same(rig.task.output, ['m,host=a tmax=10s [v=1 1s]'])
  t.match(rig.stats(), { errors: 1, queries_missed: undefined })
})

t.test('when the database stays away, the latest run is made up for and the others are counted', async (t) => {
  const rig = new Rig(`${QUERY}.align()`)
  for (let i = 0; i < 100; i++) rig.cluster.answers.push(InfluxAway('away'))
  for (let i = 0; i < 59; i++) await rig.advance(1_000)
  rig.cluster.answers.length = 0
  rig.ranges()
  t.match(rig.stats(), { errors: 5, queries_missed: 4 })
  for (let i = 0; i < 11; i++) await rig.advance(1_000)
  t.same(rig.ranges().slice(-2), ['00:50 01:00', '01:00 01:10'])
})

t.test('a run that is under way when the database goes does not keep back the one that waits', async (t) => {
  const rig = new Rig(`${QUERY}.align()`)
  let fail: (error: Error) => void = () => undefined
  rig.cluster.answers.push(new Promise((_, reject) => (fail = reject)))
  await rig.advance(25_000)
  fail(InfluxAway('away'))
  await settled()
  t.same(rig.ranges(), ['00:00 00:10', '00:10 00:20'])
  t.match(rig.stats(), { errors: 1, queries_missed: 1 })
})

t.test('a result that cannot be understood is left out, the others stand', async (t) => {
  const rig = new Rig(QUERY)
  const bad = { name: 'm', columns: ['time', 'v'], values: [[1234, 1]] }
  rig.cluster.answers.push([{ series: [bad] }, { series: [seriesOf('a', [T1, 1])] }])
  await rig.advance(10_000)
  t.same(rig.ports.pointErrors, ['unexpected time value: 1234'])
  t.equal(rig.task.output.length, 1)
})

t.test('the end of the task ends its queries, also one that is under way', async (t) => {
  const rig = new Rig(QUERY)
  rig.cluster.answers.push(new Promise(() => undefined))
  await rig.advance(10_000)
  rig.task.finish()
  t.equal(rig.cluster.signals[0]!.aborted, true)
  await rig.advance(60_000)
  t.equal(rig.cluster.queries.length, 1)
})

t.test('a cluster that is not configured is noticed when the task runs', async (t) => {
  const rig = new Rig(`${QUERY}.cluster('nowhere')`)
  await rig.advance(0)
  t.equal(rig.task.failure, 'query1: failed to get InfluxDB client: no such InfluxDB config nowhere')
})

t.test('a schedule that never falls due waits for ever', async (t) => {
  const rig = new Rig("query('SELECT v FROM db.rp.m').cron('0 0 30 2 *')")
  await rig.advance(1e12)
  t.same(rig.cluster.queries, [])
})

const REFUSED: Readonly<Record<string, string>> = {
  "query('SELECT v FROM a.b.m').every(1s)": 'batch query is not allowed to request data from "a"."b"',
  "query('SELECT v FROM db.rp.m, m').every(1s)": 'batch query is not allowed to request data from "".""',
  "query('SELECT v FROM (SELECT v FROM db.rp.m)').every(1s)": 'unknown query source *influxql.SubQuery',
  "query('SELECT v FROM db.rp.m').every(1u)": "'every' must be at least 10ms, not 1µs",
  "query('SELECT v FROM db.rp.m')": "must define one of 'every' or 'cron'",
  "query('SELECT v FROM db.rp.m').every(1s).groupBy(1s, time(1s))": 'groupBy cannot have more than one time dimension',
  "query('SELECT v FROM db.rp.m').every(1s).groupBy(1.5)":
    'invalid dimension type:float64, must be string or time.Duration',
  "query('SELECT v FROM db.rp.m').every(1s).fill('x')": 'unexpected fill option x',
  "query('SELECT v FROM db.rp.m').cron('* * * * *').timezone('Mars')": 'unknown time zone Mars'
}

for (const [chain, message] of Object.entries(REFUSED)) {
  t.test(`${chain} does not start: ${message}`, async (t) => {
    t.throws(() => new Rig(chain), new StartError(message))
  })
}

t.test('fill takes words and numbers', async (t) => {
  for (const [fill, text] of [
    ["'none'", ' fill(none)'],
    ['0', ' fill(0)'],
    ['1.5', ' fill(1.5)'],
    ["'null'", ''],
    ['TRUE', ' fill(previous)']
  ] as const) {
    const rig = new Rig(`query('SELECT v FROM db.rp.m fill(previous)').every(1s).fill(${fill})`)
    await rig.advance(1_000)
    t.equal(rig.cluster.queries[0]!.split("Z'").at(-1), text, fill)
  }
})

t.test('a script of Flux runs as it is, at the time less the offset', async (t) => {
  const rig = new Rig("queryFlux('from(bucket: \"b\")').every(10s).offset(1s).org('o').orgID('i').cluster('other')")
  const csv =
    '#datatype,string,long,dateTime:RFC3339,double,string\n#group,false,false,false,false,true\n#default,,,,,\n'
  rig.cluster.answers.push(`${csv},result,table,_time,_value,host\n,,0,${T1},1.5,a\n`)
  rig.cluster.answers.push(',error\n,no such bucket\n')
  await rig.advance(10_000)
  t.match(rig.cluster.scripts, [{ script: 'from(bucket: "b")', now: { ms: 9_000 }, org: 'o', orgId: 'i' }])
  t.same(rig.task.output, [',host=a tmax=1s [_value=1.5 1s]'])
  await rig.advance(10_000)
  t.same(rig.ports.pointErrors, ['flux query error: no such bucket'])
})

t.test('stats may stand before the first query', async (t) => {
  const rig = new Rig(`stats(5s)\nbatch|${QUERY}|count('v')`)
  await rig.advance(10_000)
  t.equal(rig.task.output.length, 2)
})

t.test('a query goes on in its rhythm where the clock is set back', async (t) => {
  const rig = new Rig(`${QUERY}.align()`)
  rig.ports.clock.set(3_000_000)
  await rig.advance(10_000)
  rig.ranges()
  rig.ports.clock.set(-1_800_000)
  await rig.advance(10_000)
  t.same(rig.ranges(), ['20:10 20:20'])
})

t.test('a query by cron runs at its time of day where the clock is set forward', async (t) => {
  const rig = new Rig("query('SELECT v FROM db.rp.m').period(5s).cron('0 30 * * * * *')")
  rig.ports.clock.set(29 * 60_000)
  await rig.advance(60_000)
  t.same(rig.ranges(), ['29:55 30:00'])
})
