import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Call, clientOf } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { testFolder } from '../support/folder.ts'
import { type Program, startProgram } from '../support/program.ts'

// A stop takes less than ten seconds, whatever is under way, and is in order where everything that is stored is on disk.

t.setTimeout(120_000)

const DBRPS = [{ db: 'd', rp: 'r' }]
const STOP_MAX_MS = 10_000

async function start(t: Test, environment: Readonly<Record<string, string>> = {}): Promise<Program & { call: Call }> {
  const program = await startProgram(t, join(testFolder(t), 'data'), environment)
  return Object.assign(program, { call: clientOf(program.url) })
}

async function endsInOrder(t: Test, program: Program): Promise<void> {
  const startMs = performance.now()
  t.strictSame(await program.end(), [0, null], 'code and signal')
  const tookMs = performance.now() - startMs
  t.ok(tookMs < STOP_MAX_MS, `${Math.round(tookMs)} ms`)
  t.comment(`stopped after ${Math.round(tookMs)} ms`)
}

/** A peer that takes connections and whatever is sent, and never says a word. */
async function silentPeer(t: Test): Promise<{ readonly port: number; readonly connections: () => number }> {
  let count = 0
  const server = createServer((socket) => {
    count++
    socket.on('error', () => undefined).resume()
    t.teardown(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { port: (server.address() as AddressInfo).port, connections: () => count }
}

t.test('the server stops in order while DuckDB works on a query that takes minutes', async (t) => {
  const program = await start(t)
  const lines = Array.from({ length: 2000 }, (_, i) => `m v=${i} ${i}`).join('\n')
  await program.call('POST /kapok/v1/recordings/import?format=line-protocol&db=d&rp=r&id=rec', lines)
  const { call } = program
  await eventually('the recording', async () => (await call('GET /recordings/rec')).body['status'] === 'finished')
  const query = 'SELECT sum(sin(a.v * b.v * c.v)) FROM rec.m a, rec.m b, rec.m c'
  const asked = call('POST /kapok/v1/recordings/rec/sql', { query }).catch(() => undefined)
  await eventually('DuckDB at work', async () => (await call('GET /kapok/v1/recordings/NONE')).status === 404)
  await endsInOrder(t, program)
  await asked
})

t.test('the server stops in order while a client is in the middle of a body', async (t) => {
  const program = await start(t)
  const { port } = new URL(program.url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(
    `POST /kapacitor/v1/write?db=d&rp=r HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Length: 1000\r\n\r\nm v=1 1\n`
  )
  await once(socket, 'connect')
  await program.call('GET /ping')
  await endsInOrder(t, program)
  socket.destroy()
})

t.test('the server stops in order while receivers of alerts take connections and never answer', async (t) => {
  const { port, connections } = await silentPeer(t)
  const address = `127.0.0.1:${port}`
  const program = await start(t, {
    ...{ KAPOK_SMTP_ENABLED: 'true', KAPOK_SMTP_HOST: '127.0.0.1', KAPOK_SMTP_PORT: String(port) },
    ...{ KAPOK_SMTP_FROM: 'a@example.com', KAPOK_SMTP_TO_0: 'b@example.com' },
    ...{ KAPOK_MQTT_0_ENABLED: 'true', KAPOK_MQTT_0_DEFAULT: 'true', KAPOK_MQTT_0_URL: `tcp://${address}` },
    ...{ KAPOK_KAFKA_0_ENABLED: 'true', KAPOK_KAFKA_0_ID: 'k', KAPOK_KAFKA_0_BROKERS_0: address }
  })
  const handlers = {
    post: { url: `http://${address}` },
    tcp: { address },
    smtp: {},
    mqtt: { topic: 't' },
    kafka: { cluster: 'k', topic: 't' }
  }
  const { call } = program
  for (const [kind, options] of Object.entries(handlers)) {
    const answer = await call('POST /alerts/topics/t/handlers', { id: kind, kind, options })
    t.equal(answer.status, 200, `${kind} ${answer.text}`)
  }
  const script = `stream|from()|alert().crit(lambda: "v" > 0).topic('t')
    stream|from()|httpPost('http://${address}')`
  t.match(await call('POST /tasks', { id: 'a', status: 'enabled', dbrps: DBRPS, script }), { status: 200 })
  t.match(await call('POST /write?db=d&rp=r', 'm v=1 1'), { status: 204 })
  const peers = 1 + Object.keys(handlers).length
  await eventually('a connection to each of them', () => connections() >= peers)
  await endsInOrder(t, program)
})

t.test('the server starts and stops in order while InfluxDB takes connections and never answers', async (t) => {
  const { port, connections } = await silentPeer(t)
  const program = await start(t, {
    KAPOK_INFLUXDB_0_ENABLED: 'true',
    KAPOK_INFLUXDB_0_URLS_0: `http://127.0.0.1:${port}`
  })
  const { call } = program
  const out = `stream|from()|influxDBOut().database('o').buffer(1)`
  t.match(await call('POST /tasks', { id: 'out', status: 'enabled', dbrps: DBRPS, script: out }), { status: 200 })
  const batch = `batch|query('SELECT v FROM d.r.m').period(1s).every(100ms)|httpOut('o')`
  t.match(await call('POST /tasks', { id: 'batch', status: 'enabled', dbrps: DBRPS, script: batch }), { status: 200 })
  t.match(await call('POST /write?db=d&rp=r', 'm v=1 1'), { status: 204 })
  await eventually('connections to it', () => connections() >= 2)
  await endsInOrder(t, program)
})
