import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import t, { type Test } from 'tap'
import { HttpClient, type HttpClientOptions, type HttpRequest } from '../../src/net/http-client.ts'
import { NetworkGuard } from '../../src/net/network-guard.ts'

async function serve(t: Test, listener: RequestListener): Promise<{ readonly url: string; readonly port: number }> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port }
}

function clientOf(t: Test, options: HttpClientOptions = {}) {
  const client = new HttpClient({ environment: {}, ...options })
  t.teardown(() => client.close())
  return async (url: string, request: Partial<HttpRequest> = {}) => {
    const answer = await client.request({ url, timeoutMs: 5000, maxBytes: 1000, body: 'x', ...request })
    return { ...answer, text: answer.body.toString() }
  }
}

const echo = (request: IncomingMessage, response: ServerResponse): void => {
  const { host: _, connection: __, ...headers } = request.headers
  request.resume().on('end', () => response.end(JSON.stringify({ method: request.method, url: request.url, headers })))
}

t.test('a request is made as it was asked for, less what scripts cannot say', async (t) => {
  const { url } = await serve(t, echo)
  const ask = clientOf(t)
  const headers = {
    'X-A': '1',
    'content-length': '99',
    'Transfer-Encoding': 'chunked',
    Connection: 'close',
    Host: 'other'
  }
  t.strictSame(JSON.parse((await ask(`${url}/p?q=1`, { headers })).text), {
    ...{ method: 'POST', url: '/p?q=1' },
    headers: { 'x-a': '1', 'user-agent': 'kapok', 'content-length': '1' }
  })
  t.match(JSON.parse((await ask(url, { method: 'GET', headers: { 'user-agent': 'me' } })).text), {
    ...{ method: 'GET', url: '/' },
    headers: { 'user-agent': 'me', 'content-length': undefined }
  })
  for (const request of [
    () => ask(url, { basicAuth: { username: 'u', password: 'p:w' }, headers: { authorization: 'no' } }),
    () => ask(url.replace('//', '//u:p%3aw@'))
  ]) {
    t.equal(JSON.parse((await request()).text).headers.authorization, `Basic ${btoa('u:p:w')}`)
  }
})

t.test('another server than the one that was asked is not told the credentials', async (t) => {
  const { url } = await serve(t, echo)
  const { url: other } = await serve(t, (request, response) => {
    request.resume()
    response.writeHead(307, { Location: request.url === '/away' ? url : '/back' }).end()
  })
  const { url: same } = await serve(t, (request, response) => {
    if (request.url === '/end') return echo(request, response)
    request.resume()
    response.writeHead(307, { Location: '/end' }).end()
  })
  const ask = clientOf(t)
  const headers = { Authorization: 'secret', Cookie: 'secret', 'X-Other': 'told' }
  const away = JSON.parse((await ask(`${other}/away`, { headers })).text)
  t.match(away.headers, { authorization: undefined, cookie: undefined, 'x-other': 'told' })
  t.match(JSON.parse((await ask(same, { headers })).text).headers, { authorization: 'secret', cookie: 'secret' })
})

t.test('an answer is taken up to its limit, or cut there', async (t) => {
  const { url } = await serve(t, (request, response) => {
    request.resume()
    // Without end.
    const pour = (): void => void (response.write('y'.repeat(10_000)) && !response.destroyed && setImmediate(pour))
    response.on('drain', pour)
    pour()
  })
  const ask = clientOf(t)
  await t.rejects(ask(url), { code: 'ANSWER_TOO_LONG', message: 'the answer is longer than 1000 bytes' })
  t.equal((await ask(url, { cuts: true })).text, 'y'.repeat(1000))
})

t.test('a request ends at its time limit, and when it is given up', async (t) => {
  const { url } = await serve(t, (request, response) => {
    request.resume()
    if (request.url === '/trickle') response.write('y')
  })
  const ask = clientOf(t)
  for (const path of ['/silent', '/trickle']) {
    await t.rejects(ask(url + path, { timeoutMs: 50 }), { message: 'no answer within 50 ms' })
    const abort = new AbortController()
    const asked = ask(url + path, { signal: abort.signal })
    setImmediate(() => abort.abort(new Error('given up')))
    await t.rejects(asked, { message: 'given up' })
  }
  await t.rejects(ask('ftp://x/'), { code: 'URL_UNSUPPORTED', message: 'unsupported URL "ftp://x/"' })
  await t.rejects(ask('nothing'), { code: 'URL_UNSUPPORTED' })
  await t.rejects(ask('http://127.0.0.1:9/'), /ECONNREFUSED/)
  await t.rejects(ask(url, { headers: { 'X-A': 'a\r\nX-B: b' } }), /invalid/i)
})

t.test('no request goes to a blocked network, by address, by name or by a redirect', async (t) => {
  const { url, port } = await serve(t, (request, response) => {
    request.resume()
    response.writeHead(307, { Location: request.url!.slice(1) }).end()
  })
  const ask = clientOf(t, { guard: new NetworkGuard(['127.0.0.0/8', '10.0.0.0/8', '::1']) })
  for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '0177.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]']) {
    await t.rejects(ask(`http://${host}:${port}/`), { code: 'NETWORK_BLOCKED' }, host)
  }
  const open = clientOf(t, { guard: new NetworkGuard(['10.0.0.0/8']) })
  for (const target of ['http://10.1.2.3/', 'http://[::ffff:10.0.0.1]/', 'http://167772161/']) {
    await t.rejects(open(`${url}/${target}`), { code: 'NETWORK_BLOCKED' }, target)
  }
})

t.test('a proxy is asked for what is elsewhere, and for no blocked network', async (t) => {
  const seen: string[] = []
  const { url: target, port: targetPort } = await serve(t, (request, response) => {
    seen.push(`direct ${request.url}`)
    request.resume().on('end', () => response.end('direct'))
  })
  const proxy = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`)
    request.resume().on('end', () => response.end('by proxy'))
  }).listen(0, '127.0.0.1')
  proxy.on('connect', (request, socket) => {
    seen.push(`CONNECT ${request.url}`)
    const upstream = connect(targetPort, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
    upstream.pipe(socket).pipe(upstream)
  })
  await once(proxy, 'listening')
  t.teardown(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  const address = `http://u:p@127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const environment = { http_proxy: address, https_proxy: address, no_proxy: '10.9.9.9' }
  const ask = clientOf(t, { environment })
  t.equal((await ask('http://203.0.113.1/path')).text, 'by proxy')
  t.equal((await ask(`${target}/local`)).text, 'direct')
  await t.rejects(ask('https://203.0.113.1/'), Error, 'what answers there speaks no TLS')
  t.strictSame(seen, [`POST http://203.0.113.1/path Basic ${btoa('u:p')}`, 'direct /local', 'CONNECT 203.0.113.1:443'])
  const guarded = clientOf(t, { environment, guard: new NetworkGuard(['203.0.113.0/24']) })
  await t.rejects(guarded('http://203.0.113.1/'), { code: 'NETWORK_BLOCKED' })
})
