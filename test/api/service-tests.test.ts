import { createServer, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { handlerKinds, serviceTests } from '../../src/alert/handlers/index.ts'
import { handlerServices } from '../../src/alert/service-tests.ts'
import { serviceTestEndpoints } from '../../src/api/endpoints/service-tests.ts'
import { testApp } from '../support/app.ts'
import { Receiver } from '../alert/rig.ts'
import { depsOf } from '../alert/handlers/rig.ts'
import { problem } from '../support/problem.ts'

const BASE = '/kapacitor/v1/service-tests'

function start(sections: Readonly<Record<string, unknown>> = {}) {
  const app = testApp()
  serviceTestEndpoints(app, { serviceTests: handlerServices(serviceTests, handlerKinds, depsOf(sections)) })
  return async (request: string, body?: unknown) => {
    const [method, path] = request.split(' ') as ['GET', string]
    const payload = body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }
    const answer = await app.inject({ method, url: `${BASE}${path}`, ...payload })
    return { status: answer.statusCode, text: answer.body, json: JSON.parse(answer.body) as Record<string, unknown> }
  }
}

t.test('services are listed by name, with what a test sends', async (t) => {
  const ask = start({
    hipchat: { room: 'r' },
    opsgenie2: {},
    smtp: { to: ['a@x.com'] },
    slack: [
      { workspace: 'a', channel: '#a' },
      { workspace: 'b', default: true, channel: '#b' }
    ]
  })
  const { text, json } = await ask('GET ')
  t.match(text, /^\{"link":\{"rel":"self","href":"\/kapacitor\/v1\/service-tests"\},"services":\[\{"link":.*\}\]\}\n$/)
  const names = (json.services as { name: string }[]).map(({ name }) => name)
  t.strictSame(names, [
    ...['alerta', 'bigpanda', 'discord', 'hipchat', 'httppost', 'kafka', 'mqtt', 'opsgenie', 'opsgenie2', 'pagerduty'],
    ...['pagerduty2', 'pushover', 'sensu', 'servicenow', 'slack', 'smtp', 'snmptrap', 'talk', 'teams', 'telegram'],
    ...['victorops', 'zenoss']
  ])
  const shown: readonly [name: string, options: string][] = [
    ['hipchat', '{"room":"r","message":"test hipchat message","level":"CRITICAL"}'],
    ['smtp', '{"to":["a@x.com"],"subject":"test subject","body":"test body"}'],
    [
      'slack',
      '{"workspace":"b","channel":"#b","message":"test slack message","level":"CRITICAL","username":"","icon-emoji":""}'
    ],
    [
      'alerta',
      '{"resource":"testResource","event":"testEvent","environment":"","severity":"critical","group":"testGroup","value":"testValue","message":"test alerta message","origin":"","service":["testServiceA","testServiceB"],"correlate":["testServiceX","testServiceY"],"attributes":{"testAttributeA":"A","testAttributeB":true,"testAttributeC":9001},"timeout":"24h0m0s"}'
    ],
    ['httppost', '{"endpoint":"example","url":"http://localhost:3000/","headers":{"Auth":"secret"},"timeout":0}'],
    [
      'opsgenie2',
      '{"teams":null,"recipients":null,"recovery_action":"notes","message-type":"CRITICAL","message":"test opsgenie message","entity-id":"testEntityID"}'
    ],
    ['snmptrap', '{"trap-oid":"1.1.1.1","data-list":[{"oid":"1.1.1.1.2","type":"s","value":"test snmptrap message"}]}']
  ]
  for (const [name, options] of shown) {
    t.equal(
      (await ask(`GET /${name}`)).text,
      `{"link":{"rel":"self","href":"${BASE}/${name}"},"name":"${name}","options":${options}}\n`
    )
  }
  t.match(await ask('GET ?pattern=s*'), {
    json: {
      link: { href: BASE },
      services: ['sensu', 'servicenow', 'slack', 'smtp', 'snmptrap'].map((name) => ({ name }))
    }
  })
})

t.test('what cannot be asked is refused', async (t) => {
  const ask = start({ slack: [{ enabled: true, workspace: 'w', url: 'http://x' }] })
  const cases: readonly [request: string, body: unknown, status: number, json: object][] = [
    ['GET ?pattern=x', undefined, 200, { link: { rel: 'self', href: BASE }, services: null }],
    ['GET ?pattern=[', undefined, 400, problem('bad pattern: syntax error in pattern')],
    ['GET /nope', undefined, 404, problem('service "nope" not found')],
    ['GET /', undefined, 400, problem('must provide service name')],
    ['POST /', {}, 400, problem('must provide service name')],
    ['POST /nope', {}, 404, problem('service "nope" not found')],
    ['POST /slack', '', 400, problem('failed to decode JSON body:EOF')],
    ['POST /slack', '{"message":', 400, problem('failed to decode JSON body:unexpected EOF')],
    [
      'POST /slack',
      { message: 5 },
      400,
      problem(
        'failed to decode JSON body:json: cannot unmarshal number into Go struct field testOptions.message of type string'
      )
    ],
    ['POST /slack', { workspace: 'x' }, 200, { success: false, message: 'workspace id not found' }],
    ['POST /slack', { level: 'loud' }, 400, problem("failed to decode JSON body:unknown alert level 'loud'")],
    ['POST /slack', { level: 'critical' }, 400, problem("failed to decode JSON body:unknown alert level 'critical'")],
    [
      'POST /slack',
      { level: 3 },
      400,
      problem(
        'failed to decode JSON body:json: cannot unmarshal number into Go struct field testOptions.level of type alert.Level'
      )
    ],
    [
      'POST /discord',
      { 'time-val': 'noon' },
      400,
      problem(
        'failed to decode JSON body:parsing time "noon" as "2006-01-02T15:04:05Z07:00": cannot parse "noon" as "2006"'
      )
    ],
    [
      'POST /pagerduty2',
      { timestamp: 5 },
      400,
      problem('failed to decode JSON body:Time.UnmarshalJSON: input is not a JSON string')
    ],
    ['POST /mqtt', { qos: 'often' }, 400, problem('failed to decode JSON body:invalid QoS')]
  ]
  for (const [request, body, status, json] of cases) {
    const answer = await ask(request, body)
    t.strictSame([answer.status, answer.json], [status, json], `${request} ${JSON.stringify(body)}`)
  }
})

t.test('a service that is not enabled says so', async (t) => {
  const ask = start({ slack: [{ enabled: false, default: true }], discord: [{ enabled: false, default: true }] })
  const others: Readonly<Record<string, string>> = {
    kafka: 'unknown cluster "example"',
    mqtt: 'missing MQTT topic'
  }
  for (const { name } of serviceTests) {
    if (name === 'httppost') continue
    const message = others[name] ?? 'service is not enabled'
    t.strictSame((await ask(`POST /${name}`, 'null')).json, { success: false, message }, name)
  }
})

/** What a test of each web service sends with no options of its own; success is one of these statuses. */
const requests: readonly [name: string, status: number, sent: RegExp][] = [
  ['alerta', 201, /"event":"testEvent".*"severity":"critical".*"text":"test alerta message","timeout":86400/],
  ['bigpanda', 201, /"app_key":"012345".*"host":"serverA".*"task":":testBigPanda","timestamp":\d+\}/],
  ['discord', 204, /"title":"Kapacitor Alert","description":"test discord message","timestamp":"".*"Kapacitor"/],
  ['hipchat', 200, /"color":"red".*"message":"test hipchat message"/],
  ['opsgenie', 200, /"alias":"testEntityID".*"message":"test opsgenie message"/],
  ['opsgenie2', 202, /"entity":"testEntityID","message":"test opsgenie message"/],
  ['pagerduty', 200, /"description":"test pagerduty message".*"incident_key":"testIncidentKey"/],
  [
    'pagerduty2',
    202,
    /"dedup_key":"testAlertID".*"timestamp":"2014-11-12T11:45:26\.371000000Z".*"href":"https:\/\/example\.com\/a"/
  ],
  ['pushover', 200, /^message=test\+pushover\+message&priority=1/],
  [
    'servicenow',
    200,
    /"source":"Kapacitor".*"message_key":"1001","severity":"1","description":"test servicenow message"/
  ],
  ['slack', 200, /"fallback":"test slack message","color":"danger"/],
  ['talk', 200, /"text":"test talk text","title":"testTitle"/],
  ['teams', 200, /"title":"CRITICAL: \[foo\/bar\/bat\]","text":"test teams message"/],
  ['telegram', 200, /"text":"test telegram message"/],
  ['victorops', 200, /"entity_id":"testEntityID","message_type":"CRITICAL".*"test victorops message"/],
  ['zenoss', 200, /"action":"EventsRouter".*"severity":"Critical","summary":"test zenoss message"/]
]

t.test('a test sends one message to the service and says how it went', async (t) => {
  const receiver = await Receiver.start(t)
  for (const [name, status, sent] of requests) {
    const section = { enabled: true, url: receiver.url, 'channel-url': receiver.url, source: 'Kapacitor' }
    const ask = start({ [name]: section })
    receiver.answer = { status }
    t.strictSame((await ask(`POST /${name}`, '{}')).json, { success: true, message: '' }, name)
    const [post] = await receiver.take(1)
    t.match(post!.body, sent, name)
    receiver.answer = { status: 500, body: 'oops' }
    t.match((await ask(`POST /${name}`, '{}')).json, { success: false, message: /oops/ }, name)
    await receiver.take(1)
  }
})

t.test('options of the client win over the defaults', async (t) => {
  const receiver = await Receiver.start(t)
  const slack = [{ enabled: true, workspace: 'w', url: receiver.url, channel: '#c' }]
  const ask = start({ slack, victorops: { enabled: true, url: receiver.url, 'api-key': 'K' } })
  await ask('POST /slack', { MESSAGE: 'hi', level: 'OK', channel: null, unknown: 1 })
  await ask('POST /victorops', { messageType: 'RECOVERY', routingKey: 'r' })
  await ask('POST /httppost', { url: `${receiver.url}/x`, headers: { A: 'b' } })
  const [first, second, third] = await receiver.take(3)
  t.match(first!.body, /"color":"good","text":"hi".*"channel":"#c"/)
  t.equal(second!.path, '/K/r')
  t.match(second!.body, /"message_type":"RECOVERY"/)
  t.match(third, { path: '/x', headers: { a: 'b', auth: 'secret' }, body: /^\{"id":"","message":""/ })
  receiver.answer = { status: 404, body: 'no such thing' }
  t.match((await ask('POST /httppost', { url: receiver.url })).json, { success: false, message: /404: no such thing/ })
})

t.test('services that speak no HTTP are tested too', async (t) => {
  const { address, texts } = await startSensu(t)
  const ask = start({
    sensu: { enabled: true, addr: address },
    snmptrap: { enabled: true, addr: '127.0.0.1:9' },
    kafka: [{ enabled: true, id: 'a', brokers: ['127.0.0.1:9'] }],
    mqtt: [{ enabled: true, name: 'm', url: 'tcp://127.0.0.1:9' }],
    smtp: { enabled: true, host: '127.0.0.1', port: 9, to: ['a@x.com'] }
  })
  const run = async (name: string, body: object = {}) => (await ask(`POST /${name}`, body)).json
  t.strictSame(await run('sensu', { handlers: ['h'], metadata: { a: 1 } }), { success: true, message: '' })
  t.strictSame(texts, [
    '{"a":1,"handlers":["h"],"name":"testName","output":"testOutput","source":"Kapacitor","status":2}\n'
  ])
  t.strictSame(await run('snmptrap'), { success: true, message: '' })
  t.strictSame(await run('kafka'), { success: false, message: 'unknown cluster "example"' })
  t.match(await run('mqtt', { topic: 't' }), { success: false, message: /ECONNREFUSED/ })
  t.strictSame(await run('mqtt'), { success: false, message: 'missing MQTT topic' })
  t.match(await run('smtp'), { success: false, message: /^error sending: .*ECONNREFUSED/ })
})

async function startSensu(t: Test): Promise<{ readonly address: string; readonly texts: string[] }> {
  const texts: string[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let line = ''
    socket.on('data', (data) => (line += String(data)))
    socket.on('end', () => {
      texts.push(line)
      socket.end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, texts }
}
