import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigInvalid } from '../../src/config/config-file.ts'
import type { Environment } from '../../src/config/env.ts'
import { exampleConfig } from '../../src/config/example.ts'
import { Field, type Fields, List } from '../../src/core/fields.ts'
import { type ConfigFlags, loadConfig } from '../../src/config/load.ts'
import { printConfig } from '../../src/config/print.ts'
import { type Config, sections } from '../../src/config/sections.ts'
import { MINUTE, SECOND } from '../../src/core/duration.ts'
import { testFolder } from '../support/folder.ts'

function load(t: Test, yaml: string, environment: Environment = {}, flags: ConfigFlags = {}): Config {
  const file = join(testFolder(t), 'kapok.yaml')
  writeFileSync(file, yaml)
  return loadConfig({ file, environment, flags }).config
}

/** What is said against a file, its name left out. */
function problems(t: Test, yaml: string, environment: Environment = {}, flags: ConfigFlags = {}): string[] {
  try {
    load(t, yaml, environment, flags)
    return []
  } catch (error) {
    if (!(error instanceof ConfigInvalid)) throw error
    return error.problems.map(({ line, column, message }) => `${line}:${column} ${message}`)
  }
}

t.test('an empty file gives the defaults', async (t) => {
  const config = load(t, '')
  t.match(config, {
    hostname: 'localhost',
    data_dir: './data',
    http: { 'bind-address': ':9092', 'write-deadline': 10n * SECOND },
    deadman: { interval: 10n * SECOND, threshold: 0 },
    smtp: { enabled: false, port: 25, 'idle-timeout': 30n * SECOND },
    influxdb: [{ name: 'default', enabled: true }],
    slack: [{ default: true, username: 'kapacitor' }],
    maildir: []
  })
})

t.test('what a file says counts, and a list of one may be written as a section', async (t) => {
  const config = load(
    t,
    `
http: { bind-address: "127.0.0.1:0", write-deadline: 1m30s }
influxdb:
  - name: a
    default: true
    urls: [http://x:1]
  - name: b
slack:
  url: http://slack
smtp:
`
  )
  t.equal(config.http['bind-address'], '127.0.0.1:0')
  t.equal(config.http['write-deadline'], MINUTE + 30n * SECOND)
  t.match(config.influxdb, [
    { name: 'a', default: true, urls: ['http://x:1'] },
    { name: 'b', urls: ['http://localhost:8086'] }
  ])
  t.match(config.slack, [{ url: 'http://slack', username: '' }])
  t.strictSame(load(t, 'influxdb: []\nslack: []'), { ...load(t, ''), influxdb: [], slack: [] })
})

t.test('the example shows every key, as it is by default, and its entries are valid', async (t) => {
  t.equal(readFileSync('config/kapok.yaml', 'utf8'), exampleConfig(), 'kapok config --example > config/kapok.yaml')
  t.strictSame(loadConfig({ file: 'config/kapok.yaml', environment: {} }).config, load(t, ''))
  const filled = exampleConfig()
    .replaceAll(': []\n#', ':\n#')
    .replaceAll(/^#( {2,}.*)$/gm, '$1')
  const config = load(t, filled)
  const keysOf = (fields: Fields): unknown =>
    Object.entries(fields).map(([key, field]) => [key, field instanceof Field ? '' : keysOf(field.fields)])
  const keysIn = (fields: Fields, values: Readonly<Record<string, unknown>>): unknown =>
    Object.entries(fields).map(([key, field]) => {
      const value = field instanceof List ? (values[key] as unknown[])[0] : values[key]
      if (value === undefined) return [key, 'missing']
      return [key, field instanceof Field ? '' : keysIn(field.fields, value as Readonly<Record<string, unknown>>)]
    })
  t.strictSame(keysIn(sections, config), keysOf(sections))
})

t.test('problems are told with their place and a hint', async (t) => {
  const cases: readonly [yaml: string, ...complaints: string[]][] = [
    [
      'notify: { allow-commands: [] }',
      '1:11 unknown key "allow-commands" in notify, did you mean security.allow-commands?'
    ],
    ['security: { allow-commands: ["*", sh] }', '1:1 security: allow-commands: "sh" is neither an absolute path nor *'],
    ['security: { command-environment: [A=b] }', '1:1 security: command-environment: "A=b" is no name of a variable'],
    ['security: { log-folders: [logs] }', '1:1 security: log-folders: "logs" is no absolute path'],
    ['http:\n  bind-adress: x', '2:3 unknown key "bind-adress" in http, did you mean "bind-address"?'],
    ['htpp: {}', '1:1 unknown key "htpp", did you mean "http"?'],
    ['completely-different: 1', '1:1 unknown key "completely-different"'],
    ['smtp:\n  port: x', '2:3 smtp.port must be a whole number'],
    ['smtp:\n  port: 1.5', '2:3 smtp.port must be a whole number'],
    ['smtp: 5', '1:1 smtp must be a section with keys'],
    ['smtp:\n  to: a@b', '2:3 smtp.to must be a list'],
    ['smtp:\n  to: [a, 5]', '2:11 smtp.to.1 must be a text'],
    ['slack:\n  - url: x\n  - uri: y', '3:5 unknown key "uri" in slack.1, did you mean "url"?'],
    ['slack:\n  uri: y', '2:3 unknown key "uri" in slack.0, did you mean "url"?'],
    ['deadman: { interval: soon }', '1:12 deadman.interval must be a duration such as 10s or 1m30s'],
    ['http: { bind-address: here }', '1:9 http.bind-address must be host:port or :port'],
    ['http: { bind-address: ":70000" }', '1:9 http.bind-address must be host:port or :port'],
    ['http: { max-body-bytes: 0 }', '1:9 http.max-body-bytes must be at least 1'],
    ['data_dir: ""', '1:1 data_dir must not be empty'],
    ['telegram: { parse-mode: BB }', "1:1 telegram: parseMode BB is not valid, please use 'Markdown' or 'HTML'"],
    ['telegram: { parse-mode: markdown }'],
    ['stats: { stats-interval: 0 }'],
    ['stats: { stats-interval: 5 }', '1:10 stats.stats-interval must be a duration such as 10s or 1m30s'],
    ['stats: { stats-interval: [] }', '1:10 stats.stats-interval must be a duration such as 10s or 1m30s'],
    ['slack: { enabled: true }', '1:1 slack: must specify url'],
    ['slack: [{ workspace: a, default: true }, {}]', '1:1 slack: id must not be empty'],
    ['mqtt: [{ name: a }, { name: b }]', '1:1 mqtt: no configuration is marked as the default'],
    [
      'kafka: { enabled: true, brokers: [a], sasl-mechanism: GSSAPI }',
      '1:1 kafka: sasl-mechanism GSSAPI needs a Kerberos library, which Kapok does not have: use SCRAM-SHA-512 or OAUTHBEARER'
    ],
    [
      'kafka: { enabled: true, brokers: [a], sasl-mechanism: OAUTHBEARER }',
      "1:1 kafka: 'sasl-oauth-client-id' and 'sasl-oauth-client-secret' are required"
    ],
    ['smtp: { password: "********" }', '1:9 smtp.password has the mask of a printed secret: write the secret itself'],
    ['- 1', '1:1 the file must be a section with keys'],
    ['zenoss: { severity-map: { OK: [] } }', '1:27 zenoss.severity-map.OK must be a text or a number'],
    ['zenoss: { severity-map: { ok: 1, Info: a, fatal: 2 } }', '1:43 unknown key "fatal" in zenoss.severity-map'],
    [
      'a: 1\n  b: 2',
      '1:4 Nested mappings are not allowed in compact mappings',
      '1:4 Implicit keys need to be on a single line'
    ],
    ['smtp: {}\nsmtp: {}', '2:1 Map keys must be unique'],
    ['smtp: *mail', '1:7 no anchor of this name comes before: a text that begins with one of ! & * | > % needs quotes'],
    [`${'x'.repeat(1000)}: 1`, `1:1 unknown key "${'x'.repeat(100)}…"`],
    [
      'influxdb:\n  - name: a\n  - name: a',
      '1:1 at least one of the enabled InfluxDB clusters must be marked as default.',
      '3:5 duplicate name "a" for influxdb configs'
    ],
    [
      'influxdb:\n  - { name: a, default: true }\n  - { name: b, default: true }',
      '3:16 More than one InfluxDB default was specified: a, b'
    ],
    [
      'httppost:\n  - { row-template: a, row-template-file: /b }',
      '2:5 httppost: must specify only one of row-template and row-template-file'
    ],
    ['notify: { post-token: a }', '1:11 post-token: without auth-token everything is open to everybody: set that, too'],
    ['notify: { script-stack-kib: 1000000 }', '1:11 notify.script-stack-kib must be at most 4096'],
    [
      'smtp: { port: x }\nhtpp: 1',
      '2:1 unknown key "htpp", did you mean "http"?',
      '1:9 smtp.port must be a whole number'
    ]
  ]
  for (const [yaml, ...expected] of cases) t.strictSame(problems(t, yaml), expected, yaml)
})

t.test('the environment overrides the file, and KAPOK overrides KAPACITOR', async (t) => {
  const yaml = 'smtp: { host: file, to: [a@x, b@x] }\ninfluxdb: { name: i }\nzenoss: { severity-map: { OK: a } }'
  const config = load(t, yaml, {
    KAPACITOR_HTTP_BIND_ADDRESS: ':1',
    KAPOK_HTTP_ALLOW_ANONYMOUS: 'true',
    KAPACITOR_SMTP_HOST: 'kapacitor',
    KAPOK_SMTP_HOST: 'kapok',
    KAPACITOR_SMTP_PORT: '0x10',
    KAPACITOR_SMTP_ENABLED: 'T',
    KAPACITOR_SMTP_TO_1: 'B@x',
    KAPACITOR_SMTP_TO_2: 'c@x',
    KAPACITOR_SMTP_FROM: 'a@b',
    KAPACITOR_DEADMAN_THRESHOLD: '1.5',
    KAPACITOR_DEADMAN_INTERVAL: '1m',
    KAPACITOR_DATA_DIR: '/data',
    KAPACITOR_DEFAULT_RETENTION_POLICY: 'rp',
    KAPACITOR_INFLUXDB_0_URLS_0: 'http://i',
    KAPACITOR_INFLUXDB_1_NAME: 'j',
    KAPACITOR_INFLUXDB_1_ENABLED: 'false',
    KAPACITOR_ZENOSS_SEVERITY_MAP_OK: 'z',
    KAPACITOR_LOGGING_LEVEL: 'DEBUG',
    KAPACITOR_NOTHING_KNOWN: 'x'
  })
  t.match(config, {
    http: { 'bind-address': ':1' },
    smtp: { host: 'kapok', port: 16, enabled: true, to: ['a@x', 'B@x', 'c@x'], from: 'a@b' },
    deadman: { threshold: 1.5, interval: MINUTE },
    data_dir: '/data',
    'default-retention-policy': 'rp',
    influxdb: [
      { name: 'i', urls: ['http://i'] },
      { name: 'j', enabled: false }
    ],
    zenoss: { 'severity-map': { ok: 'z', info: 'Info' } },
    logging: { level: 'DEBUG' }
  })
})

t.test("a bad variable is refused in Kapacitor's words", async (t) => {
  for (const [name, value, field, type] of [
    ['KAPACITOR_SMTP_PORT', 'x', 'Port', 'int'],
    ['KAPACITOR_SMTP_ENABLED', 'yes', 'Enabled', 'bool'],
    ['KAPACITOR_HTTP_SHUTDOWN_TIMEOUT', '5', 'ShutdownTimeout', 'toml.Duration'],
    ['KAPACITOR_DEADMAN_THRESHOLD', 'x', 'Threshold', 'float64'],
    ['KAPOK_LOGGING_LEVEL', 'loud', 'Level', 'string']
  ] as const) {
    t.throws(() => load(t, '', { [name]: value }), {
      code: 'ENVIRONMENT_INVALID',
      message: `failed to apply ${name} to ${field} using type ${type} and value '${value}'`
    })
  }
  t.strictSame(problems(t, '', { KAPACITOR_HTTP_BIND_ADDRESS: 'x' }), [
    '1:1 http.bind-address must be host:port or :port'
  ])
})

t.test('a server that anybody could reach and change does not start', (t) => {
  const open = (address: string) =>
    `${address} can be reached from other machines, and nobody is asked who they are: set http.auth-enabled, ` +
    'or http.allow-anonymous where the network itself is the lock'
  for (const address of ['127.0.0.1:1', 'localhost:1', '[::1]:1']) {
    t.strictSame(problems(t, `http: { bind-address: "${address}" }`), [], address)
  }
  for (const address of [':1', '0.0.0.0:1', '[::]:1', '10.0.0.1:1', '127.0.0.1.example.com:1']) {
    t.strictSame(problems(t, `http: { bind-address: "${address}" }`), [`1:9 bind-address: ${open(address)}`])
  }
  for (const key of ['auth-enabled', 'allow-anonymous']) {
    t.strictSame(problems(t, `http: { bind-address: ":1", ${key}: true }`), [], key)
  }
  t.strictSame(problems(t, 'notify: { listen: ":2" }'), [`1:11 listen: ${open(':2')}`])
  t.strictSame(problems(t, 'notify: { listen: ":2", auth-token: x }'), [], 'the pool has a lock of its own')
  t.end()
})

t.test('a variable of ours that no setting reads is a problem, and not passed over', (t) => {
  for (const name of [
    'KAPOK_HTTP_AUTH_ENABLE',
    'KAPOK_SLACK_URL',
    'KAPOK_ALERT_BLOCKED_CIDRS',
    'KAPACITOR_AUTH_META_ADDR'
  ]) {
    t.throws(() => load(t, '', { [name]: 'x' }), { code: 'ENVIRONMENT_UNKNOWN', message: new RegExp(`^${name}: `) })
  }
  const others = ['CONFIG_PATH', 'TOKEN', 'SECRET_X', 'SERVICE_HOST', 'SERVICE_PORT_HTTP', 'PORT', 'PORT_9092_TCP_ADDR']
  for (const name of others) load(t, '', { [`KAPOK_${name}`]: 'x' })
  load(t, '', { KAPACITOR_NOTHING_KNOWN: 'x', KAPACITOR_AUTH_BCRYPT_COST: '10', KAPOK_NOTHING_KNOWN: '' })
  t.end()
})

t.test('an environment that asks for users is obeyed or refused', (t) => {
  t.match(load(t, '', { KAPACITOR_HTTP_AUTH_ENABLED: 'true' }), { http: { 'auth-enabled': true } })
  t.match(problems(t, '', { KAPACITOR_AUTH_ENABLED: 'true' }), [/without http\.auth-enabled nobody is asked/])
  t.end()
})

t.test('flags override everything', async (t) => {
  const config = load(
    t,
    'http: { bind-address: ":1", allow-anonymous: true }',
    { KAPOK_HTTP_BIND_ADDRESS: ':2', KAPOK_DATA_DIR: 'x' },
    { bind: '[::1]:3', dataDir: 'd', hostname: 'h', logLevel: 'error' }
  )
  t.match(config, { http: { 'bind-address': '[::1]:3' }, data_dir: 'd', hostname: 'h', logging: { level: 'error' } })
  t.strictSame(problems(t, '', {}, { bind: 'nowhere' }), ['1:1 http.bind-address must be host:port or :port'])
})

t.test('a file that is named must be there', async (t) => {
  t.throws(() => loadConfig({ file: '/no/such/file', environment: {} }), { code: 'CONFIG_UNREADABLE' })
  t.throws(() => loadConfig({ environment: { KAPACITOR_CONFIG_PATH: '/no/such/file' } }), { message: /no such file/ })
})

t.test('what is printed loads as the same, but for the secrets', async (t) => {
  const config = load(t, 'smtp: { password: hush, host: h }\nslack: { url: http://hush }\ndeadman: { interval: 90s }')
  const printed = printConfig(config)
  t.notMatch(printed, /hush/)
  const again = load(t, printed.replace('password: "********"', 'password: hush').replace('"********"', 'http://hush'))
  t.strictSame(again, config)
  t.strictSame(
    problems(t, printed).map((complaint) => complaint.replace(/^\S+ /, '')),
    ['slack.0.url', 'smtp.password'].map(
      (place) => `${place} has the mask of a printed secret: write the secret itself`
    )
  )
})
