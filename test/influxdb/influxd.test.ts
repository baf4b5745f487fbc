import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { createLogger } from '../../src/core/logger.ts'
import { instantOfMillis } from '../../src/core/instant.ts'
import { QueryTemplate, readSelect } from '../../src/influxdb/query/query-template.ts'
import { startServer } from '../../src/server.ts'
import { clientOf } from '../support/client.ts'
import { type Influxd, startInfluxd, withoutInfluxd } from '../support/influxd.ts'
import { testFolder } from '../support/folder.ts'
import { eventually } from '../support/eventually.ts'
import { AS_ADMIN, WITH_ADMIN } from '../support/admin.ts'

/** What only a real InfluxDB can show; the recorded cases of Kapacitor are in `test/conformance`. */
const options = { skip: withoutInfluxd }

async function start(
  t: Test,
  influxd: Influxd,
  environment: Record<string, string> = {},
  headers: Readonly<Record<string, string>> = {}
) {
  const { config } = loadConfig({
    file: 'config/kapok.yaml',
    environment: { KAPOK_SHARDS_COUNT: '1', KAPOK_INFLUXDB_0_URLS_0: influxd.url, ...environment },
    flags: { bind: '127.0.0.1:0', dataDir: join(t.testdirName, 'data'), hostname: '127.0.0.1' }
  })
  const server = await startServer(config, createLogger({ write() {} }))
  t.teardown(() => server.close())
  const client = clientOf(server.url, headers)
  const call = async (request: string, body?: unknown): Promise<Answer> => (await client(request, body)).body
  const statistics = async (node: string): Promise<Readonly<Record<string, number>>> =>
    (await call('GET /tasks/a')).stats?.['node-stats'][node] ?? {}
  return { call, statistics }
}

interface Answer {
  readonly executing?: boolean
  readonly error?: string
  readonly series?: readonly { readonly values: readonly unknown[] }[] | null
  readonly stats?: { readonly 'node-stats': Readonly<Record<string, Readonly<Record<string, number>>>> }
  readonly num_subscriptions?: number
}

const countOf = async (influxd: Influxd, statement: string): Promise<unknown> => {
  const [result] = await influxd.query(statement)
  return result?.series?.[0]?.values[0]?.[1]
}

t.test(
  'a server that asks for users gets what is written to a subscribed InfluxDB, and nothing else does',
  options,
  async (t) => {
    const folder = testFolder(t, { influxd: {} })
    const influxd = await startInfluxd(join(folder, 'influxd'))
    t.teardown(() => influxd.stop())
    await influxd.query('CREATE DATABASE d')
    const { call } = await start(t, influxd, WITH_ADMIN, AS_ADMIN)
    await call('POST /tasks', {
      ...{ id: 'a', status: 'enabled', dbrps: [{ db: 'd', rp: 'autogen' }] },
      script: "stream|from().measurement('m')|httpOut('seen')"
    })
    const subscriptionOf = async (): Promise<string | undefined> => {
      const [result] = await influxd.query('SHOW SUBSCRIPTIONS')
      return result?.series?.find(({ name }) => name === 'd')?.values.join(' ')
    }
    t.match(await eventually('a subscription', subscriptionOf), /http:\/\/~subscriber:kapok_[^@]+@127\.0\.0\.1:\d+/)
    // InfluxDB looks for new subscriptions every ten seconds; a write that comes before is not sent on.
    await eventually('what was written', async () => {
      await influxd.write('d', 'm v=1')
      return (await call('GET /tasks/a/seen')).series
    })
  }
)

t.test(
  'tasks live through an outage of the database, and what they wrote meanwhile is there after it',
  options,
  async (t) => {
    const folder = testFolder(t, { influxd: {} })
    let influxd = await startInfluxd(join(folder, 'influxd'))
    t.teardown(() => influxd.stop())
    await influxd.query('CREATE DATABASE d')
    await influxd.write('d', 'm v=1 1\nm v=2 2')
    const { call, statistics } = await start(t, influxd, { KAPOK_INFLUXDB_0_DISABLE_SUBSCRIPTIONS: 'true' })
    const dbrps = [{ db: 'd', rp: 'autogen' }]
    const query = `batch|query('SELECT count(v) AS n FROM d.autogen.m').period(500000h).every(100ms)|httpOut('n')`
    const write = `stream|from()|influxDBOut().measurement('copy').buffer(1)`
    await call('POST /tasks', { id: 'b', type: 'batch', dbrps, status: 'enabled', script: query })
    await call('POST /tasks', { id: 'a', type: 'stream', dbrps, status: 'enabled', script: write })
    const counted = async (n: number): Promise<boolean> =>
      JSON.stringify((await call('GET /tasks/b/n')).series?.[0]?.values[0] ?? '').endsWith(`,${n}]`)
    await eventually('two points', () => counted(2))

    await influxd.stop()
    for (let i = 0; i < 20; i++) await call('POST /write?db=d&rp=autogen', `x v=${i} ${i + 1}`)
    await eventually('a write error', async () => (await statistics('influxdb_out2'))['write_errors'] === 1)
    await eventually(
      'what was written again',
      async () => ((await call('GET /tasks/b')).stats?.['node-stats']['query1']?.['queries_missed'] ?? 0) > 1
    )

    influxd = await startInfluxd(join(folder, 'influxd'), influxd.port)
    await influxd.write('d', 'm v=3 3')
    await eventually('three points', () => counted(3))
    await eventually(
      'twenty points',
      async () => (await countOf(influxd, 'SELECT count(v) FROM d.autogen.copy')) === 20
    )
    // InfluxDB has them a moment before the node knows.
    await eventually('the count of them', async () => (await statistics('influxdb_out2'))['points_written'] === 20)
    t.match(await statistics('influxdb_out2'), { write_errors: 1, points_dropped: undefined })
    t.match(await call('GET /tasks/b'), { executing: true, error: '' })
  }
)

t.test('InfluxDB sends what is written there, over HTTP and as datagrams', options, async (t) => {
  const folder = testFolder(t, { influxd: {} })
  const influxd = await startInfluxd(join(folder, 'influxd'))
  t.teardown(() => influxd.stop())
  await influxd.query('CREATE DATABASE d')
  for (const protocol of ['http', 'udp']) {
    await t.test(protocol, async (t) => {
      testFolder(t, {})
      const { call } = await start(t, influxd, {
        KAPOK_INFLUXDB_0_SUBSCRIPTION_PROTOCOL: protocol,
        KAPOK_INFLUXDB_0_SUBSCRIPTION_MODE: 'server',
        KAPOK_INFLUXDB_0_UDP_BIND: '127.0.0.1'
      })
      const script = "stream|from()|httpOut('out')"
      await call('POST /tasks', { id: 'a', dbrps: [{ db: 'd', rp: 'autogen' }], status: 'enabled', script })
      await eventually('a subscription', async () => ((await call('GET /debug/vars')).num_subscriptions ?? 0) >= 1)
      await call('POST /subscriptions')
      await eventually('what was written', async () => {
        await influxd.write('d', 'm v=7 1')
        return JSON.stringify((await call('GET /tasks/a/out')).series).includes('"1970-01-01T00:00:00.000000001Z",7')
      })
      const [found] = await influxd.query('SHOW SUBSCRIPTIONS')
      t.match(JSON.stringify(found), new RegExp(`kapacitor-.*${protocol}://127.0.0.1:\\d+`))
    })
  }
})

t.test('InfluxDB takes the queries as they are rewritten', options, async (t) => {
  const influxd = await startInfluxd(testFolder(t, {}))
  t.teardown(() => influxd.stop())
  await influxd.query('CREATE DATABASE d')
  await influxd.write('d', 'm,host=a v=1,w=2i,s="it\'s" 1\nm,host=b v=3 2000000000')
  const texts = [
    'SELECT v FROM d.autogen.m',
    'SELECT * FROM "d"."autogen"."m", d.autogen./^m/ WHERE host =~ /^[ab\\/]$/ OR "host" = \'it\\\'s\' ORDER BY time DESC LIMIT 1',
    'SELECT mean(v) + 1 * 2 AS "a b", count(distinct(v)), percentile(v, 95.5) FROM d..m WHERE v > -1.5 fill(0) SLIMIT 5',
    "SELECT max(v) FROM d.autogen.m WHERE (v >= 0.5 AND w <> 7) AND time > now() - 1w tz('Europe/Berlin')",
    'SELECT v::float, w::field FROM d.autogen.m',
    'SELECT mean(n) FROM (SELECT count(v) AS n FROM d.autogen.m GROUP BY host)'
  ]
  for (const text of texts) {
    const read = readSelect(text)
    if (!read.ok) throw new Error(read.error)
    const isCall = /\b(mean|max)\(/.test(text)
    const time = { kind: 'time', every: 1_500_000_001n, offset: -1_000_001n } as const
    const dimensions = [...(isCall ? [time] : []), { kind: 'tag', name: 'host' } as const]
    const template = new QueryTemplate(read.statement, { dimensions, fill: undefined, alignGroup: isCall })
    const [result] = await influxd.query(template.textFor(instantOfMillis(-1), instantOfMillis(5_000)))
    t.equal(result?.error, undefined, text)
  }
})
