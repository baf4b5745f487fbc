import { connect } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import { testServer } from '../support/server.ts'

t.setTimeout(300_000)

const MIB = 1024 * 1024

async function define(url: string, id: string, script: string): Promise<void> {
  const dbrps = [{ db: 'd', rp: 'r' }]
  const body = JSON.stringify({ id, dbrps, status: 'enabled', script })
  const answer = await fetch(`${url}/kapacitor/v1/tasks`, { method: 'POST', body })
  if (!answer.ok) throw new Error(await answer.text())
}

function write(url: string, body: string | Buffer): Promise<Response> {
  return fetch(`${url}/write?db=d&rp=r`, { method: 'POST', body })
}

t.test('a gibibyte of malformed lines is refused without growth of memory', async (t) => {
  const server = await testServer(t)
  await define(server.url, 'a', "stream|from()|httpOut('out')")
  const body = Buffer.alloc(16 * MIB, 'this,is no=line protocol at=all\n"')
  const refuse = async (): Promise<void> => {
    const answer = await write(server.url, body)
    t.equal(answer.status, 400)
    t.ok((await answer.text()).length < MIB / 2, 'the answer is bounded')
  }
  for (let sent = 0; sent < 8; sent++) await refuse()
  const before = process.memoryUsage.rss()
  for (let sent = 8; sent < 64; sent++) await refuse()
  t.ok(process.memoryUsage.rss() - before < 128 * MIB)
  t.equal((await write(server.url, 'm v=1')).status, 204, 'and it goes on')
  await server.close()
})

t.test('a body over the limit is answered 413, announced or not, packed or not', async (t) => {
  const server = await testServer(t, { KAPOK_HTTP_MAX_BODY_BYTES: '1000' })
  const lines = 'm v=1 1\n'.repeat(200)
  t.equal((await write(server.url, lines)).status, 413)
  const { gzipSync } = await import('node:zlib')
  const packed = await fetch(`${server.url}/write?db=d&rp=r`, {
    method: 'POST',
    body: gzipSync(lines),
    headers: { 'Content-Encoding': 'gzip' }
  })
  t.equal(packed.status, 413)

  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.write('POST /write?db=d&rp=r HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n')
  socket.write(`${lines.length.toString(16)}\r\n${lines}\r\n`)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  t.match(answer.toString(), /^HTTP\/1.1 413 /)
  socket.destroy()
  t.equal((await write(server.url, 'm v=1')).status, 204)
  await server.close()
})

t.test('a bad gzip body is told', async (t) => {
  const server = await testServer(t)
  const { gzipSync } = await import('node:zlib')
  const send = async (body: Buffer): Promise<string> => {
    const headers = { 'Content-Encoding': 'gzip' }
    const answer = await fetch(`${server.url}/write?db=d&rp=r`, { method: 'POST', body, headers })
    return `${answer.status} ${await answer.text()}`
  }
  t.equal(await send(Buffer.from('m v=1')), '400 gzip: invalid header\n')
  t.equal(await send(gzipSync('m v=1').subarray(0, 15)), '400 unexpected EOF\n')
  t.equal(await send(gzipSync('m v=1')), '204 ')
  await server.close()
})

t.test('a script with a catastrophic regular expression does not slow its neighbours', async (t) => {
  const server = await testServer(t)
  await define(server.url, 'bad', 'stream|from().where(lambda: "host" =~ /^(a+)+$/)|httpOut(\'out\')')
  await define(server.url, 'good', "stream|from()|httpOut('out')")
  const started = performance.now()
  for (let i = 0; i < 20; i++) {
    t.equal((await write(server.url, `m,host=${'a'.repeat(5000 + i)}b v=1 ${i}`)).status, 204)
  }
  t.ok(performance.now() - started < 30_000)
  await server.close()
})

t.test('InfluxDB 2 clients can write to a bucket', async (t) => {
  const server = await testServer(t)
  await define(server.url, 'a', "stream|from()|httpOut('out')")
  const send = async (query: string, body: string): Promise<string> => {
    const answer = await fetch(`${server.url}/api/v2/write?${query}`, { method: 'POST', body })
    return `${answer.status} ${(await answer.text()).replace(/\s+/g, ' ')}`
  }
  t.equal(await send('org=any&bucket=d/r&precision=s', 'm v=1 5'), '204 ')
  t.match(await (await fetch(`${server.url}/kapacitor/v1/tasks/a/out`)).text(), /"1970-01-01T00:00:05Z",1/)
  t.equal(
    await send('bucket=d/r', 'm v='),
    `400 { "code": "invalid", "message": "unable to parse 'm v=': missing field value" }`
  )
  t.match(await send('', 'm v=1'), /^400 \{ "code": "invalid"/)
  await server.close()
})
