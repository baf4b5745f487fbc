import t from 'tap'
import type { AlertEvent } from '../../../src/model/event.ts'
import { Receiver } from '../rig.ts'
import { collected } from '../support.ts'
import { openHandler, optionsIn } from './rig.ts'

/** One call in a script, the options that it stands for, and what the service is sent of the event. */
interface Case {
  readonly script: string
  readonly options?: object
  readonly config: Readonly<Record<string, unknown>>
  readonly event?: Partial<AlertEvent>
  /** Status of success. Default: 200. */
  readonly status?: number
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

const DATA =
  '{"series":[{"name":"cpu","tags":{"host":"a"},"columns":["time","v"],"values":[["2017-07-14T02:40:00Z",31]]}]}'
const DATA_TEXT = JSON.stringify(DATA)
const EVENT: Partial<AlertEvent> = { id: 'cpu:a', message: 'M <1>', details: 'D', dataJson: DATA, tags: { host: 'a' } }

const cases: readonly Case[] = [
  {
    script: '.slack()',
    config: { channel: '#c', username: 'kapacitor' },
    body: '{"attachments":[{"fallback":"M \\u003c1\\u003e","color":"danger","text":"M \\u003c1\\u003e","mrkdwn_in":["text"]}],"channel":"#c","icon_emoji":"","text":"","username":"kapacitor"}'
  },
  {
    script: `.slack().workspace('w').channel('#d').username('u').iconEmoji(':x:')`,
    options: { workspace: 'w', channel: '#d', username: 'u', 'icon-emoji': ':x:' },
    config: { workspace: 'w', token: 'T', channel: '#c' },
    event: { level: 2 },
    headers: { authorization: 'Bearer T' },
    body: '{"attachments":[{"fallback":"M \\u003c1\\u003e","color":"warning","text":"M \\u003c1\\u003e","mrkdwn_in":["text"]}],"channel":"#d","icon_emoji":":x:","text":"","username":"u"}'
  },
  {
    script: `.discord().username('U').avatarURL('A').embedTitle('{{ .ID }}')`,
    options: { username: 'U', 'avatar-url': 'A', 'embed-title': '{{ .ID }}' },
    config: { timestamp: true },
    status: 204,
    body: '{"avatar_url":"A","embeds":[{"color":16342867,"title":"cpu:a","description":"M \\u003c1\\u003e","timestamp":"2017-07-14T02:40:00Z"}],"username":"U"}'
  },
  {
    script: '.discord()',
    config: { username: 'C', 'avatar-url': 'B', 'embed-title': 'never' },
    event: { level: 0 },
    status: 204,
    body: '{"avatar_url":"B","embeds":[{"color":8021490,"title":"","description":"M \\u003c1\\u003e","timestamp":""}],"username":"C"}'
  },
  {
    script: '.teams()',
    config: {},
    body: '{"@type":"MessageCard","@context":"http://schema.org/extensions","title":"CRITICAL: [cpu:a]","text":"M \\u003c1\\u003e","summary":"CRITICAL: [cpu:a] - M \\u003c1\\u003e...","themeColor":"CC4A31"}'
  },
  {
    script: `.teams()`,
    config: {},
    event: { id: '', level: 1, message: 'é'.repeat(40) },
    body: `{"@type":"MessageCard","@context":"http://schema.org/extensions","title":"INFO: [t]","text":"${'é'.repeat(40)}","summary":"INFO: [t] - ${'é'.repeat(29)}...","themeColor":"34CC25"}`
  },
  {
    script: `.telegram().chatId('77').parseMode('Markdown')`,
    options: { 'chat-id': '77', 'parse-mode': 'Markdown' },
    config: { token: 'TOK' },
    path: '/telegramTOK/sendMessage',
    body: '{"chat_id":"77","parse_mode":"Markdown","text":"M \\u003c1\\u003e"}'
  },
  {
    script: '.telegram().disableWebPagePreview()',
    options: { 'disable-web-page-preview': true },
    config: { token: 'T', 'chat-id': '5', 'disable-notification': true },
    path: '/telegramT/sendMessage',
    body: '{"chat_id":"5","disable_notification":true,"disable_web_page_preview":true,"text":"M \\u003c1\\u003e"}'
  },
  {
    script: `.hipChat().room('a b').token('t')`,
    options: { room: 'a b', token: 't' },
    config: { room: 'c' },
    status: 204,
    path: '/hipchat/a%20b/notification?auth_token=t',
    body: '{"color":"red","from":"kapacitor","message":"M \\u003c1\\u003e","notify":true}'
  },
  {
    script: '.talk()',
    config: { author_name: 'AN' },
    body: '{"authorName":"AN","text":"M \\u003c1\\u003e","title":"cpu:a"}'
  },
  {
    script: `.pagerDuty().serviceKey('K')`,
    options: { 'service-key': 'K' },
    config: { 'service-key': 'C' },
    body: '{"client":"kapacitor","client_url":"http://host:9092/kapacitor/v1","description":"M \\u003c1\\u003e","details":"D","event_type":"trigger","incident_key":"cpu:a","service_key":"K"}'
  },
  {
    script: '.pagerDuty()',
    config: { 'service-key': 'C' },
    event: { level: 0 },
    body: '{"client":"kapacitor","client_url":"http://host:9092/kapacitor/v1","description":"M \\u003c1\\u003e","details":"D","event_type":"resolve","incident_key":"cpu:a","service_key":"C"}'
  },
  {
    script: `.pagerDuty2().routingKey('R').link('http://x/{{ .ID }}').link('http://y', '{{ .Level }}')`,
    options: {
      'routing-key': 'R',
      links: [
        { href: 'http://x/{{ .ID }}', text: '' },
        { href: 'http://y', text: '{{ .Level }}' }
      ]
    },
    config: {},
    status: 202,
    headers: { accept: 'application/vnd.pagerduty+json;version=2' },
    body: `{"routing_key":"R","event_action":"trigger","dedup_key":"cpu:a","payload":{"summary":"M \\u003c1\\u003e","source":"a","severity":"critical","timestamp":"2017-07-14T02:40:00.000000000Z","class":"task","component":"","group":"","custom_details":{"result":${DATA}}},"images":null,"links":[{"href":"http://x/cpu:a","text":"http://x/cpu:a"},{"href":"http://y","text":"CRITICAL"}],"client":"kapacitor","client_url":"http://host:9092/kapacitor/v1"}`
  },
  {
    script: `.pagerDuty2().serviceKey('S')`,
    options: { 'routing-key': 'S' },
    config: {},
    event: { level: 0, tags: {}, timeNs: 1_500_000_000_123_456_789n },
    body: `{"routing_key":"S","event_action":"resolve","dedup_key":"cpu:a","payload":{"summary":"M \\u003c1\\u003e","source":"unknown","severity":"info","timestamp":"2017-07-14T02:40:00.123456789Z","class":"task","component":"","group":"","custom_details":{"result":${DATA}}},"images":null,"links":null,"client":"kapacitor","client_url":"http://host:9092/kapacitor/v1"}`
  },
  {
    script: `.opsGenie().teams('t1').recipients('r1', 'r2')`,
    options: { 'teams-list': ['t1'], 'recipients-list': ['r1', 'r2'] },
    config: { 'api-key': 'K' },
    path: '/opsgenie/',
    body: `{"alias":"cpu:a","apiKey":"K","description":${DATA_TEXT},"details":{"Level":"CRITICAL","Monitoring Tool":"Kapacitor"},"entity":"cpu:a","message":"M \\u003c1\\u003e","monitoring_tool":"kapacitor","note":"","recipients":["r1","r2"],"teams":["t1"]}`
  },
  {
    script: '.opsGenie()',
    config: { 'api-key': 'K', teams: ['c'] },
    event: { level: 0 },
    path: '/opsgenie/recover/',
    body: `{"alias":"cpu:a","apiKey":"K","description":${DATA_TEXT},"details":{"Level":"RECOVERY","Monitoring Tool":"Kapacitor"},"entity":"cpu:a","message":"M \\u003c1\\u003e","monitoring_tool":"kapacitor","note":"M \\u003c1\\u003e","teams":["c"]}`
  },
  {
    script: `.opsGenie2().teams('t1').recipients('r1')`,
    options: { 'teams-list': ['t1'], 'recipients-list': ['r1'] },
    config: { 'api-key': 'K' },
    status: 202,
    headers: { authorization: 'GenieKey K' },
    body: `{"alias":"Y3B1OmE=","description":${DATA_TEXT},"details":{"Kapacitor Task Name":"cpu","Level":"CRITICAL","Monitoring Tool":"Kapacitor","host":"a"},"entity":"cpu:a","message":"M \\u003c1\\u003e","note":"","priority":"P1","responders":[{"name":"t1","type":"team"},{"type":"user","username":"r1"}]}`
  },
  {
    script: `.opsGenie2().recoveryAction('close')`,
    options: { recovery_action: 'close' },
    config: { 'api-key': 'K' },
    event: { level: 0 },
    status: 202,
    path: '/opsgenie2/Y3B1OmE=/close?identifierType=alias',
    body: '{"note":"M \\u003c1\\u003e"}'
  },
  {
    script: `.opsGenie2().recoveryAction('bogus').details()`,
    options: { recovery_action: 'bogus', details: true },
    config: { 'api-key': 'K' },
    event: { level: 1, dataJson: '{"series":null}' },
    status: 202,
    body: '{"alias":"Y3B1OmE=","description":"D","details":{"Kapacitor Task Name":"cpu","Level":"INFO","Monitoring Tool":"Kapacitor"},"entity":"cpu:a","message":"M \\u003c1\\u003e","note":"","priority":"P5"}'
  },
  {
    script: `.victorOps().routingKey('r/k')`,
    options: { 'routing-key': 'r/k' },
    config: { 'api-key': 'A' },
    path: '/victorops/A/r/k',
    body: `{"data":${DATA_TEXT},"entity_id":"cpu:a","message_type":"CRITICAL","monitoring_tool":"kapacitor","state_message":"M \\u003c1\\u003e","timestamp":1500000000}`
  },
  {
    script: '.victorOps()',
    config: { 'api-key': 'A', 'routing-key': 'K', 'json-data': true },
    event: { level: 0 },
    path: '/victorops/A/K',
    body: `{"data":${DATA},"entity_id":"cpu:a","message_type":"RECOVERY","monitoring_tool":"kapacitor","state_message":"M \\u003c1\\u003e","timestamp":1500000000}`
  },
  {
    script: `.pushover().userKey('U').device('d').title('t').uRL('http://x').uRLTitle('X').sound('s')`,
    options: { 'user-key': 'U', device: 'd', title: 't', url: 'http://x', 'url-title': 'X', sound: 's' },
    config: { token: 'T' },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'device=d&message=M+%3C1%3E&priority=1&sound=s&title=t&token=T&url=http%3A%2F%2Fx&url_title=X&user=U'
  },
  {
    script: '.pushover()',
    config: { token: 'T', 'user-key': 'C' },
    event: { level: 0 },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'message=M+%3C1%3E&priority=-2&token=T&user=C'
  },
  {
    script: '.alerta()',
    config: { token: 'T', environment: 'Prod', origin: 'Kap' },
    event: { group: 'host=a' },
    status: 201,
    path: '/alerta/alert',
    headers: { authorization: 'Bearer T' },
    body: `{"correlate":["cpu"],"environment":"Prod","event":"cpu:a","group":"host=a","origin":"Kap","rawData":${DATA},"resource":"cpu","service":["cpu"],"severity":"critical","tags":["host=a"],"text":"M \\u003c1\\u003e","timeout":86400,"value":""}`
  },
  {
    script: `.alerta().token('t').tokenPrefix('Key').resource('{{ index .Tags "host" }}').event('e').environment('E').group('g').value('{{ index .Fields "v" }}').origin('o').services('s1', '{{ .TaskName }}').correlated('c').attribute('a', 1).attribute('b', '{{ .ID }}').timeout(1m)`,
    options: {
      ...{ token: 't', 'token-prefix': 'Key', resource: '{{ index .Tags "host" }}', event: 'e', environment: 'E' },
      ...{
        group: 'g',
        value: '{{ index .Fields "v" }}',
        origin: 'o',
        service: ['s1', '{{ .TaskName }}'],
        correlate: ['c']
      },
      ...{ attributes: { a: 1, b: '{{ .ID }}' }, timeout: 60e9 }
    },
    config: { timeout: '1h' },
    event: { level: 2 },
    status: 201,
    path: '/alerta/alert',
    headers: { authorization: 'Key t' },
    body: `{"attributes":{"a":1,"b":"cpu:a"},"correlate":["c"],"environment":"E","event":"e","group":"g","origin":"o","rawData":${DATA},"resource":"a","service":["s1","task"],"severity":"warning","tags":["host=a"],"text":"M \\u003c1\\u003e","timeout":60,"value":"31"}`
  },
  {
    script: `.serviceNow().node('n1').type('ty').resource('re').metricName('mn').messageKey('mk').source('SRC')`,
    options: { source: 'SRC', node: 'n1', type: 'ty', resource: 're', metricName: 'mn', messageKey: 'mk' },
    config: { username: 'u', password: 'p' },
    headers: { authorization: 'Basic dTpw' },
    body: '{"records":[{"source":"SRC","node":"n1","type":"ty","resource":"re","metric_name":"mn","message_key":"mk","severity":"1","description":"M \\u003c1\\u003e"}]}'
  },
  {
    script: `.serviceNow().additionalInfo('k', '{{ .ID }}').node('${'x'.repeat(101)}')`,
    options: { additional_info: { k: '{{ .ID }}' }, node: 'x'.repeat(101) },
    config: { source: 'C' },
    event: { level: 0 },
    status: 201,
    body: `{"records":[{"source":"C","node":"${'x'.repeat(100)}","message_key":"cpu:a","severity":"5","description":"M \\u003c1\\u003e","additional_info":"{\\"k\\":\\"cpu:a\\"}"}]}`
  },
  {
    script: `.serviceNow().additionalInfo('limit', 4).additionalInfo('paged', TRUE).additionalInfo('share', 0.25).additionalInfo('many', 3000000.0)`,
    options: { additional_info: { limit: 4, paged: true, share: 0.25, many: 3e6 } },
    config: { source: '' },
    body: '{"records":[{"source":"","message_key":"cpu:a","severity":"1","description":"M \\u003c1\\u003e","additional_info":"{\\"limit\\":\\"4\\",\\"many\\":\\"3e+06\\",\\"paged\\":\\"true\\",\\"share\\":\\"0.25\\"}"}]}'
  },
  {
    script: `.bigPanda().host('{{ index .Tags "host" }}').attribute('x', 1.5)`,
    options: { host: '{{ index .Tags "host" }}', attributes: { x: 1.5 } },
    config: { 'app-key': 'AK', token: 'T' },
    event: { details: '&lt;b&gt; &#39;x&#x27; &unknown;' },
    status: 201,
    headers: { authorization: 'Bearer T' },
    body: `{"app_key":"AK","check":"cpu:a","description":"M \\u003c1\\u003e","details":"\\u003cb\\u003e 'x' \\u0026unknown;","host":"a","status":"critical","task":"task:cpu","timestamp":1500000000,"v":"31","x":"1.5"}`
  },
  {
    script: `.bigPanda().host('h').attribute('floor', 3).attribute('spare', FALSE).attribute('for', 5m).attribute('status', '{{ .Level }}')`,
    options: { host: 'h', attributes: { floor: 3, spare: false, for: 300e9, status: '{{ .Level }}' } },
    config: { 'auto-attributes': '' },
    event: { message: '', details: '', id: '' },
    status: 201,
    body: '{"app_key":"","floor":"3","for":"300000000000","host":"h","spare":"false","status":"CRITICAL","task":"task:cpu","timestamp":1500000000}'
  },
  {
    script: `.bigPanda().appKey('K').primaryProperty('p').secondaryProperty('s')`,
    options: { 'app-key': 'K', 'primary-property': 'p', 'secondary-property': 's' },
    config: { 'auto-attributes': 'tags', token: 'T' },
    event: { level: 1, details: '&#123;"a":"&amp;"}' },
    status: 201,
    body: '{"app_key":"K","check":"cpu:a","description":"M \\u003c1\\u003e","host":"","primary_property":"p","secondary_property":"s","status":"ok","task":"task:cpu","timestamp":1500000000}'
  },
  {
    script: '.zenoss()',
    config: { username: 'u', password: 'p', 'severity-map': { Critical: 5, ok: 'Clear' } },
    headers: { authorization: 'Basic dTpw' },
    body: '{"action":"EventsRouter","method":"add_event","data":[{"collector":"Kapacitor","component":"","device":"","evclass":"","evclasskey":"","severity":5,"summary":"M \\u003c1\\u003e"}],"type":"rpc","tid":1}'
  },
  {
    script: `.zenoss().message('{{ .Recoverable }} {{ .Duration }}').customField('json', '[3,{"a":"{{ .ID }}"}]').customField('broken', '{x').customField('n', 12).customField('collector', 2.5)`,
    options: {
      message: '{{ .Recoverable }} {{ .Duration }}',
      customField: { json: '[3,{"a":"{{ .ID }}"}]', broken: '{x', n: 12, collector: 2.5 }
    },
    config: { collector: '', action: '', 'severity-map': { CRITICAL: 0 } },
    event: { recoverable: true, durationNs: 1_500_000_000n },
    body: '{"action":"","method":"add_event","data":[{"broken":"{x","collector":2.5,"component":"","device":"","evclass":"","evclasskey":"","json":[3,{"a":"cpu:a"}],"message":"true 1.5s","n":12,"severity":0,"summary":"M \\u003c1\\u003e"}],"type":"rpc","tid":1}'
  },
  {
    script: `.zenoss().action('A').method('M').type('T').tid(7).summary('{{ .ID }}').device('d').component('c').eventClassKey('k').eventClass('e').collector('C').message('m').customField('x', '{{ .Level }}')`,
    options: {
      ...{ action: 'A', method: 'M', type: 'T', tid: 7, summary: '{{ .ID }}', device: 'd', component: 'c' },
      ...{ eventclasskey: 'k', eventclass: 'e', collector: 'C', message: 'm', customField: { x: '{{ .Level }}' } }
    },
    config: {},
    event: { level: 1 },
    body: '{"action":"A","method":"M","data":[{"collector":"C","component":"c","device":"d","evclass":"e","evclasskey":"k","message":"m","severity":"Info","summary":"cpu:a","x":"INFO"}],"type":"T","tid":7}'
  }
]

t.test('a service gets what Kapacitor sends it, from a script as from a topic handler', async (t) => {
  const receiver = await Receiver.start(t)
  for (const { script, options = {}, config, event, status = 200, path, headers, body } of cases) {
    const { kind, options: fromScript } = optionsIn(script)
    const urls = { url: `${receiver.url}/${kind}`, 'channel-url': `${receiver.url}/${kind}` }
    const section = { ...urls, recovery_url: `${urls.url}/recover`, enabled: true, default: true, ...config }
    receiver.answer = { status }
    for (const given of [fromScript, options]) {
      await openHandler(kind, given, { [kind]: section }).send(collected({ ...EVENT, ...event }))
      const [post] = await receiver.take(1)
      t.equal(post!.path, path ?? `/${kind}`, script)
      t.equal(post!.body, headers?.['content-type'] === undefined ? `${body}\n` : body, script)
      t.match(post!.headers, { 'content-type': 'application/json', ...headers }, script)
    }
  }
})

/** Kind, status and body of the answer, failure, message. */
const failures: readonly [string, number, string, string, string][] = [
  ['slack', 404, '{"error":"channel_not_found"}', 'refused', 'channel_not_found'],
  ['slack', 404, 'gone', 'refused', 'failed to understand Slack response. code: 404 content: gone'],
  ['slack', 503, 'x', 'unavailable', 'failed to understand Slack response. code: 503 content: x'],
  ['discord', 200, '{"message":"no"}', 'refused', 'no'],
  ['zenoss', 400, '{"error":"no"}', 'refused', 'no'],
  [
    'pagerduty2',
    500,
    'x',
    'failed',
    'Status: , Message: failed to understand PagerDuty2 response. code: 500 content: x Errors: []'
  ],
  ['opsgenie2', 400, 'x', 'refused', 'opsgenie error: failed to understand OpsGenie response. code: 400 content: x'],
  ['teams', 500, '', 'failed', 'failed to understand Teams response. code: 500 content: '],
  [
    'telegram',
    400,
    '{"ok":false,"error_code":42,"description":"D"}',
    'refused',
    'sendMessage error (42) description: D'
  ],
  [
    'telegram',
    400,
    'x',
    'refused',
    "failed to understand Telegram response (err: invalid character 'x' looking for beginning of value). code: 400 content: x"
  ],
  ['telegram', 400, '{}', 'refused', 'sendMessage error (0) description: '],
  ['pagerduty', 400, '{"message":"bad"}', 'refused', 'bad'],
  [
    'pagerduty2',
    400,
    '{"status":"S","message":"M","errors":["a","b"]}',
    'refused',
    'Status: S, Message: M Errors: [a b]'
  ],
  ['opsgenie2', 422, '{"message":"bad"}', 'refused', 'opsgenie error: bad'],
  ['victorops', 404, '{}', 'refused', 'URL or API key not found: 404'],
  [
    'pushover',
    400,
    '{"errors":["a","b"]}',
    'refused',
    'failed to understand Pushover response. code: 400 content: a, b'
  ],
  ['pushover', 500, 'x', 'failed', 'failed to understand Pushover response. code: 500 content: x'],
  ['alerta', 429, '{"message":"slow down"}', 'unavailable', 'slow down']
]

t.test('an answer that is no success says why, and what is to be done', async (t) => {
  const receiver = await Receiver.start(t)
  for (const [kind, status, body, failure, message] of failures) {
    receiver.answer = { status, body }
    const section = { enabled: true, default: true, url: receiver.url, 'channel-url': receiver.url }
    await t.rejects(openHandler(kind, {}, { [kind]: section }).send(collected(EVENT)), { failure, message }, kind)
  }
})

t.test('a service that is not enabled, or an entry that is not there, is refused', async (t) => {
  const send = (kind: string, section: unknown, options = {}) =>
    openHandler(kind, options, { [kind]: section }).send(collected(EVENT))
  const disabled = { message: 'service is not enabled' }
  for (const kind of ['teams', 'victorops', 'opsgenie', 'talk']) await t.rejects(send(kind, undefined), disabled, kind)
  await t.rejects(send('slack', [{ enabled: false, default: true }]), disabled)
  await t.rejects(send('slack', [{ enabled: true, workspace: 'a' }], { workspace: 'b' }), {
    message: 'workspace id not found'
  })
  await t.rejects(send('discord', [], {}), { message: 'workspace id not found' })
  await t.rejects(send('telegram', { enabled: true }, { 'parse-mode': 'X' }), {
    message: "parseMode X is not valid, please use 'Markdown' or 'HTML'"
  })
  await t.rejects(openHandler('pagerduty', {}, { pagerduty: { enabled: true } }).send(collected({ level: 1 })), {
    message: "AlertLevel 'info' is currently ignored by the PagerDuty service"
  })
  await t.rejects(send('alerta', { enabled: true, url: 'http://x' }, { resource: '{{ index .Tags "x" }}' }), {
    message: 'Resource and Event are required to send an alert'
  })
})

t.test('a template that fails on an event refuses that event', async (t) => {
  await t.rejects(
    openHandler('discord', { 'embed-title': '{{ .Nope }}' }, { discord: { enabled: true } }).send(collected(EVENT)),
    {
      failure: 'refused',
      message: /^template: .*Nope/
    }
  )
})

t.test("options that are given as '' are set", async (t) => {
  const receiver = await Receiver.start(t)
  receiver.answer = { status: 201 }
  const alerta = { enabled: true, url: receiver.url }
  const send = (options: object) => openHandler('alerta', options, { alerta }).send(collected(EVENT))
  await send({ group: '', timeout: 0 })
  t.match((await receiver.take(1))[0]!.body, /"group":"",.*"timeout":0,/)
  await t.rejects(send({ resource: '' }), { message: 'Resource and Event are required to send an alert' })
  await t.rejects(send({ event: '' }), { message: 'Resource and Event are required to send an alert' })
  const { options } = optionsIn(`.alerta().resource('').event('').group('').timeout(0s)`)
  t.match(
    { resource: 0, event: 0, group: 0, timeout: 0, ...options },
    { resource: 0, event: 0, group: 0, timeout: 0 },
    'a script sets an option to nothing in vain'
  )
})

t.test('a default entry with a name stands before the one that is there from the start', async (t) => {
  const receiver = await Receiver.start(t)
  const entry = { enabled: true, default: true, url: receiver.url }
  const slack = [
    { ...entry, username: 'first' },
    { ...entry, workspace: 'own', username: 'own' },
    { ...entry, default: false, workspace: 'other', username: 'other' }
  ]
  for (const [workspace, username] of [
    ['', 'own'],
    ['other', 'other']
  ] as const) {
    await openHandler('slack', { workspace }, { slack }).send(collected(EVENT))
    t.match((await receiver.take(1))[0]!.body, `"username":"${username}"`)
  }
})

t.test('an address that a handler gives gets no secrets of the configuration', async (t) => {
  const receiver = await Receiver.start(t)
  const sections = {
    servicenow: { enabled: true, url: 'http://127.0.0.1:9/own', username: 'u', password: 'hush' },
    bigpanda: { enabled: true, url: 'http://127.0.0.1:9/own', token: 'hush', 'app-key': 'hush' }
  }
  for (const kind of ['servicenow', 'bigpanda'] as const) {
    receiver.answer = { status: 201 }
    await openHandler(kind, { url: receiver.url }, sections).send(collected(EVENT))
    t.notMatch(JSON.stringify(await receiver.take(1)), /hush|aHVza|aHVzaA/i, kind)
    const own = { [kind]: { ...sections[kind], url: `${receiver.url}/a` } }
    await openHandler(kind, { url: `${receiver.url}/b` }, own).send(collected(EVENT))
    const [post] = await receiver.take(1)
    t.match(post!.headers.authorization, /^Basic dTpodXNo$|^Bearer hush$/, `${kind}: another path is the same service`)
  }
  await openHandler('servicenow', { url: receiver.url, username: 'a', password: 'b' }, sections).send(collected(EVENT))
  t.equal((await receiver.take(1))[0]!.headers.authorization, 'Basic YTpi')
})

t.test('each call of .to() and .toTemplates() adds recipients', async (t) => {
  const { options } = optionsIn(`.email('a').to('b').to('c', 'd').toTemplates('x').toTemplates('y')`)
  t.strictSame(options, { to: ['a', 'b', 'c', 'd'], 'to-field': ['x', 'y'] })
})

t.test('what the fields of handlers are called in Kapacitor can be set, too', async (t) => {
  const cases: readonly [script: string, options: object][] = [
    [`.post('a').uRL('b')`, { url: 'b' }],
    [`.tcp('a').address('b')`, { address: 'b' }],
    [`.log('/a').filePath('/b')`, { path: '/b' }],
    [`.mqtt('a').topic('b')`, { topic: 'b' }],
    [`.snmpTrap('1').trapOid('2')`, { 'trap-oid': '2' }],
    [`.serviceNow().username('u').password('p')`, { username: 'u', password: 'p' }],
    [`.zenoss().uRL('x').username('u').password('p')`, { customField: {} }],
    [`.pagerDuty2().link('a', 'b', 'c')`, { links: [{ href: 'a', text: 'b' }] }]
  ]
  for (const [script, options] of cases) t.match(optionsIn(script).options, options, script)
})

t.test('of the two names of the routing key of PagerDuty the last one that a script calls holds', (t) => {
  const keyIn = (script: string): unknown => optionsIn(script).options['routing-key']
  t.equal(keyIn(`.pagerDuty2().serviceKey('S').routingKey('R')`), 'R')
  t.equal(keyIn(`.pagerDuty2().routingKey('R').serviceKey('S')`), 'S')
  t.equal(keyIn(`.pagerDuty2().serviceKey('A').routingKey('B').serviceKey('C')`), 'C')
  t.equal(keyIn(`.pagerDuty2().routingKey('R').serviceKey('')`), undefined, 'the key of the configuration holds')
  t.end()
})
