import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { messageOf } from '../../src/core/errors.ts'
import { testFolder } from '../support/folder.ts'
import { findSecret, secret } from '../support/secret.ts'

const SECRET = secret('x')

/** Configurations with a problem in or beside a secret, and a word of what is said of it. */
const files: readonly (readonly [yaml: string, words: RegExp])[] = [
  // Letters that a password may begin with, and that YAML takes for its own.
  [`smtp: { password: *${SECRET} }`, /no anchor .* needs quotes/],
  [`smtp: { password: !${SECRET} x }`, /Unresolved tag: .* needs quotes/],
  [`smtp: { password: !!${SECRET} x }`, /tag: .* needs quotes/],
  [`smtp: { password: !a!${SECRET} x }`, /tag: .* needs quotes/],
  [`smtp:\n  password: |${SECRET}\n    x`, /Block scalar header .* needs quotes/],
  [`smtp:\n  password: >${SECRET}\n    x`, /Block scalar header .* needs quotes/],
  [`smtp:\n  password: @${SECRET}`, /cannot start with reserved character @/],
  [`smtp:\n  password: %${SECRET}`, /cannot start with/],
  [`smtp:\n  password: "${SECRET}`, /Missing closing/],
  [`smtp:\n  password: '${SECRET}' ${SECRET}`, /Unexpected scalar/],
  [`smtp:\n  password: ${SECRET}: x`, /Nested mappings/],
  [`smtp:\n\tpassword: ${SECRET}`, /Tabs/],
  [`%${SECRET} x\n---\nsmtp: {}`, /needs quotes/],
  // Values of other types.
  [`smtp: ${SECRET}`, /must be a section/],
  [`smtp: { password: [${SECRET}] }`, /must be a text/],
  [`smtp: { password: { a: ${SECRET} } }`, /must be a text/],
  [`httppost: [{ endpoint: e, url: 'http://h', headers: { A: [${SECRET}] } }]`, /must be a text/],
  [`kafka: [{ sasl-oauth-parameters: { a: [${SECRET}] } }]`, /must be a text/],
  [`notify: { auth-token: [${SECRET}] }`, /must be a text/],
  // Addresses.
  [`slack: [{ enabled: true, url: 'h!p://${SECRET}' }]`, /invalid url "\*+": parse "\*+": first path segment/],
  [`slack: [{ enabled: true, url: 'http://h:${SECRET}/' }]`, /invalid port "\*+" after host/],
  [`discord: [{ enabled: true, url: 'http://h/%zz${SECRET}' }]`, /invalid URL escape/],
  [`talk: { enabled: true, url: 'h!p://${SECRET}' }`, /invalid url/],
  [`teams: { enabled: true, channel-url: 'h!p://${SECRET}' }`, /invalid url/],
  [`alerta: { enabled: true, url: 'http://u:${SECRET}@h:x/' }`, /invalid url "http:\/\/u:\*+@h:x\/"/],
  [`alerta: { enabled: true, url: 'http://u:${SECRET}/a@h/' }`, /invalid url "http:\/\/u:\*+@h\/"/],
  [`zenoss: { enabled: true, url: 'http://u:${SECRET}@h:x/' }`, /invalid url "http:\/\/u:\*+@h:x\/"/],
  [`opsgenie: { enabled: true, url: 'http://u:${SECRET}@h:x/' }`, /invalid URL "http:\/\/u:\*+@h:x\/"/],
  // What else is wrong beside one.
  [`smtp: { password: ${SECRET}, password-file: /nope }`, /only one of them/],
  [`smtp: { password: ${SECRET}, port: x }`, /must be a whole number/],
  [`backup: { passphrase: ${SECRET}, nope: 1 }`, /unknown key/],
  [`telegram: { enabled: true, token: ${SECRET}, parse-mode: x }`, /parseMode/]
]

const environments: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
  [{ KAPOK_SLACK_0_ENABLED: 'true', KAPOK_SLACK_0_URL: `h!p://${SECRET}` }, /invalid url/],
  [{ KAPOK_SMTP_PASSWORD: SECRET, KAPOK_SMTP_PASSWORD_FILE: '/nope' }, /is set, too/],
  [{ KAPOK_SMTP_PASSWORD: `${SECRET}********` }, /has the mask/],
  [{ KAPOK_SMTP_PASSWORT: SECRET }, /no setting goes by that name/],
  [{ KAPOK_SMTP_PASSWORD: SECRET, KAPOK_SMTP_PORT: 'x' }, /failed to apply KAPOK_SMTP_PORT/]
]

t.test('a problem in or beside a secret of the configuration is told without it', (t) => {
  const file = join(testFolder(t), 'kapok.yaml')
  for (const [yaml, words] of files) {
    writeFileSync(file, yaml)
    refuses(t, file, {}, words)
  }
  writeFileSync(file, '')
  for (const [environment, words] of environments) refuses(t, file, environment, words)
  t.end()
})

function refuses(t: Test, file: string, environment: Readonly<Record<string, string>>, words: RegExp): void {
  try {
    loadConfig({ file, environment })
    t.fail(`it is refused: ${String(words)}`)
  } catch (error) {
    t.match(messageOf(error), words)
    t.equal(findSecret(messageOf(error)), undefined)
  }
}
