import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { asks } from '../../src/api/changes.ts'
import { Connections } from '../../src/api/connections.ts'
import { writeEndpoints } from '../../src/api/endpoints/write.ts'
import { listenAt } from '../../src/api/listen.ts'
import { needs } from '../../src/api/needs.ts'
import { wallClock } from '../../src/core/clock.ts'
import { BodyBuffers } from '../../src/ingest/body-buffers.ts'
import { Intake, type IntakeLimits } from '../../src/ingest/intake.ts'
import type { IngestBody, IngestRouter } from '../../src/ingest/router.ts'
import { testApp } from '../support/app.ts'
import { eventually } from '../support/eventually.ts'

const MIB = 1024 * 1024

interface Rig {
  readonly port: number
  readonly written: { length: number }[]
  readonly writeIntake: Intake
  readonly connections: Connections
}

async function serve(
  t: Test,
  limits: Partial<IntakeLimits> = {},
  { max = 100, headerMs = 0, idleMs = 0 } = {}
): Promise<Rig> {
  const bounds = { maxBytes: 4 * MIB, roomMs: 10_000, idleMs: Infinity, totalMs: Infinity, ...limits }
  const connections = new Connections({ max, headerMs, idleMs }, wallClock)
  const app = testApp({ connections, intake: new Intake(bounds, wallClock), maxBodyBytes: 2 * MIB })
  const writeIntake = new Intake(bounds, wallClock)
  const written: { length: number }[] = []
  const buffers = new BodyBuffers()
  const write = ({ length }: IngestBody): Promise<undefined> => {
    written.push({ length })
    return Promise.resolve(undefined)
  }
  writeEndpoints(app, { ingest: { buffers, write } as unknown as IngestRouter, writeIntake, maxBodyBytes: 2 * MIB })
  app.post('/kapacitor/v1/things', asks('read'), ({ body }) => ({ size: (body as Buffer).length }))
  app.get('/kapacitor/v1/long', needs('read'), () => ({ long: 'x'.repeat(64 * MIB) }))
  const url = await listenAt(app, '127.0.0.1:0')
  t.teardown(() => {
    app.server.closeAllConnections()
    return app.close()
  })
  return { port: Number(new URL(url).port), written, writeIntake, connections }
}

function open({ port }: Rig, localAddress = '127.0.0.1'): Socket {
  const socket = connect({ port, localAddress, host: '127.0.0.1' })
  socket.on('error', () => undefined)
  return socket
}

function post(path: string, length: number): string {
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`
}

/** Everything until the server ends the connection. */
function answerOf(socket: Socket): Promise<string> {
  let answer = ''
  socket.on('data', (data: Buffer) => (answer += data.toString()))
  return new Promise((resolve) => socket.once('close', () => resolve(answer)))
}

t.test('bodies that stall are answered 408 and take no room then, those of writes and all others', async (t) => {
  const rig = await serve(t, { idleMs: 300 })
  for (const path of ['/write?db=d', '/api/v2/write?bucket=d', '/kapacitor/v1/things', '/kapacitor/v1/nothing']) {
    const sockets = Array.from({ length: 20 }, () => open(rig))
    for (const socket of sockets) socket.write(post(path, MIB) + 'x'.repeat(100_000))
    for (const socket of sockets) {
      const answer = await answerOf(socket)
      t.match(answer, /^HTTP\/1.1 408 Request Timeout\r\n/, path)
      t.match(answer, /has stalled: nothing came for \d00ms/, path)
    }
  }
  t.equal(rig.writeIntake.bytes, 0)
  t.equal(rig.writeIntake.counters.stalled, 40)
})

t.test('stalled bodies keep nobody out, and take no more than the bound together', async (t) => {
  const rig = await serve(t)
  const stalled = Array.from({ length: 60 }, () => open(rig, '127.0.0.2'))
  for (const socket of stalled) socket.write(post('/write?db=d', 2 * MIB) + 'x'.repeat(MIB))
  const answers = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const body = 'm v=1\n'.repeat(100_000)
      const answer = await fetch(`http://127.0.0.1:${rig.port}/write?db=d`, { method: 'POST', body })
      t.ok(rig.writeIntake.bytes <= 6 * MIB, `${rig.writeIntake.bytes} bytes`)
      return answer.status
    })
  )
  t.strictSame(answers, [204, 204, 204, 204, 204])
  t.strictSame(rig.written, Array(5).fill({ length: 600_000 }))
  for (const socket of stalled) socket.destroy()
})

t.test('a body that drips is answered 408 when its time is over', async (t) => {
  const rig = await serve(t, { totalMs: 600 })
  const socket = open(rig)
  socket.write(post('/write?db=d', 1000))
  const drip = setInterval(() => socket.write('x'), 50)
  t.match(await answerOf(socket), /^HTTP\/1.1 408 [^]*takes too long: it is not whole after 600ms\n/)
  clearInterval(drip)
})

t.test('a client that goes on sending what was refused reads why, and is cut off when it does not stop', async (t) => {
  const rig = await serve(t)
  const answers = ['/write?db=d', '/kapacitor/v1/things'].map((path) => {
    const socket = open(rig)
    socket.write(post(path, 500 * MIB))
    const send = (): void => {
      while (!socket.destroyed && socket.write(Buffer.alloc(65_536)));
    }
    socket.on('drain', send)
    send()
    return answerOf(socket)
  })
  for (const answer of await Promise.all(answers)) t.match(answer, /^HTTP\/1.1 413 Payload Too Large\r\n/)
})

t.test('a head that does not come is answered 408', async (t) => {
  const rig = await serve(t, {}, { headerMs: 500 })
  for (const head of ['', 'POST /write?db=d HTTP/1.1\r\nHost: loc']) {
    const socket = open(rig)
    socket.write(head)
    t.match(await answerOf(socket), /^(HTTP\/1.1 408 .*)?/s)
  }
})

t.test('a connection without requests is closed', async (t) => {
  const rig = await serve(t, {}, { idleMs: 300 })
  const socket = open(rig)
  socket.write(post('/kapacitor/v1/things', 1) + 'x')
  t.match(await answerOf(socket), /^HTTP\/1.1 200 OK\r\n/)
})

t.test('a client that does not read its answer is cut off', async (t) => {
  const rig = await serve(t, {}, { idleMs: 300 })
  const socket = open(rig)
  socket.write('GET /kapacitor/v1/long HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await once(socket, 'connect')
  await eventually('the connection', () => rig.connections.count > 0)
  await eventually('the end of the connection', () => rig.connections.count === 0)
  socket.destroy()
})

t.test('requests on more connections than there may be are answered 503', async (t) => {
  const rig = await serve(t, {}, { max: 3 })
  const sockets = Array.from({ length: 3 }, () => open(rig))
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  await eventually('all connections', () => rig.connections.count === 3)
  const surplus = open(rig)
  surplus.write(post('/kapacitor/v1/things', 1) + 'x')
  const answer = await answerOf(surplus)
  t.match(answer, /^HTTP\/1.1 503 Service Unavailable\r\n/)
  t.match(answer, /\r\nretry-after: 1\r\n/i)
  t.match(answer, /"error": "too many connections are open, try again later"/)
  t.equal(rig.connections.counters.refused, 1)

  sockets[0]!.destroy()
  await eventually('the end of a connection', () => rig.connections.count < 3)
  const next = open(rig)
  next.write(post('/kapacitor/v1/things', 1) + 'x')
  const [data] = (await once(next, 'data')) as [Buffer]
  t.match(data.toString(), /^HTTP\/1.1 200 OK\r\n/)
  for (const socket of [...sockets, next]) socket.destroy()
})
