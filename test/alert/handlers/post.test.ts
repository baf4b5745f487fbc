import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { DeliveryClient } from '../../../src/alert/handlers/http-client.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { Receiver } from '../rig.ts'
import { collected } from '../support.ts'
import { openHandler, optionsIn } from './rig.ts'
import { callsIn } from './script.ts'

const event = collected({ id: 'id-cpu-a', dataJson: '{"series":[{"name":"<c>","values":[[1.0]]}]}' })

async function startServer(t: Test, listener: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('post sends the event as JSON, with the headers of the script', async (t) => {
  const receiver = await Receiver.start(t)
  const { kind, options } = optionsIn(
    `.post('${receiver.url}/{{ .ID }}?l={{ .Level }}', 'ignored').header('X-One', 'a').header('content-type', 'no').timeout(10s).captureResponse()`
  )
  t.strictSame(options, {
    url: `${receiver.url}/{{ .ID }}?l={{ .Level }}`,
    headers: { 'X-One': 'a', 'content-type': 'no' },
    timeout: 10_000_000_000n,
    'capture-response': true,
    'skip-ssl-verification': false
  })
  await openHandler(kind, options).send(event)
  const [post] = await receiver.take(1)
  t.match(post, { method: 'POST', path: '/id-cpu-a?l=CRITICAL', body: `${event.json}\n` })
  t.match(post!.headers, {
    'x-one': 'a',
    'content-type': 'application/json',
    'content-length': String(event.json.length + 1)
  })
})

t.test('a configured endpoint brings its URL, headers, template and login', async (t) => {
  const receiver = await Receiver.start(t)
  const folder = mkdtempSync(join(tmpdir(), 'post-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'body.tmpl'), '{{ .Level }} {{ eq .PreviousLevel 0 }}')
  const template =
    '{{.ID}} {{.Level}} {{json .Data}}{{ jsonCompact . }}{{ range .Data.Series }} {{ .Name }} {{ .Values }}{{ json . }}{{ end }}'
  const httppost = [
    { endpoint: 'other', url: 'http://nowhere' },
    {
      endpoint: 'ep',
      url: `${receiver.url}/{{ .ID }}`,
      headers: { 'X-A': '1', 'X-B': '2', 'Content-Type': 'text/x' },
      'basic-auth': { username: 'bu', password: 'bp' },
      'alert-template': template
    },
    { endpoint: 'file', url: receiver.url, 'alert-template-file': join(folder, 'body.tmpl') }
  ]
  await openHandler('post', { endpoint: 'ep', url: 'unused', headers: { 'x-b': '3' } }, { httppost }).send(event)
  await openHandler('post', { endpoint: 'file' }, { httppost }).send(event)
  await openHandler('post', { endpoint: 'nosuch', url: `${receiver.url}/url` }, { httppost }).send(event)
  const [first, second, third] = await receiver.take(3)
  t.equal(first!.path, '/id-cpu-a')
  t.match(first!.headers, { authorization: 'Basic YnU6YnA=', 'x-a': '1', 'x-b': '3', 'content-type': 'text/x' })
  const data = '{"series":[{"name":"<c>","values":[[1.0]]}]}'
  t.equal(first!.body, `id-cpu-a CRITICAL ${data}\n${event.json} <c> [[1]]{"name":"\\u003cc\\u003e","values":[[1]]}\n`)
  t.equal(second!.body, 'CRITICAL true')
  t.equal(third!.path, '/url')
  t.throws(() => openHandler('post', { endpoint: 'nosuch' }, { httppost }), {
    message: 'An appropriately formatted url must be specified if an endpoint is not specified'
  })
})

t.test('an answer that is no success is a failure, which may show what was answered', async (t) => {
  const receiver = await Receiver.start(t)
  const send = (options = {}) => openHandler('post', { url: receiver.url, ...options }).send(event)
  receiver.answer = { status: 500, body: 'oops' }
  const text = 'POST returned non 2xx status code: code 500: '
  await t.rejects(send(), {
    failure: 'failed',
    message: `${text}unknown error, use .captureResponse() to capture the HTTP response`
  })
  await t.rejects(send({ 'capture-response': true }), { message: `${text}oops` })
  receiver.answer = { status: 429, headers: { 'Retry-After': '7' } }
  await t.rejects(send(), { failure: 'unavailable', retryAfterMs: 7000, message: /429/ })
  receiver.answer = { status: 503, headers: { 'Retry-After': 'Wed, 21 Oct 2015 07:28:00 GMT' } }
  await t.rejects(send(), { failure: 'unavailable', retryAfterMs: 0, message: /503/ })
  receiver.answer = { status: 503, headers: { 'Retry-After': 'soon' } }
  await t.rejects(send(), { failure: 'unavailable', retryAfterMs: undefined, message: /503/ })
  receiver.answer = { status: 400 }
  await t.rejects(send(), { failure: 'refused', message: /400/ })
  receiver.answer = { status: 299 }
  await send()
  await t.rejects(openHandler('post', { url: 'http://127.0.0.1:9' }).send(event), {
    failure: 'unavailable',
    message: /ECONNREFUSED/
  })
  await t.rejects(openHandler('post', { url: 'ftp://x' }).send(event), {
    failure: 'refused',
    message: 'unsupported URL "ftp://x"'
  })
})

t.test('scripts cannot set some headers', async (t) => {
  t.equal(callsIn(`.post('x').header('Authenticate', 'x')`), "invalid post: cannot set 'authenticate' header")
  t.equal(callsIn(`.snmpTrap('')`), 'invalid SNMP trap "": you must supply a trap Oid')
  t.equal(
    callsIn(`.snmpTrap('1').data('2', 'z', 'v')`),
    'invalid SNMP trap "1": unsupported data type "z" for data entry "2"'
  )
  t.match(callsIn(`.pagerDuty2().link()`), /reflect: Call with too few input arguments$/)
})

t.test('connections are kept, and one that the server has closed is replaced', async (t) => {
  const ports: (number | undefined)[] = []
  let closes = false
  const url = await startServer(t, (request, response) => {
    ports.push(request.socket.remotePort)
    request.resume().on('end', () => {
      if (closes && ports.length === 7) request.socket.destroy()
      else response.end()
    })
  })
  const client = new DeliveryClient()
  t.teardown(() => client.close())
  const post = () => client.post({ url, body: 'x' })
  for (let i = 0; i < 6; i++) await post()
  // A connection rests for a turn after an answer; another one stands in for it meanwhile.
  t.ok(new Set(ports).size <= 2, String(ports))
  closes = true
  t.equal((await post()).status, 200)
  t.equal(ports.length, 8, 'the request was made again')
})

t.test('redirects are followed, as often as makes sense', async (t) => {
  const seen: string[] = []
  const url = await startServer(t, (request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${body}`)
      const [, status, to] = /^\/(30\d)(.*)$/.exec(request.url!) ?? []
      if (status === undefined) response.end('done')
      else response.writeHead(Number(status), { Location: to === '' ? '/302' : to }).end()
    })
  })
  const client = new DeliveryClient()
  t.teardown(() => client.close())
  t.equal((await client.post({ url: `${url}/307/308/end`, body: 'x' })).body, 'done')
  t.equal((await client.post({ url: `${url}/303/end`, body: 'x' })).body, 'done')
  t.strictSame(seen.splice(0), [
    'POST /307/308/end x',
    'POST /308/end x',
    'POST /end x',
    'POST /303/end x',
    'GET /end '
  ])
  t.equal((await client.post({ url: `${url}/302`, body: 'x' })).status, 302)
  t.equal(seen.length, 11)
})

t.test('an answer has to come in time, all of it', async (t) => {
  const url = await startServer(t, (_request, response) => {
    response.writeHead(200)
    response.write('some')
  })
  const handler = openHandler('post', { url, timeout: 50_000_000 })
  await t.rejects(handler.send(event), { failure: 'unavailable', message: /no answer within 50 ms|aborted/ })
})

t.test('a receiver that asks to wait until a date is waited for until then', async (t) => {
  const receiver = await Receiver.start(t)
  const client = new DeliveryClient(undefined, new ManualClock(Date.parse('2015-10-21T07:27:00Z')))
  t.teardown(() => client.close())
  receiver.answer = { status: 503, headers: { 'Retry-After': 'Wed, 21 Oct 2015 07:28:00 GMT' } }
  t.match(await client.post({ url: receiver.url, body: '' }), { status: 503, retryAfterMs: 60_000 })
})
