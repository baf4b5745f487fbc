import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Answer, clientOf } from '../support/client.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { testFolder } from '../support/folder.ts'
import { Receiver } from '../alert/rig.ts'
import { eventually } from '../support/eventually.ts'

// Recordings and replays over HTTP, against the whole program.

const SCRIPT =
  "stream|from().measurement('m').groupBy('h')|alert().id('{{ .Group }}').crit(lambda: \"v\" > 10)|httpOut('out')"
const TASK = { id: 't', dbrps: [{ db: 'd', rp: 'r' }], script: SCRIPT }
/** A point later than every stop here. */
const END = 'm,h=a v=0 4000000000000000000'
const STOP = '2020-01-01T01:00:00Z'

function recordingClient({ url }: TestServer) {
  const call = clientOf(url)
  const ended = (path: string): Promise<Record<string, unknown>> =>
    eventually(`the end of ${path}`, async () => {
      const { status, body } = await call(`GET ${path}`)
      return status !== 202 && body
    })
  return { call, ended }
}

type Client = ReturnType<typeof recordingClient>

const LINES = Array.from(
  { length: 100 },
  (_, i) => `m,h=${i % 2 ? 'a' : 'b'} v=${i % 20} ${1_577_836_800 + i}000000000`
)

async function record({ call, ended }: Client, id: string): Promise<Record<string, unknown>> {
  await call('POST /recordings/stream', { id, task: 't', stop: STOP })
  await call('POST /write?db=d&rp=r', LINES.join('\n'))
  await call('POST /write?db=d&rp=r', END)
  return await ended(`/recordings/${id}`)
}

async function withServer(t: Test, work: (client: Client, server: TestServer) => Promise<void>): Promise<void> {
  const server = await testServer(t, { KAPOK_SECURITY_LOG_FOLDERS_0: '/' })
  const client = recordingClient(server)
  t.match(await client.call('POST /tasks', TASK), { status: 200 })
  await work(client, server)
  await server.close()
  t.strictSame(
    server.lines.filter((line) => !/(replay|recording) failed/.test(line)),
    []
  )
}

t.test('a task that is disabled can be recorded and replayed; its replay can be looked at', (t) =>
  withServer(t, async (client) => {
    const { call, ended } = client
    t.match(await record(client, 'rec'), { status: 'finished', error: '', progress: 1, type: 'stream' })
    t.match(await call('POST /replays', { id: 'rep', task: 't', recording: 'rec', 'recording-time': true }), {
      status: 201,
      body: { status: 'running', stats: {} }
    })
    t.match(await ended('/replays/rep'), {
      status: 'finished',
      stats: { 'node-stats': { from1: { collected: 100 }, alert2: { crits_triggered: 45 } } }
    })
    t.match((await call('GET /tasks/t/out?replay-id=rep')).body, { series: { length: 2 } })
    t.match(await call('GET /tasks/t/out'), { status: 404 })
    t.match(await call('GET /tasks/t?replay-id=rep'), {
      status: 400,
      body: { error: 'no running replay with ID: rep' }
    })
    t.match(await call('DELETE /replays/rep'), { status: 204 })
    t.match(await call('DELETE /recordings/rec'), { status: 204 })
    t.match(await call('GET /recordings/rec'), { status: 500 })
  })
)

t.test('a replay at real speed shows its statistics while it runs, and can be cancelled', (t) =>
  withServer(t, async (client) => {
    const { call } = client
    await record(client, 'rec')
    await call('POST /tasks', { ...TASK, id: 'other' })
    await call('POST /replays', { id: 'rep', task: 't', recording: 'rec', clock: 'real' })
    await eventually('a point of the replay', async () => {
      const { body } = await call('GET /tasks/t?replay-id=rep')
      const stats = (body.stats as { 'node-stats'?: { from1: { collected: number } } } | undefined)?.['node-stats']
      return (stats?.from1.collected ?? 0) > 0
    })
    t.match((await call('GET /tasks/t?replay-id=rep')).body, { executing: true, dot: /digraph t \{\ngraph \[/ })
    t.match(await call('GET /tasks/other?replay-id=rep'), {
      status: 400,
      body: { error: 'replay rep is not for task: other' }
    })
    t.match(await call('GET /kapok/v1/replays/rep'), { body: { status: 'running', total: 100 } })
    t.match(await call('POST /replays', { id: 'rep', task: 't', recording: 'rec' }), {
      status: 500,
      body: { error: 'replay already exists' }
    })
    t.match(await call('DELETE /replays/rep'), { status: 204 })
    t.match(await call('GET /replays/rep'), { status: 404 })
  })
)

t.test('a recording of three points takes little room, and is one like others', async (t) => {
  const dataDir = join(testFolder(t), 'data')
  const server = await testServer(t, { KAPOK_DATA_DIR: dataDir })
  const client = recordingClient(server)
  const { call, ended } = client
  await call('POST /tasks', TASK)
  await call('POST /recordings/stream', { id: 'three', task: 't', stop: STOP })
  await call('POST /write?db=d&rp=r', [...LINES.slice(0, 3), END].join('\n'))
  t.match(await ended('/recordings/three'), { status: 'finished', error: '' })
  await eventually('the packed file', async () => {
    const { size } = (await call('GET /recordings/three')).body
    return size !== 0 && Number(size) < 100_000 && !existsSync(file('three.duckdb'))
  })
  const { size } = (await call('GET /recordings/three')).body
  t.ok(Number(size) < 100_000, String(size))
  t.ok(statSync(file('three.duckdb.gz')).size < 100_000)
  t.strictSame(
    readdirSync(join(dataDir, 'recordings')).filter((name) => !name.startsWith('.')),
    ['three.duckdb.gz']
  )
  t.match(await call('POST /kapok/v1/recordings/three/sql', { query: 'SELECT count(*) FROM three.m' }), {
    body: { rows: [['3']] }
  })
  t.equal(
    (await call('GET /kapok/v1/recordings/three/export?format=line-protocol')).text.split('\n').slice(2).join('\n'),
    `${LINES.slice(0, 3).join('\n')}\n`
  )
  await call('POST /replays', { id: 'rep', task: 't', recording: 'three' })
  t.match(await ended('/replays/rep'), { status: 'finished', stats: { 'node-stats': { from1: { collected: 3 } } } })
  await server.close()

  cpSync(file('three.duckdb.gz'), file('copy.duckdb.gz'))
  const again = await testServer(t, { KAPOK_DATA_DIR: dataDir })
  const second = recordingClient(again)
  await second.call('POST /replays', { id: 'rep', task: 't', recording: 'copy' })
  t.match(await second.ended('/replays/rep'), { stats: { 'node-stats': { from1: { collected: 3 } } } })
  t.match(await second.call('DELETE /recordings/three'), { status: 204 })
  t.notOk(existsSync(file('three.duckdb.gz')))
  await again.close()

  function file(name: string): string {
    return join(dataDir, 'recordings', name)
  }
})

t.test('what is deleted while it runs, or before it does, ends', (t) =>
  withServer(t, async (client) => {
    const { call } = client
    await record(client, 'rec')
    for (const clock of ['real', 'fast']) {
      await call('POST /replays', { id: 'rep', task: 't', recording: 'rec', clock })
      t.match(await call('DELETE /replays/rep'), { status: 204 })
      t.match(await call('GET /replays/rep'), { status: 404 })
    }
    await call('POST /recordings/stream', { id: 'open', task: 't', stop: STOP })
    await call('POST /write?db=d&rp=r', LINES.join('\n'))
    await eventually('all points of the recording', async () => {
      const { body } = await call('GET /kapok/v1/recordings/open')
      return body['points'] === LINES.length && Number(body['size']) > 0
    })
    t.match(await call('POST /replays', { task: 't', recording: 'open' }), { status: 409 })
    t.match(await call('DELETE /recordings/open'), { status: 204 })
    t.match(await call('GET /recordings/open'), { status: 500 })
    t.match((await call('GET /recordings')).body, { recordings: [{ id: 'rec' }] })
    t.match(await record(client, 'open'), { status: 'finished' }, 'its id is free again')
  })
)

t.test(
  'queries beyond the dbrps of their task are not recorded, but a replay of what is recorded asks for nothing',
  async (t) => {
    const influx = await Receiver.start(t)
    const series = { name: 'm', columns: ['time', 'v'], values: [['2020-01-01T00:00:05Z', 7]] }
    influx.answer = { status: 200, body: JSON.stringify({ results: [{ series: [series] }] }) }
    const server = await testServer(t, {
      KAPOK_INFLUXDB_0_ENABLED: 'true',
      KAPOK_INFLUXDB_0_URLS_0: influx.url,
      KAPOK_INFLUXDB_0_DEFAULT: 'true',
      KAPOK_INFLUXDB_0_DISABLE_SUBSCRIPTIONS: 'true'
    })
    const { call, ended } = recordingClient(server)
    const script = "batch|query('SELECT v FROM d.r.m').period(10s).every(10s)|httpOut('out')"
    for (const [id, db] of [
      ['own', 'd'],
      ['other', 'x']
    ] as const) {
      t.match(await call('POST /tasks', { id, script, dbrps: [{ db, rp: 'r' }] }), { status: 200 })
    }
    const range = { start: '2020-01-01T00:00:00Z', stop: '2020-01-01T00:00:10Z' }
    for (const task of ['own', 'other']) await call('POST /recordings/batch', { id: task, task, ...range })
    t.match(await ended('/recordings/own'), { status: 'finished', error: '' })
    const error = 'batch query is not allowed to request data from "d"."r"'
    t.match(await ended('/recordings/other'), { status: 'failed', error })
    await call('POST /replays/batch', { id: 'asked', task: 'other', ...range })
    t.match(await ended('/replays/asked'), { status: 'failed', error: `running replay: ${error}` })
    await call('POST /replays', { id: 'kept', task: 'other', recording: 'own' })
    t.match(await ended('/replays/kept'), { status: 'finished', stats: { 'node-stats': { query1: { collected: 1 } } } })
    await server.close()
  }
)

t.test('a replay tells the handlers of its script, unless it is not to deliver', (t) =>
  withServer(t, async (client, server) => {
    const { call, ended } = client
    const log = join(testFolder(t), 'alerts.log')
    const script = SCRIPT.replace("|httpOut('out')", `.topic('live').log('${log}')`)
    await call('PATCH /tasks/t', { script })
    await record(client, 'rec')
    await call('POST /replays', { id: 'silent', task: 't', recording: 'rec', deliver: false })
    t.match(await ended('/replays/silent'), { status: 'finished', error: '' })
    await call('POST /replays', { id: 'loud', task: 't', recording: 'rec' })
    t.match(await ended('/replays/loud'), { status: 'finished', error: '' })
    // Whoever receives may be slow: a replay does not wait for that, the end of the server does.
    await server.close()
    t.equal(readFileSync(log, 'utf8').match(/"previousLevel"/g)?.length, 53)
  })
)

t.test('several tasks are replayed in one scan', (t) =>
  withServer(t, async (client) => {
    const { call, ended } = client
    await record(client, 'rec')
    const script = "stream|from().measurement('m')|where(lambda: \"v\" > 18)|httpOut('big')"
    await call('POST /tasks', { ...TASK, id: 'u', script })
    t.match(await call('POST /kapok/v1/replays', { id: 'x', recording: 'rec', tasks: ['t', 'u'] }), {
      status: 201,
      body: {
        replays: [
          { id: 'x.0', task: 't' },
          { id: 'x.1', task: 'u' }
        ]
      }
    })
    t.match(await ended('/replays/x.0'), { stats: { 'node-stats': { from1: { emitted: 100 } } } })
    t.match(await ended('/replays/x.1'), { stats: { 'node-stats': { where2: { emitted: 5 } } } })
    t.match(await call('POST /kapok/v1/replays', { recording: 'rec' }), { status: 400 })
  })
)

t.test('a recording goes out and comes in again in every format', (t) =>
  withServer(t, async (client, { url }) => {
    const { call, ended } = client
    await record(client, 'rec')
    const lines = (await call('GET /kapok/v1/recordings/rec/export?format=line-protocol')).text
    t.equal(lines, `# CONTEXT-DATABASE: d\n# CONTEXT-RETENTION-POLICY: r\n${LINES.join('\n')}\n`)
    for (const format of ['parquet', 'csv', 'line-protocol']) {
      const file = await fetch(`${url}/kapok/v1/recordings/rec/export?format=${format}&measurement=m`)
      const body = await file.arrayBuffer()
      const answer = await fetch(`${url}/kapok/v1/recordings/import?id=${format}&format=${format}`, {
        method: 'POST',
        body
      })
      t.match(await answer.json(), { id: format, status: 'running' })
      t.match(await ended(`/recordings/${format}`), { status: 'finished', error: '' })
      t.equal((await call(`GET /kapok/v1/recordings/${format}/export?format=line-protocol`)).text, lines, format)
      await call('POST /replays', { id: format, task: 't', recording: format })
      t.match(await ended(`/replays/${format}`), { stats: { 'node-stats': { from1: { collected: 100 } } } }, format)
    }
    await call(
      'POST /kapok/v1/recordings/import?id=foreign&format=csv&measurement=k&db=d&rp=r&time=t&tags=a',
      'a,t,v\n1,5,2'
    )
    await ended('/recordings/foreign')
    t.match((await call('GET /kapok/v1/recordings/foreign/export?format=line-protocol')).text, /^k,a=1 v=2i 5$/m)
  })
)

t.test('points that line protocol cannot carry are left out of an export, which says so', (t) =>
  withServer(t, async ({ call, ended }) => {
    const path = 'POST /kapok/v1/recordings/import?id=odd&format=csv&measurement=k&db=d&rp=r&time=t&tags=a'
    await call(path, 'a,t,v\n"x v=1 1\nstolen",5,2\nb,6,3')
    t.match(await ended('/recordings/odd'), { status: 'finished', error: '' })
    t.strictSame((await call('GET /kapok/v1/recordings/odd/export?format=line-protocol')).text.split('\n').slice(2), [
      'k,a=b v=3i 6',
      '# points that are left out: 1, the first one since: value of the tag "a" cannot be written as line protocol: "x v=1 1\\nstolen"',
      ''
    ])
    await call(
      'POST /kapok/v1/recordings/import?id=place&format=csv&measurement=k&db=d%0Ak%20v=9&rp=r&time=t',
      't,v\n5,2'
    )
    await ended('/recordings/place')
    t.equal(
      (await call('GET /kapok/v1/recordings/place/export?format=line-protocol')).text,
      '# points that are left out: 1, the first one since: the name "d\\nk v=9" has more than one line\n'
    )
  })
)

t.test('what is wrong with files and formats is said', (t) =>
  withServer(t, async (client) => {
    const { call, ended } = client
    await record(client, 'rec')
    t.match(await call('GET /kapok/v1/recordings/rec/export?format=xml'), { status: 400, body: { error: /xml/ } })
    t.match(await call('GET /kapok/v1/recordings/rec/export?measurement=x'), { status: 404, body: { error: /"x"/ } })
    for (const path of ['none', 'none/export']) {
      t.match(await call(`GET /kapok/v1/recordings/${path}`), { status: 404, body: { error: /no recording exists/ } })
    }
    t.match(await call('POST /kapok/v1/recordings/none/sql', { query: 'SELECT 1' }), { status: 404 })
    t.match(await call('GET /recordings/none'), { status: 500 }, "Kapacitor's status on Kapacitor's path")
    t.match(await call('POST /kapok/v1/recordings/import?id=rec', ''), { status: 409 })
    for (const [id, query, body, error] of [
      ['a', 'format=line-protocol', 'm v=1 1\nm v= 2', "unable to parse 'm v= 2': missing field value"],
      ['b', 'format=csv', 'time,v\n1,2', /has no column measurement/],
      ['c', 'format=csv&measurement=m', 'at,v\n1,2', 'the file has no column time, which is to hold the times'],
      ['d', 'format=parquet', 'PAR1', /./]
    ] as const) {
      await call(`POST /kapok/v1/recordings/import?id=${id}&${query}`, body)
      t.match(await ended(`/recordings/${id}`), { status: 'failed', error })
    }
  })
)

t.test('a recording answers SQL, which sees nothing else and changes nothing', (t) =>
  withServer(t, async (client) => {
    const { call } = client
    await record(client, 'rec')
    const sql = (query: string, limit?: number): Promise<Answer> =>
      call('POST /kapok/v1/recordings/rec/sql', { query, limit })
    t.match(await sql('SELECT h, count(*) AS n, max(v) FROM m GROUP BY h ORDER BY h'), {
      status: 200,
      body: {
        columns: [{ name: 'h', type: 'VARCHAR' }, { name: 'n' }, {}],
        rows: [
          ['a', '50', 19],
          ['b', '50', 18]
        ],
        'is-cut': false
      }
    })
    t.match(await sql('SELECT * FROM m', 7), { body: { rows: { length: 7 }, 'is-cut': true } })
    for (const query of [
      "SELECT * FROM read_csv('/etc/passwd')",
      "COPY m TO '/tmp/x.csv'",
      "ATTACH '/tmp/x.duckdb'",
      'SET enable_external_access = true',
      'DELETE FROM points.m',
      'SELECT 1; SELECT 2',
      'SELEC 1',
      'INSTALL httpfs',
      'LOAD parquet',
      'PRAGMA threads = 4',
      'CALL pragma_version()',
      'CREATE TEMP TABLE x AS SELECT 1',
      'CHECKPOINT',
      'BEGIN'
    ]) {
      t.match(await sql(query), { status: 400 }, query)
    }
    t.match(await sql('SELECT 1', 0), { status: 400 })
    t.match(await sql(''), { status: 400, body: { error: 'must provide query' } })
  })
)

t.test('a backtest tells what another version of a task would have told', (t) =>
  withServer(t, async (client) => {
    const { call } = client
    await record(client, 'rec')
    const backtest = (after: object): Promise<Answer> =>
      call('POST /kapok/v1/backtests', { recording: 'rec', before: { task: 't' }, after: { task: 't', ...after } })
    const alert = (condition: string): string =>
      `stream|from().measurement('m').groupBy('h')|alert().id('{{ .Group }}').details('').message('x').crit(lambda: ${condition})`
    t.match(await backtest({}), { body: { points: 100, same: 18, added: [], missing: [] } })
    const sparse = (await backtest({ script: alert('"v" > 10 AND "h" == \'a\'') })).body
    t.match(sparse, { same: 0, 'changed-text': { length: 9 }, missing: { length: 9 }, added: [] })
    t.match((await backtest({ script: alert('"v" > 12') })).body, { 'changed-time': { length: 10 } })
    t.match(await backtest({ script: 'stream|nothing()' }), { status: 400 })
    t.match(await backtest({ script: "stream|from()|httpOut('x')|httpOut('x')" }), {
      body: { after: { error: /^task start: .*multiple registrations/ } }
    })
    t.match((await call('GET /alerts/topics')).body, { topics: [] })
  })
)
