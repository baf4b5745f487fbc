import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Fields, hasFileKey, List } from '../../src/core/fields.ts'
import { loadConfig } from '../../src/config/load.ts'
import { SecretFiles } from '../../src/config/secret-files.ts'
import { printConfig } from '../../src/config/print.ts'
import { sections } from '../../src/config/sections.ts'
import { testFolder } from '../support/folder.ts'

/** A configuration of these lines, in a folder that has a file `secret`. */
function load(t: Test, lines: string, environment: Readonly<Record<string, string>> = {}) {
  const folder = testFolder(t)
  writeFileSync(join(folder, 'secret'), 'hush\n')
  const file = join(folder, 'kapok.yaml')
  writeFileSync(file, lines.replaceAll('FOLDER', folder))
  return { folder, ...loadConfig({ file, environment }) }
}

t.test('a text of the configuration may hold variables of the environment', (t) => {
  const { config } = load(
    t,
    `hostname: "\${HOST}.example.com"
shards: { count: "\${COUNT}" }
http: { log-enabled: "\${LOG}", header-timeout: "\${SECONDS}s", allowed-hosts: ["\${HOST}", "$\${HOST}", "$HOST \${", ""] }
influxdb: [{ name: default, password: "\${PASS}", enabled: false }]
httppost: { endpoint: e, headers: { A: "Bearer \${PASS}" } }
smtp: { password: "\${EMPTY}" }`,
    { HOST: 'h', COUNT: '3', LOG: 'false', SECONDS: '7', PASS: '1234 #"', EMPTY: '' }
  )
  t.equal(config.hostname, 'h.example.com')
  t.equal(config.shards.count, 3)
  t.equal(config.http['log-enabled'], false)
  t.equal(config.http['header-timeout'], 7_000_000_000n)
  t.strictSame(config.http['allowed-hosts'], ['h', '${HOST}', '$HOST ${', ''])
  t.equal(config.influxdb[0]?.password, '1234 #"', 'what a variable holds is no YAML')
  t.strictSame(config.httppost[0]?.headers, { A: 'Bearer 1234 #"' })
  t.equal(config.smtp.password, '')
  t.end()
})

t.test('a variable or file that is missing is told with its line and column', (t) => {
  const cases: readonly [lines: string, message: RegExp][] = [
    [
      'smtp:\n  password: "a ${NO_SUCH}"',
      /kapok.yaml:2:3: smtp.password: the environment variable NO_SUCH is not set: set it, or write \$\$\{NO_SUCH\} for/
    ],
    ['smtp:\n  password-file: FOLDER/nosuch', /:2:3: smtp.password-file: ENOENT/],
    [
      'smtp: { password-file: FOLDER }',
      /:1:9: smtp.password-file: it is a folder, not a file: the server needs a file there/
    ],
    ['smtp: { password-file: /dev/null }', /:1:9: smtp.password-file: it is a device, not a file/],
    ['smtp: { password-file: FOLDER/empty }', /:1:9: smtp.password-file: ENOENT/],
    ['smtp: { password-file: FOLDER/secret, password: x }', /:1:9: smtp.password-file: password is set, too: only one/],
    ['smtp: { password-file: [1] }', /smtp.password-file must be a text$/],
    ['shards: { count: "${WORDS}" }', /:1:11: shards.count must be a whole number$/],
    ['smtp: { host-file: x }', /unknown key "host-file" in smtp/]
  ]
  for (const [lines, message] of cases) t.throws(() => load(t, lines, { WORDS: 'two' }), { message }, lines)
  t.end()
})

/** Of all fields that may come from a file: the path of the section, in YAML's keys, and the field's name. */
function secretsIn(
  fields: Fields,
  path: readonly string[] = []
): { path: readonly string[]; name: string; isList: boolean }[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    if (hasFileKey(field)) return [{ path, name, isList: (sections as Fields)[path[0] ?? ''] instanceof List }]
    return 'fields' in field ? secretsIn(field.fields, [...path, name]) : []
  })
}

t.test('every secret of the configuration can come from a file', (t) => {
  const secrets = secretsIn(sections)
  t.ok(secrets.length > 25)
  for (const { path, name } of secrets) {
    if (path.length === 2) continue // basic-auth: below.
    const more =
      name === 'post-token' ? ', auth-token: x' : name === 'url' || name === 'channel-url' ? ', enabled: false' : ''
    const { config } = load(t, `${path[0]}: { ${name}-file: FOLDER/secret${more} }`)
    const section = [config[path[0] as 'smtp']].flat()[0] as unknown as Record<string, unknown>
    t.equal(section[name], 'hush', `${path.join('.')}.${name}`)
  }
  const { config, origins, folder } = load(
    t,
    'httppost: [{ endpoint: e, basic-auth: { username: u, password-file: FOLDER/secret } }]'
  )
  t.equal(config.httppost[0]?.['basic-auth'].password, 'hush')
  const printed = printConfig(config, origins)
  t.match(printed, `password-file: ${folder}/secret`)
  t.notMatch(printed, 'hush')
  t.end()
})

t.test('KAPOK_..._FILE names a file of a secret, as Docker does', (t) => {
  const { config, folder } = load(t, '')
  const from = (environment: Record<string, string>) =>
    loadConfig({ environment: { KAPOK_CONFIG_PATH: `${folder}/kapok.yaml`, ...environment } })
  t.equal(config.smtp.password, '')
  t.equal(from({ KAPOK_SMTP_PASSWORD_FILE: `${folder}/secret` }).config.smtp.password, 'hush')
  t.equal(from({ KAPOK_SLACK_0_TOKEN_FILE: `${folder}/secret` }).config.slack[0]?.token, 'hush')
  t.throws(() => from({ KAPOK_SMTP_PASSWORD_FILE: '/nosuch' }), {
    code: 'SECRET_UNREADABLE',
    message: /^KAPOK_SMTP_PASSWORD_FILE: ENOENT/
  })
  t.throws(() => from({ KAPOK_SMTP_PASSWORD_FILE: `${folder}/secret`, KAPOK_SMTP_PASSWORD: 'x' }), {
    message: 'KAPOK_SMTP_PASSWORD_FILE: KAPOK_SMTP_PASSWORD is set, too'
  })
  t.throws(() => from({ KAPOK_SMTP_HOST_FILE: `${folder}/secret` }), { code: 'ENVIRONMENT_UNKNOWN' })
  t.end()
})

t.test('a secret is read anew when its file changes, also where Kubernetes swaps the link to it', (t) => {
  const folder = testFolder(t)
  const version = (name: string, secret: string): void => {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'secret'), secret)
    symlinkSync(name, join(folder, '..new'))
    renameSync(join(folder, '..new'), join(folder, '..data'))
  }
  version('..1', 'first')
  symlinkSync('..data/secret', join(folder, 'secret'))
  const { secrets, config } = loadConfig({ environment: { KAPOK_SMTP_PASSWORD_FILE: join(folder, 'secret') } })
  t.equal(config.smtp.password, 'first')
  t.strictSame(secrets.files.look(), { hasChanged: false, lost: [] })
  version('..2', 'second\n')
  t.strictSame(secrets.files.look(), { hasChanged: true, lost: [] })
  t.equal(secrets.config().smtp.password, 'second')
  rmSync(join(folder, '..data'))
  symlinkSync('..data', join(folder, '..data'))
  t.match(secrets.files.look(), { hasChanged: false, lost: [{ error: /ELOOP/ }] })
  t.strictSame(secrets.files.look(), { hasChanged: false, lost: [] }, 'it is told once')
  t.equal(secrets.config().smtp.password, 'second', 'the last one stays')
  t.end()
})

t.test('a file that nobody asks for any more is not looked at, and one that was missing is', (t) => {
  const folder = testFolder(t)
  const [old, late] = [join(folder, 'old'), join(folder, 'late')]
  const files = new SecretFiles()
  writeFileSync(old, 'a')
  files.read(old)
  files.sweep()
  t.throws(() => files.read(late), { code: 'ENOENT' })
  files.sweep()
  writeFileSync(old, 'longer')
  t.strictSame(files.look(), { hasChanged: false, lost: [] })
  writeFileSync(late, 'there')
  t.strictSame(files.look(), { hasChanged: true, lost: [] })
  t.equal(files.read(late), 'there')
  t.end()
})
