import t, { type Test } from 'tap'
import { configEndpoints } from '../../src/api/endpoints/config.ts'
import type { Environment } from '../../src/config/env.ts'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigOverrides } from '../../src/config/overrides.ts'
import { type Logger, silentLogger } from '../../src/core/logger.ts'
import { Database } from '../../src/store/db.ts'
import { OverrideStore } from '../../src/store/overrides.ts'
import { testApp } from '../support/app.ts'
import { testFolder } from '../support/folder.ts'
import { problem } from '../support/problem.ts'
import { secret } from '../support/secret.ts'

const HUSH = secret('hush')

interface Server {
  readonly db: Database
  readonly overrides: ConfigOverrides
  ask(request: string, body?: unknown): Promise<{ status: number; text: string; json: Record<string, unknown> }>
}

/** @param file Of the configuration, as YAML. */
async function start(
  t: Test,
  file = '',
  options: { db?: Database; environment?: Environment; log?: Logger } = {}
): Promise<Server> {
  const path = `${testFolder(t, { 'kapok.yaml': file })}/kapok.yaml`
  const { config } = loadConfig({ file: path, environment: options.environment ?? {} })
  const db = options.db ?? (await Database.open(':memory:'))
  if (options.db === undefined) t.teardown(() => db.close())
  const overrides = await ConfigOverrides.open(config, new OverrideStore(db), options.log ?? silentLogger)
  const app = testApp()
  configEndpoints(app, { overrides })
  return {
    ...{ db, overrides },
    async ask(request, body) {
      const [method, path] = request.split(' ') as ['GET', string]
      const payload = body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }
      const { statusCode: status, body: text } = await app.inject({
        method,
        url: `/kapacitor/v1/config${path}`,
        ...payload
      })
      return { status, text, json: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> }
    }
  }
}

t.test('the configuration can be read, without its secrets', async (t) => {
  const { ask } = await start(t, `httppost: { basic-auth: { password: ${HUSH} } }`, {
    environment: { KAPOK_SMTP_PASSWORD: HUSH, KAPOK_SLACK_0_WORKSPACE: 'w' }
  })
  const all = await ask('GET ')
  t.match(all.text, /^\{"link":\{"rel":"self","href":"\/kapacitor\/v1\/config"\},"sections":\{"alerta":.*\}\n$/)
  t.match(all.json, { sections: { slack: { elements: [{ options: { workspace: 'w' } }] } } })
  t.match((await ask('GET /smtp/')).json, {
    link: { href: '/kapacitor/v1/config/smtp/' },
    options: { password: true, host: 'localhost', 'idle-timeout': '30s' },
    redacted: ['password']
  })
  t.match((await ask('GET /slack/w')).json, { redacted: ['url', 'token'], options: { token: false } })
  t.match((await ask('GET /httppost/example')).json, {
    redacted: ['basic-auth'],
    options: { 'basic-auth': true, headers: null }
  })
  t.equal(((await ask('GET /smtp')).json.elements as object[]).length, 1)
})

t.test('an option that is set has its new value at once, and the old one when it is deleted', async (t) => {
  const { ask, overrides } = await start(t, 'smtp: { host: mail, to: [a@x], idle-timeout: 1m }')
  const smtp = () => overrides.section('smtp') as Record<string, unknown>
  const before = smtp()
  const set = {
    host: 'other',
    port: '2525',
    'no-verify': true,
    to: ['b@x', 'c@x'],
    'idle-timeout': '5s',
    password: secret('p')
  }
  t.match(await ask('POST /smtp/', { set }), { status: 204, text: '' })
  t.match(smtp(), {
    ...{ host: 'other', port: 2525, 'no-verify': true, to: ['b@x', 'c@x'], password: secret('p'), enabled: false },
    'idle-timeout': 5_000_000_000n
  })
  t.match((await ask('GET /smtp/')).json, { options: { host: 'other', password: true, 'idle-timeout': '5s' } })
  const port = { set: { port: 26.9, password: secret('p') }, delete: ['host', 'to', 'nope'] }
  t.equal((await ask('POST /smtp/', port)).status, 204)
  t.match(smtp(), { host: 'mail', port: 26, to: ['a@x'], password: secret('p') })
  t.equal((await ask('POST /smtp/', { delete: ['port', 'no-verify', 'idle-timeout', 'password'] })).status, 204)
  t.strictSame(smtp(), before)
  t.equal((await ask('POST /smtp/', null)).status, 204, 'nothing to do')
})

t.test('elements of a list can be changed, added and removed', async (t) => {
  const { ask, overrides } = await start(t, 'slack: { workspace: file, channel: "#file", default: true }')
  const shown = () =>
    (overrides.section('slack') as Record<string, string>[]).map(({ workspace, channel }) => `${workspace} ${channel}`)
  const steps: readonly [request: string, body: object, shown: string[]][] = [
    ['POST /slack', { add: { workspace: 'b', channel: '#b' } }, ['file #file', 'b #b']],
    ['POST /slack/', { add: { workspace: 'a', url: 'http://x' } }, ['file #file', 'b #b', 'a ']],
    ['POST /slack/b', { set: { channel: '#c' } }, ['file #file', 'b #c', 'a ']],
    ['POST /slack/b', { delete: ['channel', 'workspace'] }, ['file #file', 'b ', 'a ']],
    ['POST /slack/file', { set: { channel: '#new' } }, ['file #new', 'b ', 'a ']],
    ['POST /slack', { remove: ['b', 'nope'] }, ['file #new', 'a ']],
    ['POST /slack', { remove: ['file'] }, ['file #file', 'a ']]
  ]
  for (const [request, body, expected] of steps) {
    t.equal((await ask(request, body)).status, 204, JSON.stringify(body))
    t.strictSame(shown(), expected, JSON.stringify(body))
  }
  t.match((await ask('GET /slack/a')).json, { options: { url: true, username: '', enabled: false } })
  const httppost = { add: { endpoint: 'e', headers: { A: 'b' }, 'basic-auth': { username: 'u' } } }
  t.equal((await ask('POST /httppost', httppost)).status, 204)
  t.match((overrides.section('httppost') as object[]).at(-1), {
    ...{ url: 'http://example.com', headers: { A: 'b' } },
    'basic-auth': { username: 'u', password: '' }
  })
})

t.test('what clients have set is there after a restart, unless it no longer fits', async (t) => {
  const file = 'slack: { workspace: file }'
  const { ask, db } = await start(t, file)
  await ask('POST /slack', { add: { workspace: 'new', channel: '#n' } })
  await ask('POST /slack/file', { set: { channel: '#f' } })
  await ask('POST /mqtt', { add: { name: 'gone' } })
  await ask('POST /mqtt', { remove: ['gone'] })
  const again = await start(t, file, { db })
  t.match(again.overrides.section('slack'), [{ channel: '#f' }, { workspace: 'new', channel: '#n', username: '' }])
  t.match(again.overrides.section('mqtt'), [{ name: 'default' }])
  const skipping = await start(t, `skip-config-overrides: true\n${file}`, { db })
  t.match(skipping.overrides.section('slack'), [{ channel: '' }])

  const store = new OverrideStore(db)
  await store.put({ section: 'hipchat', element: '', options: { room: 'r' }, isNew: false })
  await store.put({ section: 'nope', element: '', options: { a: 1 }, isNew: false })
  const lines: object[] = []
  const log: Logger = { ...silentLogger, error: (message, details) => void lines.push({ message, ...details }) }
  const changed = await start(t, 'slack: { workspace: other }', { db, log })
  t.match(changed.overrides.section('slack'), [{ workspace: 'other', channel: '' }, { workspace: 'new' }])
  t.match(changed.overrides.section('hipchat'), { room: 'r' })
  t.match(lines, [{ message: 'failed to apply a stored override of the configuration', section: 'nope' }])
})

t.test('an update that makes no sense changes nothing and says why', async (t) => {
  const { ask, overrides } = await start(
    t,
    'slack: { workspace: w, enabled: true, url: http://w }\ninfluxdb: { name: i, enabled: true }'
  )
  const update = 'failed to apply update: '
  const action = `${update}invalid update action: `
  const smtp = 'failed to override configuration smtp/: '
  const cases: readonly [request: string, body: unknown, status: number, error: string][] = [
    ['GET /', undefined, 400, "section not specified, do you have an extra trailing '/'?"],
    ['GET /nope', undefined, 404, 'unknown section: nope'],
    ['GET /toString', undefined, 404, 'unknown section: toString'],
    ['GET /slack/nope', undefined, 404, 'unknown section/element: slack/nope'],
    ['POST /smtp/', '', 400, 'failed to decode JSON:EOF'],
    ['POST /smtp/', '{', 400, 'failed to decode JSON:unexpected EOF'],
    [
      'POST /smtp/',
      '[]',
      400,
      'failed to decode JSON:json: cannot unmarshal array into Go value of type config.updateAction'
    ],
    [
      'POST /smtp/',
      { set: 'x' },
      400,
      'failed to decode JSON:json: cannot unmarshal string into Go struct field updateAction.set of type map[string]interface {}'
    ],
    [
      'POST /smtp/',
      { delete: [1] },
      400,
      'failed to decode JSON:json: cannot unmarshal number into Go struct field updateAction.delete of type string'
    ],
    ['POST /smtp', { set: { port: 1 } }, 400, `${action}element not specified, are you missing a trailing '/'?`],
    ['POST /', { set: { port: 1 } }, 400, `${action}must provide section name`],
    [
      'POST /slack/w',
      { set: { channel: 'x' }, remove: ['y'] },
      400,
      `${action}cannot provide both set/delete and add/remove actions in the same update`
    ],
    [
      'POST /slack/w',
      { add: { workspace: 'x' } },
      400,
      `${action}must not provide an element name when adding an a new override`
    ],
    ['POST /slack/w', { remove: ['w'] }, 400, `${action}must not provide element when removing an override`],
    ['POST /a$b/', { set: { a: 1 } }, 400, `${action}invalid section name "a$b"`],
    ['POST /slack/a$b', { set: { a: 1 } }, 400, `${action}invalid element name "a$b"`],
    ['POST /smtp', {}, 400, `${action}element not specified, are you missing a trailing '/'?`],
    [
      'POST /nope/',
      { set: { a: 1 } },
      400,
      'failed to override configuration nope/: unknown options [a] in section nope'
    ],
    ['POST /nope/', {}, 400, 'failed to override configuration nope/: unknown section nope'],
    ['POST /nope', { add: { a: 1 } }, 400, `${update}unknown section "nope"`],
    ['POST /smtp', { add: { a: 1 } }, 400, `${update}section "smtp" is not a list, cannot add new element`],
    ['POST /mqtt', { add: { url: 'x' } }, 400, `${update}missing key "name" in "add" map`],
    ['POST /mqtt', { add: { name: 1 } }, 400, `${update}expected "name" key to be a string, got float64`],
    ['POST /slack', { add: { workspace: 'w' } }, 400, `${update}section "slack" already has an element "w"`],
    [
      'POST /slack/x',
      { set: { channel: 'x' } },
      400,
      'failed to override configuration slack/x: unknown options [channel] in section slack'
    ],
    [
      'POST /slack/w',
      { set: { workspace: 'v' } },
      400,
      'failed to override configuration slack/w: cannot override element key workspace'
    ],
    ['POST /smtp/', { set: { nope: 1, also: 2 } }, 400, `${smtp}unknown options [also nope] in section smtp`],
    [
      'POST /smtp/',
      { set: { port: 'abc' } },
      400,
      `${smtp}cannot set option port: cannot convert string "abc" into int`
    ],
    ['POST /smtp/', { set: { port: true } }, 400, `${smtp}cannot set option port: cannot convert bool into int`],
    [
      'POST /smtp/',
      { set: { enabled: 'yes' } },
      400,
      `${smtp}cannot set option enabled: wrong kind string, expected value of kind bool: false`
    ],
    [
      'POST /smtp/',
      { set: { host: 7 } },
      400,
      `${smtp}cannot set option host: wrong kind float64, expected value of kind string: false`
    ],
    [
      'POST /smtp/',
      { set: { to: 'a@x' } },
      400,
      `${smtp}cannot set option to: wrong kind string, expected value of kind slice: false`
    ],
    [
      'POST /smtp/',
      { set: { 'idle-timeout': 5 } },
      400,
      `${smtp}cannot set option idle-timeout: cannot unmarshal float64 into int64`
    ],
    [
      'POST /smtp/',
      { set: { 'idle-timeout': 'soon' } },
      400,
      `${smtp}cannot set option idle-timeout: cannot convert string "soon" into a duration`
    ],
    ['POST /smtp/', { set: { port: -1 } }, 400, `${smtp}failed validation: port must be at least 0`],
    [
      'POST /smtp/',
      { set: { to: ['a@x', 7] } },
      400,
      `${smtp}cannot set option to: failed to copy slice value: wrong kind float64, expected value of kind string: false`
    ],
    [
      'POST /smtp/',
      { set: { from: 'x' } },
      400,
      `${smtp}failed validation: invalid from email address: "x", mail: missing '@' or angle-addr`
    ],
    ['POST /smtp/', { set: { enabled: true } }, 400, `${smtp}failed validation: must provide a 'from' address`],
    [
      'POST /httppost/example',
      { set: { headers: { A: true } } },
      400,
      'failed to override configuration httppost/example: cannot set option headers: failed to copy map value: wrong kind bool, expected value of kind string: false'
    ],
    [
      'POST /telegram/',
      { set: { enabled: true } },
      400,
      'failed to override configuration telegram/: failed validation: must specify token'
    ],
    [
      'POST /zenoss/',
      { set: { url: 'zenoss' } },
      400,
      'failed to override configuration zenoss/: failed validation: invalid url "zenoss": parse "zenoss": invalid URI for request'
    ],
    [
      'POST /zenoss/',
      { set: { 'severity-map': { OK: 'a' } } },
      400,
      'failed to override configuration zenoss/: cannot set option severity-map: Unknown field OK for SeverityMap'
    ],
    [
      'POST /httppost',
      { add: { endpoint: 'e', 'alert-template': 'a', 'alert-template-file': 'b' } },
      400,
      'failed to override configuration httppost/e: failed validation: must specify only one of alert-template and alert-template-file'
    ],
    [
      'POST /influxdb/i',
      { set: { default: true } },
      500,
      'failed to update configuration influxdb/i: its clusters are changed in the files'
    ]
  ]
  const before = overrides.current
  for (const [request, body, status, error] of cases) {
    const answer = await ask(request, body)
    t.strictSame([answer.status, answer.json], [status, problem(error)], `${request} ${JSON.stringify(body)}`)
  }
  t.equal(overrides.current, before)
})

t.test('a change that cannot be put into effect is refused, and what was in effect is again', async (t) => {
  const { ask, overrides, db } = await start(t, 'httppost: { url: http://old }')
  const applied: string[] = []
  overrides.onChange(({ httppost: [{ url } = { url: '' }] }) => {
    applied.push(url)
    if (url === 'http://bad') throw new Error('no')
  })
  const refused = await ask('POST /httppost/example', { set: { url: 'http://bad' } })
  t.strictSame([refused.status, refused.json], [500, problem('failed to update configuration httppost/example: no')])
  t.strictSame(applied.splice(0), ['http://bad', 'http://old'])
  t.strictSame(await new OverrideStore(db).all(silentLogger), [])

  t.equal((await ask('POST /httppost/example', { set: { url: 'http://new' } })).status, 204)
  t.equal((await ask('POST /httppost', { remove: ['example'] })).status, 204)
  t.strictSame(applied.splice(0), ['http://new', 'http://old'])

  await db.close()
  t.equal((await ask('POST /httppost/example', { set: { url: 'http://new' } })).status, 500)
  t.strictSame(applied, ['http://new', 'http://old'], 'nor is one that cannot be stored')
  t.match((await ask('GET /httppost/example')).json, { options: { url: 'http://old' } })
})

t.test('nothing is overridden where the configuration forbids it', async (t) => {
  const { ask } = await start(t, 'config-override: { enabled: false }')
  for (const request of ['GET ', 'GET /smtp', 'POST /smtp/']) {
    const answer = await ask(request, request.startsWith('P') ? { set: {} } : undefined)
    t.strictSame([answer.status, answer.json], [403, problem('config override service is not enabled')], request)
  }
})

t.test('a fresh server has the elements that Kapacitor has, with its defaults', async (t) => {
  const { ask } = await start(t)
  const elements = async (section: string) => (await ask(`GET /${section}`)).json.elements as { options: object }[]
  const tls = { 'ssl-ca': '', 'ssl-cert': '', 'ssl-key': '', 'insecure-skip-verify': false }
  const cases: readonly [section: string, id: string, options: object][] = [
    ['slack', '', { default: true, enabled: false, username: 'kapacitor', url: false, workspace: '', ...tls }],
    ['discord', '', { default: true, enabled: false, username: '', url: false, workspace: '', ...tls }],
    ['mqtt', 'default', { default: false, enabled: false, name: 'default', 'client-id': '', ...tls }],
    ['kafka', 'default', { brokers: null, enabled: false, id: 'default', timeout: '0s', 'batch-size': 0, ...tls }],
    ['httppost', 'example', { endpoint: 'example', url: 'http://example.com', headers: null, 'basic-auth': false }],
    ['influxdb', 'default', { enabled: true, urls: ['http://localhost:8086'], subscriptions: null, timeout: '0s' }],
    ['smtp', '', { to: null, 'to-templates': null, port: 25, 'idle-timeout': '30s' }],
    ['opsgenie', '', { teams: null, recipients: null }],
    ['sensu', '', { handlers: null, source: 'Kapacitor' }],
    ['servicenow', '', { url: 'https://instance.service-now.com/api/global/em/jsonv2' }],
    [
      'zenoss',
      '',
      {
        url: 'https://tenant.zenoss.io:8080/zport/dmd/evconsole_router',
        'severity-map': { ok: 'Clear', info: 'Info', warning: 'Warning', critical: 'Critical' }
      }
    ]
  ]
  for (const [section, id, options] of cases) {
    t.match(await elements(section), [{ link: { href: `/kapacitor/v1/config/${section}/${id}` }, options }], section)
  }
  t.equal((await ask('POST /slack/', { set: { channel: '#c' } })).status, 204)
  t.match(await elements('slack'), [{ options: { channel: '#c', username: 'kapacitor' } }])
  t.equal((await ask('POST /mqtt/', { set: { 'client-id': 'c' } })).status, 204, 'an only element needs no name')
  t.match(await elements('mqtt'), [{ options: { 'client-id': 'c' } }])
  t.equal((await ask('POST /smtp/', { set: { to: [] } })).status, 204)
  t.match(await elements('smtp'), [{ options: { to: [] } }], 'an empty list that is set is none that is not set')
})

t.test('lists are sorted by their key', async (t) => {
  const { ask } = await start(t, 'mqtt: [{ name: c, default: true }, { name: a }]')
  await ask('POST /mqtt', { add: { name: 'b' } })
  const { elements } = (await ask('GET /mqtt')).json as { elements: { options: { name: string } }[] }
  t.strictSame(
    elements.map(({ options }) => options.name),
    ['a', 'b', 'c']
  )
})

t.test('a masked secret that is put back leaves the secret as it is', async (t) => {
  const { ask, overrides } = await start(
    t,
    `teams: { channel-url: http://${HUSH} }
bigpanda: { app-key: ${HUSH} }
httppost: { endpoint: e, basic-auth: { username: u, password: ${HUSH} } }`
  )
  const updates: readonly [path: string, set: object][] = [
    ['teams/', { 'channel-url': true, global: true }],
    ['teams/', { 'channel-url': 'true' }],
    ['bigpanda/', { 'app-key': 'true', token: false }],
    ['bigpanda/', { token: 'false' }],
    ['httppost/e', { 'basic-auth': true, headers: { A: 'b' } }],
    ['httppost/e', { 'basic-auth': { username: 'v' } }]
  ]
  for (const [path, set] of updates) t.equal((await ask(`POST /${path}`, { set })).status, 204, JSON.stringify(set))
  t.match(overrides.section('teams'), { 'channel-url': `http://${HUSH}`, global: true })
  t.match(overrides.section('bigpanda'), { 'app-key': HUSH, token: '' })
  t.match(overrides.section('httppost'), [{ 'basic-auth': { username: 'v', password: HUSH }, headers: { A: 'b' } }])

  const failed = 'failed to override configuration bigpanda/: cannot set option app-key: '
  t.match(await ask('POST /bigpanda/', { set: { 'app-key': false } }), {
    status: 400,
    json: { error: `${failed}wrong kind bool, expected value of kind string: false` }
  })
  t.equal((await ask('POST /bigpanda/', { set: { token: 'true' } })).status, 204)
  t.match(overrides.section('bigpanda'), { token: 'true' }, 'where nothing was masked it is a text like any other')
})

t.test(
  'headers and addresses are shown without their secrets, and are unchanged where they are put back',
  async (t) => {
    const { ask, overrides } = await start(
      t,
      `httppost: { endpoint: e, url: "http://u:${HUSH}@e/?token=${HUSH}", headers: { Authorization: ${HUSH}, Accept: a } }`
    )
    const shown = { url: 'http://u:********@e/?token=********', headers: { Authorization: '********', Accept: 'a' } }
    t.match((await ask('GET /httppost/e')).json, { options: shown, redacted: ['basic-auth'] })
    t.equal((await ask('POST /httppost/e', { set: { ...shown, 'row-template': 'x' } })).status, 204)
    t.match(overrides.section('httppost'), [
      { url: `http://u:${HUSH}@e/?token=${HUSH}`, headers: { Authorization: HUSH } }
    ])
    t.equal((await ask('POST /httppost/e', { set: { headers: { ...shown.headers, More: 'm' } } })).status, 204)
    t.match(overrides.section('httppost'), [{ headers: { Authorization: HUSH, More: 'm' } }])

    const refusals: readonly [object, string][] = [
      [{ url: 'http://evil' }, 'changing url would send headers to another address'],
      [{ url: 'http://evil', headers: shown.headers }, 'changing url would send headers to another address'],
      [{ url: 'http://evil', headers: { Authorization: '********', M: 'm' } }, 'changing url would send headers to'],
      [{ url: 'http://u:********@evil/' }, 'cannot set option url: it holds a mask: give it as a whole'],
      [{ headers: { None: '********' } }, 'the mask of None stands for nothing']
    ]
    for (const [set, error] of refusals) {
      const answer = await ask('POST /httppost/e', { set })
      t.equal(answer.status, 400)
      t.match(JSON.stringify(answer.json), error)
    }
  }
)

t.test('a secret of the files is not sent to the address of a client, either, that has its own deleted', async (t) => {
  const { ask, overrides } = await start(t, `telegram: { token: ${HUSH} }`)
  t.equal((await ask('POST /telegram/', { set: { url: 'http://mine', token: secret('mine') } })).status, 204)
  const answer = await ask('POST /telegram/', { delete: ['token'] })
  t.equal(answer.status, 400)
  t.match(JSON.stringify(answer.json), 'token of the files would be sent to an address that is not theirs')
  t.match(overrides.section('telegram'), { url: 'http://mine', token: secret('mine') })
  t.equal((await ask('POST /telegram/', { delete: ['token', 'url'] })).status, 204)
  t.match(overrides.section('telegram'), { token: HUSH })
})

t.test('a secret does not follow a changed address', async (t) => {
  const { ask, overrides } = await start(
    t,
    `telegram: { token: ${HUSH} }
smtp: { host: mail, password: ${HUSH} }
snmptrap: { addr: "a:162" }
slack: { url: http://s, token: ${HUSH} }
kafka: { brokers: ["a:9092"], sasl-password: ${HUSH} }
httppost: { endpoint: e, url: http://e, basic-auth: { username: u, password: ${HUSH} } }`
  )
  const refused: readonly [path: string, set: object, error: string][] = [
    ['telegram/', { url: 'http://evil' }, 'changing url would send token to another address: set token, too'],
    [
      'telegram/',
      { url: 'http://evil', token: true },
      'changing url would send token to another address: set token, too'
    ],
    ['smtp/', { host: 'evil' }, 'changing host would send password to another address: set password, too'],
    ['smtp/', { port: 26 }, 'changing port would send password to another address: set password, too'],
    ['slack/', { url: 'http://evil' }, 'changing url would send token to another address: set token, too'],
    [
      'kafka/default',
      { brokers: ['a:9092', 'evil:9092'] },
      'changing brokers would send sasl-password to another address: set sasl-password, too'
    ],
    [
      'httppost/e',
      { url: 'http://evil', 'basic-auth': { username: 'x' } },
      'changing url would send basic-auth.password to another address: set basic-auth.password, too'
    ]
  ]
  const before = overrides.current
  for (const [path, set, error] of refused) {
    t.match(
      await ask(`POST /${path}`, { set }),
      { status: 400, json: { error: `failed to override configuration ${path}: ${error}` } },
      JSON.stringify(set)
    )
  }
  t.equal(overrides.current, before)

  const taken: readonly [path: string, set: object][] = [
    ['telegram/', { url: 'http://new', token: secret('own') }],
    ['telegram/', { url: 'http://new', 'chat-id': '5' }],
    ['smtp/', { host: 'mail', port: '25' }],
    ['smtp/', { host: 'new', password: '' }],
    ['snmptrap/', { addr: 'b:162' }],
    ['kafka/default', { brokers: ['b:9092'], 'sasl-password': secret('own') }],
    ['httppost/e', { url: 'http://new', 'basic-auth': { username: 'x', password: 'y' } }]
  ]
  for (const [path, set] of taken) t.equal((await ask(`POST /${path}`, { set })).status, 204, JSON.stringify(set))
  t.match(overrides.section('telegram'), { url: 'http://new', token: secret('own') })
  t.equal(
    (await ask('POST /telegram/', { delete: ['url', 'token'] })).status,
    204,
    'the address of the file is its own'
  )
})

t.test('severities are texts or numbers by level, and change one by one', async (t) => {
  const { ask, overrides } = await start(t, 'zenoss: { severity-map: { OK: 0, Critical: Fatal } }')
  const severities = () => (overrides.section('zenoss') as Record<string, object>)['severity-map']
  t.strictSame(severities(), { ok: 0, info: 'Info', warning: 'Warning', critical: 'Fatal' })
  t.equal((await ask('POST /zenoss/', { set: { 'severity-map': { warning: 3, critical: '5' } } })).status, 204)
  t.strictSame(severities(), { ok: 0, info: 'Info', warning: 3, critical: '5' })
  t.match((await ask('GET /zenoss/')).text, /"severity-map":\{"ok":0,"info":"Info","warning":3,"critical":"5"\}/)
})
