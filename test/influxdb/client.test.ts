import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { gunzipSync, gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { instantOfMillis } from '../../src/core/instant.ts'
import { userOfJwt } from '../../src/auth/jwt.ts'
import { InfluxClient } from '../../src/influxdb/client.ts'
import { loadClusterSettings } from '../../src/influxdb/load-settings.ts'
import type { ClusterSettings } from '../../src/influxdb/settings.ts'
import { testFolder } from '../support/folder.ts'
import { findSecret, secret } from '../support/secret.ts'

const settings: ClusterSettings = {
  name: 'default',
  isDefault: true,
  urls: [],
  username: '',
  password: '',
  token: '',
  sharedSecret: '',
  tls: { ca: '', cert: '', key: '', acceptsAny: false },
  timeoutMs: 0,
  isPacked: true
}

interface Asked {
  readonly line: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

type Reply = (response: ServerResponse) => void

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Reply =>
  (response) =>
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))

/** A server that notes what it is asked and answers in order as told, then with 204; and a client of it. */
async function rigOf(t: Test, replies: readonly Reply[], given: Partial<ClusterSettings> = {}) {
  const left = [...replies]
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      asked.push({ line: `${request.method} ${request.url}`, headers: request.headers, body: Buffer.concat(chunks) })
      ;(left.shift() ?? json(204, ''))(response)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  const client = new InfluxClient({ ...settings, urls: [url], ...given })
  t.teardown(() => {
    client.close()
    server.closeAllConnections()
    server.close()
  })
  return { client, asked, url }
}

const place = { database: 'd b', retentionPolicy: 'r', precision: 'ns', consistency: 'all' }

t.test('a query goes into the address, and its results come back', async (t) => {
  const results = [{ statement_id: 0, series: [{ name: 'm', columns: ['time'], values: [] }] }]
  const packed: Reply = (response) =>
    response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(JSON.stringify({ results })))
  const { client, asked } = await rigOf(t, [packed, json(200, {})], { username: 'u', password: 'p:w' })
  t.same(await client.query('SELECT v FROM "m"'), results)
  t.same(await client.query('x'), [])
  t.equal(asked[0]!.line, 'POST /query?db=&q=SELECT+v+FROM+%22m%22')
  t.match(asked[0]!.headers, {
    authorization: `Basic ${Buffer.from('u:p:w').toString('base64')}`,
    'user-agent': 'KapacitorInfluxDBClient'
  })
})

t.test('points are written packed, or plain where it is so configured', async (t) => {
  const { client, asked } = await rigOf(t, [], { token: 'secret', username: 'u' })
  await client.write(place, 'm v=1 1\nm v=2 2')
  t.equal(asked[0]!.line, 'POST /write?consistency=all&db=d+b&precision=ns&rp=r')
  t.match(asked[0]!.headers, {
    authorization: 'Token secret',
    'content-type': 'application/octet-stream',
    'content-encoding': 'gzip'
  })
  t.equal(gunzipSync(asked[0]!.body).toString(), 'm v=1 1\nm v=2 2')

  const plain = await rigOf(t, [], { isPacked: false })
  await plain.client.write(place, 'm v=1 1')
  t.equal(plain.asked[0]!.body.toString(), 'm v=1 1')
  t.equal(plain.asked[0]!.headers['content-encoding'], undefined)
  t.equal(plain.asked[0]!.headers.authorization, undefined)
})

t.test('a server that says back what it was sent brings no credentials into an error', async (t) => {
  const given = [
    { username: 'u', password: secret('password') },
    { token: secret('token') },
    { username: 'u', sharedSecret: secret('shared') }
  ]
  for (const credentials of given) {
    let authorization = ''
    const echo: Reply = (response) => {
      authorization = response.req.headers.authorization!
      const login = Buffer.from(authorization.replace(/^\w+ /, ''), 'base64').toString()
      json(400, { error: `not for ${authorization}, ${encodeURIComponent(login)}` })(response)
    }
    const { client } = await rigOf(t, [echo], credentials)
    const { message } = await client.ping().then(
      () => new Error('it was taken'),
      (error: unknown) => error as Error
    )
    t.match(message, /^not for \*{8}, /)
    t.equal(findSecret(message), undefined)
    t.notOk(message.includes(authorization.replace(/^\w+ /, '')))
  }
})

t.test('a cluster that shares a secret with us gets a token that is good for a minute', async (t) => {
  const signed = await rigOf(t, [], { username: 'u', sharedSecret: 'key' })
  await signed.client.ping()
  const [word, token] = signed.asked[0]!.headers.authorization!.split(' ') as [string, string]
  t.equal(word, 'Bearer')
  t.equal(
    JSON.stringify(JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString())),
    '{"alg":"HS512","typ":"JWT"}'
  )
  t.equal(userOfJwt(token, 'key', Date.now()), 'u', 'as our own server reads it')
  t.throws(() => userOfJwt(token, 'key', Date.now() + 62_000), { message: /expired/ })
})

t.test('Flux is asked for as annotated CSV, at a time', async (t) => {
  const { client, asked } = await rigOf(t, [json(200, ',result\n')])
  const request = { script: 'from()', now: instantOfMillis(1500), org: 'o', orgId: 'i' }
  t.equal(await client.flux(request), ',result\n')
  t.equal(asked[0]!.line, 'POST /api/v2/query?org=o&orgID=i')
  t.same(JSON.parse(asked[0]!.body.toString()), {
    type: 'flux',
    now: '1970-01-01T00:00:01.5Z',
    query: 'from()',
    dialect: { annotations: ['datatype', 'default', 'group'], delimiter: ',', header: true }
  })
})

t.test('a ping tells the version', async (t) => {
  const { client } = await rigOf(t, [json(204, '', { 'X-Influxdb-Version': '1.6.7' })])
  t.equal(await client.ping(), '1.6.7')
})

const FAILURES: readonly (readonly [status: number, body: unknown, code: string, message: string])[] = [
  [200, { error: 'all of it' }, 'INFLUXDB_REFUSED', 'all of it'],
  [200, { results: [{}, { error: 'the second' }] }, 'INFLUXDB_REFUSED', 'the second'],
  [200, 'no JSON', 'INFLUXDB_REFUSED', 'the answer is no JSON'],
  [400, { error: 'partial write' }, 'INFLUXDB_REFUSED', 'partial write'],
  [401, { code: 'unauthorized', message: 'of 2.x' }, 'INFLUXDB_REFUSED', 'of 2.x'],
  [404, '', 'INFLUXDB_REFUSED', 'InfluxDB answered 404'],
  [500, { error: 'retention policy not found: x' }, 'INFLUXDB_REFUSED', 'retention policy not found: x'],
  [500, { error: 'engine: cache-max-memory-size exceeded' }, 'INFLUXDB_AWAY', 'engine: cache-max-memory-size exceeded'],
  [429, { error: 'slow down' }, 'INFLUXDB_AWAY', 'slow down'],
  [503, '<html>\n', 'INFLUXDB_AWAY', '<html>']
]

t.test('what fails says why, and whether to try again', async (t) => {
  const { client } = await rigOf(
    t,
    FAILURES.map(([status, body]) => json(status, body))
  )
  for (const [status, , code, message] of FAILURES) {
    await t.rejects(client.query('x'), { code, message }, `${status} ${message}`)
  }
})

t.test('addresses take turns, and stand in for each other', async (t) => {
  const one = await rigOf(t, [])
  const two = await rigOf(t, [])
  const gone = 'http://127.0.0.1:1'
  const client = new InfluxClient({ ...settings, urls: [`${one.url}/base/`, gone, two.url] })
  t.teardown(() => client.close())
  for (let i = 0; i < 3; i++) await client.write(place, 'm v=1')
  t.equal(one.asked.length, 1)
  t.match(one.asked[0]!.line, /^POST \/base\/write/)
  t.equal(two.asked.length, 2)
  const lost = new InfluxClient({ ...settings, urls: [gone, gone] })
  await t.rejects(lost.write(place, 'm v=1'), { code: 'INFLUXDB_AWAY', message: /ECONNREFUSED/ })
})

t.test('an answer that does not come in time, or in full, is none', async (t) => {
  const cut: Reply = (response) =>
    void response.writeHead(200, { 'Content-Length': '9' }).write('{', () => response.destroy())
  const { client } = await rigOf(t, [() => undefined, cut, cut], { timeoutMs: 50 })
  await t.rejects(client.query('x'), { code: 'INFLUXDB_AWAY', message: 'no answer within 50 ms' })
  await t.rejects(client.query('x'), { code: 'INFLUXDB_AWAY' })
})

t.test('a query that nobody waits for any more ends', async (t) => {
  const { client } = await rigOf(t, [() => abort.abort()])
  const abort = new AbortController()
  await t.rejects(client.query('x', abort.signal), { name: 'AbortError' })
})

t.test('settings come from the configuration, with what is in the files that it names', async (t) => {
  const dir = testFolder(t, { ca: 'CA', cert: 'CERT', key: 'KEY' })
  const config = {
    enabled: true,
    name: 'a',
    default: false,
    urls: ['https://x'],
    username: 'u',
    password: 'p',
    token: '',
    'http-shared-secret': false,
    'ssl-ca': `${dir}/ca`,
    'ssl-cert': `${dir}/cert`,
    'ssl-key': `${dir}/key`,
    'insecure-skip-verify': true,
    timeout: 2_000_000_000n,
    compression: 'none' as const
  }
  const off = { ...config, name: 'off', enabled: false }
  const [only] = loadClusterSettings([off, config], '')
  t.match(only, {
    name: 'a',
    isDefault: true,
    timeoutMs: 2000,
    isPacked: false,
    tls: { ca: 'CA', cert: 'CERT', key: 'KEY', acceptsAny: true }
  })
  const two = loadClusterSettings(
    [
      { ...config, 'ssl-ca': '', 'ssl-key': '' },
      { ...config, name: 'b', default: true, 'ssl-cert': '', 'ssl-key': '' }
    ],
    ''
  )
  const signing = { ...config, 'http-shared-secret': true }
  t.match(loadClusterSettings([config, signing], 'key'), [{ sharedSecret: '' }, { sharedSecret: 'key' }])
  t.match(two, [
    { isDefault: false, tls: { ca: '', key: 'CERT' } },
    { isDefault: true, tls: { cert: '', key: '' } }
  ])
})

t.test('a server with a certificate is believed where the configuration says so, and asked for ours', async (t) => {
  const fixture = (name: string): string => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8')
  const [cert, key] = [fixture('cert.pem'), fixture('key.pem')]
  const server = createSecureServer(
    { cert, key, ca: cert, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const { authorized } = request.socket as TLSSocket
      response.writeHead(204, { 'X-Influxdb-Version': authorized ? 'known' : 'unknown' }).end()
    }
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url = `https://127.0.0.1:${(server.address() as { port: number }).port}`
  const ping = async (tls: Partial<ClusterSettings['tls']>): Promise<string> => {
    const client = new InfluxClient({ ...settings, urls: [url], tls: { ...settings.tls, ...tls } })
    t.teardown(() => client.close())
    return await client.ping()
  }
  await t.rejects(ping({}), { code: 'INFLUXDB_AWAY', message: /self-signed/ })
  t.equal(await ping({ acceptsAny: true }), 'unknown')
  t.equal(await ping({ ca: cert, cert, key }), 'known')
})
