import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { createLogger } from '../../src/core/logger.ts'
import { loadSubscriptionSettings, type SubscriptionConfig } from '../../src/influxdb/load-settings.ts'
import { OpenInputs } from '../../src/ingest/inputs/open-inputs.ts'
import { udp } from '../../src/ingest/inputs/udp.ts'
import { type SubscriberTokens, type SubscriptionSettings, Subscriptions } from '../../src/influxdb/subscriptions.ts'
import { eventually } from '../support/eventually.ts'
import { ManualClock } from '../support/manual-clock.ts'

const config: SubscriptionConfig = {
  enabled: true,
  name: 'default',
  default: true,
  urls: [],
  username: '',
  password: '',
  token: '',
  'http-shared-secret': false,
  'ssl-ca': '',
  'ssl-cert': '',
  'ssl-key': '',
  'insecure-skip-verify': false,
  timeout: 0n,
  compression: 'gzip',
  'disable-subscriptions': false,
  'subscription-protocol': 'http',
  'subscription-mode': 'cluster',
  'subscription-path': '',
  subscriptions: {},
  'excluded-subscriptions': { _kapacitor: ['autogen'] },
  'subscriptions-sync-interval': 60_000_000_000n,
  'startup-timeout': 2_000_000_000n,
  'kapacitor-hostname': '',
  'http-port': 0,
  'udp-bind': '127.0.0.1',
  'udp-buffer': 10,
  'udp-read-buffer': 0
}
const server = { hostname: 'kapok', clusterId: 'c1', serverId: 's1' }

/** Databases with one subscription each at most: `[name, destinations]`. */
type Databases = Record<string, Record<string, readonly (readonly [name: string, destination: string])[]>>

/** An InfluxDB as far as subscriptions go: it notes changes and does not make them. */
async function rigOf(
  t: Test,
  databases: Databases,
  given: Partial<SubscriptionConfig> = {},
  tokens?: SubscriberTokens
) {
  const changes: string[] = []
  const state = { isAway: false, refuses: '' }
  const rows = (name: string, columns: readonly string[], values: readonly unknown[][]) => ({ name, columns, values })
  const answer = (statement: string): object => {
    const [, db = ''] = /^SHOW RETENTION POLICIES ON "(.*)"$/.exec(statement) ?? []
    if (statement === 'SHOW DATABASES') {
      return {
        series: [
          rows(
            'databases',
            ['name'],
            Object.keys(databases).map((name) => [name])
          )
        ]
      }
    }
    if (db !== '')
      return {
        series: [
          rows(
            '',
            ['name', 'duration'],
            Object.keys(databases[db]!).map((rp) => [rp, '0s'])
          )
        ]
      }
    if (statement === 'SHOW SUBSCRIPTIONS') {
      const series = Object.entries(databases).map(([name, policies]) =>
        rows(
          name,
          ['retention_policy', 'name', 'mode', 'destinations'],
          Object.entries(policies).flatMap(([rp, all]) => all.map(([own, to]) => [rp, own, 'ANY', [to]]))
        )
      )
      return { series }
    }
    changes.push(statement)
    return state.refuses !== '' && statement.startsWith(state.refuses) ? { error: 'not allowed' } : {}
  }
  const influx = createServer((request, response) => {
    if (state.isAway) return request.socket.destroy()
    const statement = new URL(request.url!, 'http://x').searchParams.get('q')
    if (statement === null) return response.writeHead(204).end()
    response.end(JSON.stringify({ results: [answer(statement)] }))
  }).listen(0, '127.0.0.1')
  await once(influx, 'listening')
  const url = `http://127.0.0.1:${(influx.address() as { port: number }).port}`

  const clock = new ManualClock()
  const lines: string[] = []
  const taken: string[] = []
  const log = createLogger({ write: (line) => lines.push(line) })
  const inputs = new OpenInputs({
    ...{ clock, log },
    take: ({ db, rp, bytes }) => {
      taken.push(`${db} ${rp} ${Buffer.from(bytes).toString()}`)
      return Promise.resolve(undefined)
    }
  })
  const subscriptions = new Subscriptions({
    settings: loadSubscriptionSettings([{ ...config, urls: [url], ...given }], server, ''),
    listen: (place, { udpBind, udpBuffer, udpReadBuffer }) =>
      inputs.open(udp, { ...place, port: 0, bind: udpBind, buffer: udpBuffer, readBufferBytes: udpReadBuffer }),
    ...{ log, clock, tokens }
  })
  t.teardown(async () => {
    await subscriptions.close()
    influx.closeAllConnections()
    influx.close()
  })
  return { subscriptions, changes, state, clock, lines, taken, databases }
}

const NAME = 'kapacitor-c1'
const HERE = 'http://kapok:9092'

t.test('everything is subscribed to, but what is excluded, once', async (t) => {
  const rig = await rigOf(t, { 'a b': { autogen: [], r: [[NAME, HERE]] }, _kapacitor: { autogen: [], r: [] } })
  rig.subscriptions.start(9092)
  await rig.subscriptions.refresh()
  const made = [
    `CREATE SUBSCRIPTION "${NAME}" ON "a b"."autogen" DESTINATIONS ANY '${HERE}'`,
    `CREATE SUBSCRIPTION "${NAME}" ON "_kapacitor"."r" DESTINATIONS ANY '${HERE}'`
  ]
  t.same(rig.changes, [...made, ...made], 'the database of this test forgets them')
  t.equal(rig.subscriptions.count, 3)
})

t.test('only what is listed is subscribed to, and what is no longer is dropped', async (t) => {
  const rig = await rigOf(
    t,
    {
      a: {
        r: [],
        s: [
          [NAME, HERE],
          ['theirs', HERE]
        ]
      }
    },
    { subscriptions: { a: ['r'] }, 'http-port': 1, 'subscription-path': '/x', 'kapacitor-hostname': 'other' }
  )
  await rig.subscriptions.refresh()
  t.same(rig.changes, [
    `DROP SUBSCRIPTION "${NAME}" ON "a"."s"`,
    `CREATE SUBSCRIPTION "${NAME}" ON "a"."r" DESTINATIONS ANY 'http://other:1/x'`
  ])
})

t.test('subscriptions to another address, and those of old versions, are made anew', async (t) => {
  const rig = await rigOf(t, { a: { r: [[NAME, 'http://kapok:1']], s: [['kapacitor', HERE]], u: [['c1', HERE]] } })
  rig.subscriptions.start(9092)
  await rig.subscriptions.refresh()
  t.same(rig.changes.slice(0, 6), [
    `DROP SUBSCRIPTION "${NAME}" ON "a"."r"`,
    'DROP SUBSCRIPTION "kapacitor" ON "a"."s"',
    'DROP SUBSCRIPTION "c1" ON "a"."u"',
    ...['r', 's', 'u'].map((rp) => `CREATE SUBSCRIPTION "${NAME}" ON "a"."${rp}" DESTINATIONS ANY '${HERE}'`)
  ])
})

t.test(
  'a server that asks who writes gives each subscription a token, and sees when it is no longer good',
  async (t) => {
    const valid = new Set(['good'])
    const tokens: SubscriberTokens = {
      issue: (subscription, db) => Promise.resolve(`new-${subscription}-${db}`),
      isValid: (token, db) => valid.has(token) && db === 'a'
    }
    const to = (token: string): string => `http://~subscriber:${token}@kapok:9092`
    const policies = { r: [[NAME, HERE]], s: [[NAME, to('revoked')]], u: [[NAME, to('good')]] } as const
    const rig = await rigOf(t, { a: policies }, {}, tokens)
    rig.state.refuses = 'CREATE'
    rig.subscriptions.start(9092)
    await t.rejects(rig.subscriptions.refresh())
    t.same(rig.changes.slice(0, 4), [
      `DROP SUBSCRIPTION "${NAME}" ON "a"."r"`,
      `DROP SUBSCRIPTION "${NAME}" ON "a"."s"`,
      `CREATE SUBSCRIPTION "${NAME}" ON "a"."r" DESTINATIONS ANY '${to('new-default%2Fa.r-a')}'`,
      `CREATE SUBSCRIPTION "${NAME}" ON "a"."s" DESTINATIONS ANY '${to('new-default%2Fa.s-a')}'`
    ])
    t.match(rig.lines.join(''), /refused a change of subscriptions/)
    t.notMatch(rig.lines.join(''), 'new-default', 'the log does not hold it')
  }
)

t.test('a server can subscribe for itself', async (t) => {
  const rig = await rigOf(t, { a: { r: [] } }, { 'subscription-mode': 'server', 'subscription-protocol': 'https' })
  await rig.subscriptions.refresh()
  t.same(rig.changes, [`CREATE SUBSCRIPTION "kapacitor-s1" ON "a"."r" DESTINATIONS ANY 'https://kapok:0'`])
})

t.test('datagrams come in at a port of their own for each retention policy', async (t) => {
  const rig = await rigOf(t, { a: { r: [], s: [] } }, { 'subscription-protocol': 'udp' })
  await rig.subscriptions.refresh()
  const ports = rig.changes.map((change) => Number(/'udp:\/\/kapok:(\d+)'$/.exec(change)![1]))
  t.equal(new Set(ports).size, 2)
  delete rig.databases['a']!['r']
  rig.databases['a']!['s'] = [[NAME, `udp://kapok:${ports[1]}`]]
  rig.changes.length = 0
  await rig.subscriptions.refresh()
  t.same(rig.changes, [])

  const socket = createSocket('udp4')
  t.teardown(() => socket.close())
  await eventually('a datagram', () => {
    socket.send('m v=1', ports[1]!, '127.0.0.1')
    return rig.taken.length > 0
  })
  t.equal(rig.taken[0], 'a s m v=1')
})

t.test('a refusal is told, and the others are made all the same', async (t) => {
  const rig = await rigOf(t, { a: { r: [], s: [] } })
  rig.state.refuses = `CREATE SUBSCRIPTION "${NAME}" ON "a"."r"`
  await t.rejects(rig.subscriptions.refresh(), { code: 'SUBSCRIPTIONS_FAILED', status: 500, message: 'not allowed' })
  t.equal(rig.changes.length, 2)
  t.equal(rig.subscriptions.count, 1)
})

t.test(
  'a database that is away at the start is subscribed to when it answers, and compared every so often',
  async (t) => {
    const rig = await rigOf(t, { a: { r: [] } })
    const waitFor = (isDone: () => boolean, ms: number): Promise<true> =>
      eventually('what time brings', () => {
        if (isDone()) return true
        rig.clock.advance(ms)
        return false
      })
    rig.state.isAway = true
    rig.subscriptions.start(9092)
    await waitFor(() => rig.lines.length === 2, 100)
    t.match(rig.lines[0], /failed to subscribe to InfluxDB/)
    t.match(rig.lines[1], /retry limit reached/)
    rig.state.isAway = false
    await waitFor(() => rig.changes.length === 1, 1_000)
    await waitFor(() => rig.changes.length === 2, 1_000)
    rig.state.isAway = true
    await waitFor(() => rig.lines.some((line) => line.includes('failed to compare')), 1_000)
  }
)

t.test('clusters that are off, or shall not send anything, are left alone', async (t) => {
  const settings = (given: Partial<SubscriptionConfig>): readonly SubscriptionSettings[] =>
    loadSubscriptionSettings([{ ...config, ...given }], server, '')
  t.equal(settings({}).length, 1)
  t.equal(settings({ enabled: false }).length, 0)
  t.equal(settings({ 'disable-subscriptions': true }).length, 0)
})
