import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import { handlerKinds } from '../../src/alert/handlers/index.ts'
import { overridable } from '../../src/config/overridable.ts'
import { sections } from '../../src/config/sections.ts'
import { Field, type Fields, List } from '../../src/core/fields.ts'
import type { Secrecies } from '../../src/core/secrecy.ts'
import { transportKindsOf } from '../../src/notify/transports/index.ts'
import { clientOf } from '../support/client.ts'
import { testFolder } from '../support/folder.ts'
import { testServer } from '../support/server.ts'

t.setTimeout(180_000)

const ADMIN = 'hush-admin-password'
/** Nobody listens there. */
const AWAY = '127.0.0.1:1'

/** What the sections need beside secrets to be turned on. */
const NEEDED: Readonly<Record<string, object>> = {
  alerta: { url: `http://${AWAY}` },
  bigpanda: { url: `http://${AWAY}` },
  hipchat: { url: `http://${AWAY}` },
  httppost: { endpoint: 'planted', url: `http://user:hush-httppost-in-url@${AWAY}/` },
  influxdb: { name: 'default', default: true, urls: [`http://${AWAY}`], 'disable-subscriptions': true },
  kafka: { id: 'default', brokers: [AWAY], 'sasl-username': 'u', 'sasl-mechanism': 'PLAIN' },
  mqtt: { name: 'default', default: true, url: `tcp://${AWAY}`, username: 'u' },
  pushover: { url: `http://${AWAY}` },
  servicenow: { url: `http://${AWAY}`, username: 'u' },
  smtp: { host: '127.0.0.1', port: 1, from: 'a@example.com', to: ['b@example.com'], username: 'u' },
  snmptrap: { addr: AWAY, retries: 0 },
  telegram: { url: `http://${AWAY}/bot` },
  zenoss: { url: `http://${AWAY}`, username: 'u' }
}
const URLS = ['opsgenie', 'opsgenie2', 'pagerduty', 'pagerduty2', 'victorops']
const DEFAULTS = ['discord', 'slack']

/** A secret of each field that is one, told apart by its place. */
function planted(fields: Fields, place: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, field]): [string, unknown][] => {
      const name = `${place}-${key}`
      if (!(field instanceof Field)) {
        const inner = planted(field.fields, name)
        return Object.keys(inner).length === 0 ? [] : [[key, field instanceof List ? [inner] : inner]]
      }
      if (field.isHeaders) return [[key, { 'X-Token': name }]]
      if (!field.isSecret) return []
      return [[key, field.isTarget ? `http://${AWAY}/${name}` : name]]
    })
  )
}

/** The configuration with a secret wherever there can be one, and every service of handlers turned on. */
function configuration(folder: string): object {
  const { auth: _auth, backup: _backup, ...rest } = planted(sections, 'hush') as Record<string, object | object[]>
  const config = Object.fromEntries(
    Object.entries(rest).map(([name, section]) => {
      const isService = name in overridable
      const more = {
        ...(isService &&
          'enabled' in (sections as Fields as Record<string, { fields: Fields }>)[name]!.fields && { enabled: true }),
        ...NEEDED[name],
        ...(URLS.includes(name) && { url: `http://${AWAY}/` }),
        ...(name === 'opsgenie' && { recovery_url: `http://${AWAY}/` }),
        ...(DEFAULTS.includes(name) && { default: true, workspace: 'planted' })
      }
      return [name, Array.isArray(section) ? [{ ...section[0], ...more }] : { ...section, ...more }]
    })
  )
  const kafka = {
    ...(config['kafka'] as object[])[0],
    'sasl-access-token': '',
    'sasl-oauth-client-secret': 'hush-kafka-oauth'
  }
  return {
    ...config,
    kafka: [kafka],
    data_dir: join(folder, 'data'),
    notify: { ...config['notify'], folder: join(folder, 'notify') }
  }
}

/** Options of a handler or transport with a secret in each that may hold one. */
function plantedOptions(secrecies: Secrecies, place: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(secrecies).flatMap(([key, secrecy]): [string, unknown][] => {
      const name = `${place}-${key}`
      if (secrecy === 'secret') return [[key, name]]
      if (secrecy === 'secretTarget') return [[key, `http://${AWAY}/${name}`]]
      if (secrecy === 'url') return [[key, `http://user:${name}@${AWAY}/?token=${name}`]]
      if (secrecy === 'headers') return [[key, { Authorization: name }]]
      return []
    })
  )
}

t.test(
  'no secret that somebody has configured or defined is in an answer, a line of the log, or a metric',
  async (t) => {
    const folder = testFolder(t)
    for (const name of ['filters', 'routes']) mkdirSync(join(folder, 'notify', name), { recursive: true })
    const file = join(folder, 'kapok.yaml')
    writeFileSync(file, stringify(configuration(folder)))
    const server = await testServer(
      t,
      {
        ...{ KAPOK_CONFIG_PATH: file, KAPOK_DATA_DIR: join(folder, 'data'), KAPOK_INFLUXDB_0_ENABLED: 'true' },
        ...{ KAPOK_HTTP_AUTH_ENABLED: 'true', KAPOK_AUTH_SCRYPT_COST: '10', KAPOK_AUTH_ADMIN_USER: 'root' },
        ...{ KAPOK_AUTH_ADMIN_PASSWORD: ADMIN, KAPOK_BACKUP_PASSPHRASE: 'hush-backup-passphrase' }
      },
      'debug'
    )
    const answers: string[] = []
    const authorization = `Basic ${Buffer.from(`root:${ADMIN}`).toString('base64')}`
    const clients = { api: clientOf(server.url, { authorization }), pool: clientOf(server.url, { authorization }, '') }
    const ask = async (request: string, body?: unknown, client = clients.api) => {
      const answer = await client(request, body)
      answers.push(`${request.split('?')[0]!} ${answer.status} ${answer.text}`)
      return answer
    }

    await defineAndFail(ask, clients.pool)
    for (const password of ['hush-user-password-2', 'hush-wrong-password']) {
      await ask(`GET /tasks?u=planted&p=${password}`, undefined, clientOf(server.url))
    }
    const { body: routes } = await ask('GET /:routes')
    for (const [route, methods] of Object.entries(routes as Readonly<Record<string, readonly string[]>>)) {
      if (!methods.includes('GET') || route.includes('/logs') || route.endsWith('/storage/backup')) continue
      for (const id of ['', 'planted', 'a', 'default', 'slack']) {
        await ask(
          `GET ${route.replace(/:(?!routes)\w+/g, id || 'x').replace(/\/$/, `/${id}`)}`,
          undefined,
          clients.pool
        )
      }
    }
    for (const name of Object.keys(overridable)) await ask(`GET /config/${name}`)
    for (const { kind } of handlerKinds) await ask(`GET /alerts/topics/t/handlers/${kind}`)
    await server.close()

    const said = [...answers, ...server.lines]
    t.ok(answers.length > 300)
    t.ok(
      said.some((text) => text.includes('failed to deliver')),
      'deliveries have failed'
    )
    t.ok(said.some((text) => text.includes('"redacted"')))
    const leaks = said.flatMap((text) => {
      const found = /hush-[\w-]+/.exec(text)?.[0]
      return found === undefined ? [] : [`${found}: ${text.slice(0, 300)}`]
    })
    t.strictSame(leaks, [])
  }
)

type Ask = (
  request: string,
  body?: unknown,
  client?: ReturnType<typeof clientOf>
) => Promise<{ status: number; body: Record<string, unknown> }>

/** Handlers, routes, overrides, users and tokens with secrets, and whatever can go wrong with them. */
async function defineAndFail(ask: Ask, pool: ReturnType<typeof clientOf>): Promise<void> {
  for (const { kind, secrecies } of handlerKinds) {
    const options = plantedOptions(secrecies, `hush-handler-${kind}`)
    await ask('POST /alerts/topics/t/handlers', { id: kind, kind, options })
    await ask('POST /alerts/topics/t/handlers', { id: `${kind}2`, kind, options: { ...options, nope: 1 } })
    await ask(`PATCH /alerts/topics/t/handlers/${kind}`, [{ op: 'replace', path: '/options/nope', value: 1 }])
  }
  for (const { type, secrecies } of transportKindsOf(handlerKinds)) {
    const transport = { type, ...plantedOptions(secrecies, `hush-transport-${type}`) }
    await ask(`PUT /routes/${type}`, [transport], pool)
    await ask(`PUT /routes/${type}-bad`, [{ ...transport, nope: 1 }], pool)
  }
  for (const [section, { fields }] of Object.entries(overridable) as [string, { fields: Fields }][]) {
    const set = planted(fields, `hush-override-${section}`)
    await ask(`POST /config/${section}/`, { set })
    await ask(`POST /config/${section}/planted`, { set: { ...set, nope: 1 } })
  }
  await ask('POST /users', { name: 'planted', password: 'hush-user-password', permissions: ['api'] })
  await ask('PATCH /users/planted', { password: 'hush-user-password-2' })
  await ask('POST /users', { name: 'planted', password: 'hush-user-password-3' })

  const script = "stream|from()|alert().topic('t').crit(lambda: TRUE)"
  await ask('POST /tasks', { id: 'a', status: 'enabled', dbrps: [{ db: 'd', rp: 'r' }], script })
  await ask('POST /write?db=d&rp=r', 'm v=1 1')
  const alert = { from: 'a', date: '2026-01-01T00:00:00Z', host: 'h', title: 'x' }
  for (const { type } of transportKindsOf(handlerKinds)) await ask('POST /alerts', { ...alert, routes: [type] }, pool)
  const { body } = await ask('GET /service-tests')
  for (const { name } of body['services'] as readonly { readonly name: string }[])
    await ask(`POST /service-tests/${name}`, {})
}
