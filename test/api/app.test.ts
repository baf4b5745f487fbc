import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import type { App } from '../../src/api/app.ts'
import { asks } from '../../src/api/changes.ts'
import { needs } from '../../src/api/needs.ts'
import { createLogger } from '../../src/core/logger.ts'
import { testApp } from '../support/app.ts'
import { problem } from '../support/problem.ts'

function app(): App {
  const app = testApp({ maxBodyBytes: 1000 })
  app.get('/kapacitor/v1/things', needs('read'), () => ({ things: ['<x>'] }))
  app.post('/kapacitor/v1/things', asks('read'), (request) => ({
    size: (request.body as Buffer | undefined)?.length ?? null
  }))
  app.get('/kapacitor/v1/things/*', needs('read'), (request) => ({ rest: (request.params as { '*': string })['*'] }))
  app.get('/kapacitor/v1/long', needs('read'), () => 'x'.repeat(2000))
  app.delete('/kapacitor/v1/things/*', asks('read'), (_request, reply) => reply.code(204).send())
  app.get('/kapacitor/v1/broken', needs('read'), () => {
    throw new Error('oops <&>')
  })
  return app
}

/** Method and URL, status, body (JSON is compared as a value). */
const cases: readonly [string, number, unknown][] = [
  ['GET /kapacitor/v1/things', 200, { things: ['<x>'] }],
  ['GET /kapacitor/v1/things?x=//', 200, { things: ['<x>'] }],
  ['GET /kapacitor/v1/things/', 200, { rest: '' }],
  ['GET /kapacitor/v1/things/a/b', 200, { rest: 'a/b' }],
  ['GET /kapacitor/v1/things/a%2Fb%20%C3%A9', 200, { rest: 'a/b é' }],
  [`GET /kapacitor/v1/things/${'x'.repeat(300)}`, 200, { rest: 'x'.repeat(300) }],
  ['GET /kapacitor/v1/things/%zz', 400, problem('malformed URL')],
  ['GET /kapacitor/v1preview/things', 200, { things: ['<x>'] }],
  ['GET /kapacitor/v1preview/nothing', 404, problem('Not Found')],
  ['GET /kapacitor/v1preview/logs', 404, problem('Not Found')],
  ['GET /kapacitor/v1preview', 404, problem('Not Found')],
  ['HEAD /kapacitor/v1/things', 404, ''],
  ['PUT /kapacitor/v1/things', 404, problem('Not Found')],
  ['DELETE /kapacitor/v1/things', 404, problem('Not Found')],
  ['DELETE /kapacitor/v1/things/a', 204, ''],
  ['GET /kapacitor/v1/THINGS', 404, problem('Not Found')],
  ['GET /', 404, problem('Not Found')],
  ['GET /kapacitor/v1/broken', 500, problem('oops <&>')],
  ['OPTIONS /anything/at/all', 200, ''],
  ['POST /kapacitor/v1/things', 200, { size: null }]
]

t.test('requests are routed as in Kapacitor', async (t) => {
  for (const [request, status, body] of cases) {
    const [method, url] = request.split(' ') as ['GET', string]
    const answer = await app().inject({ method, url })
    t.equal(answer.statusCode, status, request)
    if (body === '') t.equal(answer.body, '', request)
    else t.strictSame(JSON.parse(answer.body), body, request)
    t.equal(answer.headers['content-type'], 'application/json; charset=utf-8', request)
  }
})

t.test('the server does not start with a route that declares not what it needs, or not what it changes', (t) => {
  const app = testApp({ maxBodyBytes: 1000 })
  t.throws(() => app.get('/kapacitor/v1/open', () => ({})), { message: /declares no needs/ })
  t.throws(() => app.post('/kapacitor/v1/open', needs('tasks'), () => ({})), { message: /declares no changes/ })
  t.end()
})

t.test('JSON is indented by four spaces and escapes HTML', async (t) => {
  const { body } = await app().inject('/kapacitor/v1/things')
  t.equal(body, '{\n    "things": [\n        "\\u003cx\\u003e"\n    ]\n}')
})

t.test('every answer names request and version, OPTIONS only the request', async (t) => {
  for (const url of ['/kapacitor/v1/things', '/nothing']) {
    const { headers } = await app().inject({ url, headers: { 'request-id': 'mine' } })
    t.match(headers['request-id'], /^[0-9a-f-]{36}$/)
    t.match(headers['x-kapacitor-version'], /^1\.8\.3/)
    t.equal(headers['access-control-allow-origin'], undefined)
  }
  const { headers } = await app().inject({ method: 'OPTIONS', url: '/', headers: { origin: 'http://o' } })
  t.match(headers, { 'request-id': /./ })
  t.equal(headers['x-kapacitor-version'], undefined)
})

t.test('a path that is not clean is redirected to the clean one', async (t) => {
  const server = app()
  await server.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => server.close())
  const { port } = server.server.address() as AddressInfo
  for (const [url, location] of [
    ['//kapacitor/v1/things', '/kapacitor/v1/things'],
    ['/kapacitor//v1/./things/?a=//', '/kapacitor/v1/things/?a=//'],
    ['/kapacitor/v1/x/../things', '/kapacitor/v1/things'],
    ['/kapacitor/v1/..', '/kapacitor'],
    ['/..', '/'],
    ['/kapacitor/v1preview//things', '/kapacitor/v1preview/things']
  ] as const) {
    const answer = await new Promise<IncomingMessage>((resolve) => get({ port, path: url, agent: false }, resolve))
    t.equal(answer.statusCode, 301, url)
    t.equal(answer.headers.location, location, url)
    t.equal(await text(answer), `<a href="${location}">Moved Permanently</a>.\n\n`)
  }
})

t.test('long answers are packed where the client takes gzip', async (t) => {
  const plain = await app().inject('/kapacitor/v1/long')
  t.equal(plain.headers['content-encoding'], undefined)
  const packed = await app().inject({ url: '/kapacitor/v1/long', headers: { 'accept-encoding': 'deflate, gzip' } })
  t.equal(packed.headers['content-encoding'], 'gzip')
  t.equal(gunzipSync(packed.rawPayload).toString(), plain.body)
  t.equal(Number(packed.headers['content-length']), packed.rawPayload.length)
})

t.test('a body is taken whatever its type is said to be, up to the limit', async (t) => {
  for (const type of ['application/json', 'text/plain', 'nonsense', 'multipart/form-data', ';;']) {
    const answer = await app().inject({
      method: 'POST',
      url: '/kapacitor/v1/things',
      payload: 'abc',
      headers: { 'content-type': type }
    })
    t.strictSame(answer.json(), { size: 3 }, type)
  }
  const answer = await app().inject({ method: 'POST', url: '/kapacitor/v1/things', payload: 'x'.repeat(1001) })
  t.equal(answer.statusCode, 413)
  t.strictSame(answer.json(), problem('request entity too large'))
})

t.test('the routes are listed', async (t) => {
  const { body } = await app().inject('/kapacitor/v1/:routes')
  t.match(JSON.parse(body), {
    '/kapacitor/v1/things': ['GET', 'POST'],
    '/kapacitor/v1/things/': ['GET', 'DELETE'],
    '/kapacitor/v1/:routes': ['GET']
  })
})

t.test('every request is logged, passwords are not', async (t) => {
  const lines: string[] = []
  const app = testApp({ log: createLogger({ write: (line) => lines.push(line) }), logRequests: true })
  await app.inject('/x?u=me&p=secret&q=1')
  t.match(JSON.parse(lines[0]!), {
    msg: 'http request',
    service: 'http',
    method: 'GET',
    uri: '/x?u=me&p=[REDACTED]&q=1',
    status: 404,
    protocol: 'HTTP/1.1',
    duration: /s$/
  })
})
