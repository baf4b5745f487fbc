import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { stringify } from 'yaml'
import { handlerKinds } from '../../src/alert/handlers/index.ts'
import { overridable } from '../../src/config/overridable.ts'
import { type Fields, List } from '../../src/core/fields.ts'
import { transportKindsOf } from '../../src/notify/transports/index.ts'
import { type Answer, clientOf } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { testFolder } from '../support/folder.ts'
import { secret } from '../support/secret.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { type Peers, startPeers } from './peers.ts'
import { Planting } from './planting.ts'

export const transportKinds = transportKindsOf(handlerKinds)
/** Those that no peer refuses: they stay inside, write a file, or send without an answer. */
const UNREFUSED = ['aggregate', 'log', 'publish', 'snmptrap', 'tcp']

/** A server in which everything is defined that has secrets, its peers, and what it says. */
export interface Rig {
  readonly t: Test
  readonly folder: string
  readonly server: TestServer
  readonly peers: Peers
  readonly planting: Planting
  /** All that the server has answered. */
  readonly answers: string[]
  readonly ask: (request: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>
}

export async function startRig(t: Test): Promise<Rig> {
  const folder = testFolder(t)
  for (const name of ['filters', 'routes']) mkdirSync(join(folder, 'notify', name), { recursive: true })
  const peers = await startPeers(t)
  const planting = new Planting(peers)
  const file = join(folder, 'kapok.yaml')
  writeFileSync(file, stringify(planting.configuration(folder)))
  const dataDir = join(folder, 'data')
  const environment = { KAPOK_CONFIG_PATH: file, KAPOK_DATA_DIR: dataDir, KAPOK_INFLUXDB_0_ENABLED: 'true' }
  const server = await testServer(t, environment, 'debug')
  const password = planting.secrets.find((one) => one.startsWith(secret('auth-admin-password')))!
  const login = { authorization: `Basic ${Buffer.from(`root:${password}`).toString('base64')}` }
  const answers: string[] = []
  const ask: Rig['ask'] = async (request, body, headers = login) => {
    const answer = await clientOf(server.url, headers, '')(request, body)
    answers.push(`${request.split('?')[0]!} ${answer.status} ${answer.text}`)
    return answer
  }
  return { t, folder, server, peers, planting, answers, ask }
}

/** Handlers, routes, overrides, users and tokens with secrets, and what is wrong with some; each right one is taken. */
export async function defineAll(rig: Rig): Promise<void> {
  await defineHandlers(rig)
  await defineRoutes(rig)
  await override(rig)
  await defineUsersAndTokens(rig)
  const task = { id: 'a', status: 'enabled', dbrps: [{ db: 'd', rp: 'r' }], script: SCRIPT }
  rig.t.equal((await rig.ask('POST /kapacitor/v1/tasks', task)).status, 200)
}

async function defineHandlers({ t, folder, planting, ask }: Rig): Promise<void> {
  const needed = planting.neededByHandlers(folder)
  const define = async (id: string, kind: string, options: object): Promise<void> => {
    const { status, text } = await ask('POST /kapacitor/v1/alerts/topics/t/handlers', { id, kind, options })
    t.equal(status, 200, `the handler ${id} is taken: ${text}`)
  }
  for (const { kind, secrecies } of handlerKinds) {
    const options = { ...planting.options(secrecies, `handler-${kind}`, kind), ...needed[kind] }
    await define(kind, kind, options)
    const bad = { id: 'bad', kind, options: { ...options, nope: 1 } }
    t.not((await ask('POST /kapacitor/v1/alerts/topics/t/handlers', bad)).status, 200)
    const patch = [{ op: 'replace', path: '/options/nope', value: 1 }]
    t.not((await ask(`PATCH /kapacitor/v1/alerts/topics/t/handlers/${kind}`, patch)).status, 200)
  }
  await define('kafka-oauth', 'kafka', { cluster: 'oauth', topic: 'planted' })
  await define('endpoint', 'post', { endpoint: 'planted', 'capture-response': true })
  await define('redirected', 'post', { url: planting.webhook('redirected', 'redirected/services') })
}

async function defineRoutes({ t, folder, planting, ask }: Rig): Promise<void> {
  const needed = planting.neededByTransports(folder)
  for (const { type, secrecies } of transportKinds) {
    const options = { ...planting.options(secrecies, `transport-${type}`, type), ...needed[type] }
    const { status, text } = await ask(`PUT /routes/${type}`, [{ type, ...options }])
    t.equal(status, 200, `the transport ${type} is taken: ${text}`)
    const bad = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, [value, 1]]))
    t.not((await ask(`PUT /routes/${type}-bad`, [{ type, nope: bad, ...bad }])).status, 200)
  }
  const routes = transportKinds.map(({ type }) => type)
  t.equal((await ask('PUT /filters/everywhere', { type: 'route', routes })).status, 200)
}

async function override({ t, planting, ask }: Rig): Promise<void> {
  for (const [section, { fields }] of services()) {
    const set = planting.values(fields, `override-${section}`, section)
    const place = `/kapacitor/v1/config/${section}/${await elementOf(ask, section)}`
    const { status, text } = await ask(`POST ${place}`, { set })
    if (section === 'influxdb') t.match(text, 'its clusters are changed in the files')
    else t.equal(status, 204, `the section ${section} is overridden: ${text}`)
    t.not((await ask(`POST ${place}`, { set: { ...set, nope: 1 } })).status, 204)
    const lists = Object.fromEntries(Object.entries(set).map(([name, value]) => [name, [value, 1]]))
    if (Object.keys(set).length > 0) t.not((await ask(`POST ${place}`, { set: lists })).status, 204)
  }
}

export function services(): [string, { readonly fields: Fields }][] {
  return Object.entries(overridable) as [string, { readonly fields: Fields }][]
}

/** The first one of a list; '' of another section. */
export async function elementOf(ask: Rig['ask'], section: string): Promise<string> {
  if (!(overridable[section] instanceof List)) return ''
  const { body } = await ask(`GET /kapacitor/v1/config/${section}`)
  const [{ link }] = body['elements'] as [{ link: { href: string } }]
  return link.href.split('/').at(-1)!
}

async function defineUsersAndTokens({ t, planting, ask, answers }: Rig): Promise<void> {
  const password = planting.secret('user-password')
  const user = { name: 'planted', password, permissions: ['api'] }
  t.equal((await ask('POST /kapacitor/v1/users', user)).status, 200)
  t.equal((await ask('PATCH /kapacitor/v1/users/planted', { password: planting.secret('new-password') })).status, 200)
  await ask('POST /kapacitor/v1/users', { ...user, permissions: ['none'] })
  const { status, body } = await ask('POST /kapok/v1/tokens', { name: 'planted', scopes: ['read'] })
  t.equal(status, 200)
  // It is told this once.
  answers.pop()
  const token = body['token'] as string
  t.equal((await ask('GET /kapok/v1/outbox', undefined, { authorization: `Bearer ${token}` })).status, 200)
  t.notOk(answers.some((text) => text.includes(token)))
}

/** A task whose nodes send to the peers, too. */
const SCRIPT = `
  var points = stream|from()
  points|alert().topic('t').id('x').crit(lambda: TRUE)
  points|influxDBOut().database('d')
  points|httpPost().endpoint('planted').captureResponse()`

/** An event for all handlers, and an alert for all routes; resolves when each has been refused by its peer. */
export async function alertOnce({ t, server, ask }: Rig, time: number): Promise<void> {
  const since = server.lines.length
  t.equal((await ask('POST /kapacitor/v1/write?db=d&rp=r', `m v=1 ${time}`)).status, 204)
  const alert = { from: 'a', date: '2026-01-01T00:00:00Z', host: 'h', title: `x${time}` }
  t.equal((await ask('POST /alerts', alert)).status, 200)
  const names = [
    ...[...handlerKinds.map(({ kind }) => kind), 'kafka-oauth', 'endpoint', 'redirected'].map((id) => ['t', id]),
    ...transportKinds.map(({ type }) => ['routes', `${type}/${type}`])
  ].filter(([, name]) => !UNREFUSED.includes(name!.replace(/\/.*/, '')))
  const waiting = () => {
    const lines = server.lines.slice(since)
    return names.filter(
      ([topic, name]) =>
        !lines.some(
          (line) =>
            line.includes('"failed to deliver an event"') && line.includes(`"topic":"${topic}","handler":"${name}"`)
        )
    )
  }
  await eventually('a refusal of each delivery', () => waiting().length === 0, 10_000).catch(() =>
    t.strictSame(waiting(), [], 'every handler and transport has been refused')
  )
}

/** Those that the peers were sent since `heard` was emptied. */
export function sentSecrets({ peers, planting }: Rig): string[] {
  const heard = peers.heard.join('\n')
  return planting.secrets.filter((one) => heard.includes(one))
}
