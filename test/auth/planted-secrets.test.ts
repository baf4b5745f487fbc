import t from 'tap'
import { handlerKinds } from '../../src/alert/handlers/index.ts'
import { overridable } from '../../src/config/overridable.ts'
import { Field, type Fields } from '../../src/core/fields.ts'
import { MASK } from '../../src/core/mask.ts'
import { isTarget, type Secrecies } from '../../src/core/secrecy.ts'
import { eventually } from '../support/eventually.ts'
import { findSecret, secret } from '../support/secret.ts'
import {
  alertOnce,
  defineAll,
  elementOf,
  type Rig,
  sentSecrets,
  services,
  startRig,
  transportKinds
} from './planted-rig.ts'

/**
 * A server with a secret wherever there can be one, whose peers refuse everything and say back what they were sent:
 * nothing that it answers or logs shows one of the secrets, and each goes where it belongs.
 */
t.test('no secret that is configured or defined is in an answer, a line of the log, or a metric', async (t) => {
  const rig = await startRig(t)
  await defineAll(rig)
  await alertOnce(rig, 1)
  const secretsSent = sentSecrets(rig)
  t.ok(secretsSent.length > 40, 'secrets go where they belong')
  await testServices(rig)

  await putBack(rig)
  rig.peers.heard.length = 0
  await alertOnce(rig, 2)
  const lost = () => secretsSent.filter((one) => !sentSecrets(rig).includes(one))
  await eventually('every secret sent again', () => lost().length === 0 || undefined, 5000).catch(() =>
    t.strictSame(lost(), [], 'a masked secret that is put back is unchanged')
  )
  await moveTargets(rig)

  await failLogins(rig)
  await readEverything(rig)
  await rig.server.close()
  const said = [...rig.answers, ...rig.server.lines]
  t.ok(said.some((text) => text.includes(MASK)))
  t.ok(said.some((text) => text.includes('"redacted"')))
  t.strictSame(
    said.filter((text) => findSecret(text) !== undefined).map((text) => `${findSecret(text)}: ${text.slice(0, 500)}`),
    []
  )
})

/** What tests need beside their defaults to reach a peer. */
const TEST_OPTIONS: Readonly<Record<string, object>> = {
  httppost: { endpoint: 'planted' },
  influxdb: { cluster: 'default' },
  kafka: { cluster: 'default' },
  mqtt: { topic: 'planted' }
}

async function testServices({ t, peers, ask }: Rig): Promise<void> {
  const { body } = await ask('GET /kapacitor/v1/service-tests')
  for (const { name } of body['services'] as readonly { readonly name: string }[]) {
    const before = peers.heard.length
    const { body: result } = await ask(`POST /kapacitor/v1/service-tests/${name}`, TEST_OPTIONS[name] ?? {})
    await eventually(`a request of the test of ${name}`, () => peers.heard.length > before, 2000).catch(() =>
      t.fail(`the test of ${name} reaches no peer: ${JSON.stringify(result)}`)
    )
  }
}

/** Everything as clients see it, masks included. */
async function putBack({ t, ask }: Rig): Promise<void> {
  for (const [section] of services()) {
    if (section === 'influxdb') continue
    const place = `/kapacitor/v1/config/${section}/${await elementOf(ask, section)}`
    const { body } = await ask(`GET ${place}`)
    const key = (overridable[section] as { key?: string }).key ?? ''
    const set = Object.fromEntries(
      Object.entries(body['options'] as object).filter(([name, value]) => name !== key && value !== null)
    )
    const { status, text } = await ask(`POST ${place}`, { set })
    t.equal(status, 204, `the section ${section} is put back: ${text}`)
  }
  const { body } = await ask('GET /kapacitor/v1/alerts/topics/t/handlers')
  for (const { id } of body['handlers'] as readonly { readonly id: string }[]) {
    const place = `/kapacitor/v1/alerts/topics/t/handlers/${id}`
    const { status, text } = await ask(`PUT ${place}`, (await ask(`GET ${place}`)).body)
    t.equal(status, 200, `the handler ${id} is put back: ${text}`)
  }
  for (const { type } of transportKinds) {
    const { status, text } = await ask(`PUT /routes/${type}`, (await ask(`GET /routes/${type}`)).body)
    t.equal(status, 200, `the route ${type} is put back: ${text}`)
  }
}

/** Gives each address anew, but not the secrets beside it. */
async function moveTargets({ t, ask }: Rig): Promise<void> {
  const refusal = /would (send|be sent)/
  for (const [section, { fields }] of services()) {
    const moved = Object.entries(fields).filter(([, field]) => field instanceof Field && field.isTarget)
    if (section === 'influxdb' || !hasSecret(fields)) continue
    const place = `/kapacitor/v1/config/${section}/${await elementOf(ask, section)}`
    for (const [key, field] of moved as [string, Field<unknown>][]) {
      if (field.isSecret && Object.values(fields).filter((one) => one instanceof Field && one.isSecret).length === 1) {
        continue
      }
      const value = { text: 'http://127.0.0.1:1/', int: 1, texts: ['127.0.0.1:1'] }[field.kind as 'text']
      t.match((await ask(`POST ${place}`, { set: { [key]: value } })).text, refusal, `${key} of ${section} is moved`)
    }
  }
  for (const { kind, secrecies } of handlerKinds) {
    const place = `/kapacitor/v1/alerts/topics/t/handlers/${kind}`
    for (const key of movable(secrecies)) {
      const { body } = await ask(`GET ${place}`)
      const options = { ...(body['options'] as object), [key]: 'http://127.0.0.1:1/' }
      t.match((await ask(`PUT ${place}`, { ...body, options })).text, refusal, `${key} of ${kind} is moved`)
    }
  }
  for (const { type, secrecies } of transportKinds) {
    for (const key of movable(secrecies)) {
      const [transport] = (await ask(`GET /routes/${type}`)).body as unknown as [object]
      const value = key === 'port' ? 1 : 'http://127.0.0.1:1/'
      t.match((await ask(`PUT /routes/${type}`, [{ ...transport, [key]: value }])).text, refusal, `${key} of ${type}`)
    }
  }
}

function hasSecret(fields: Fields): boolean {
  return Object.values(fields).some((field) => field instanceof Field && (field.isSecret || field.isSecretMap))
}

/** Addresses that stand beside secrets. */
function movable(secrecies: Secrecies): string[] {
  const others = Object.values(secrecies).some((secrecy) => secrecy === 'secret' || secrecy === 'headers')
  return others ? Object.keys(secrecies).filter((key) => isTarget(secrecies[key]!)) : []
}

async function failLogins({ t, ask }: Rig): Promise<void> {
  const wrong = secret('wrong')
  const basic = `Basic ${Buffer.from(`root:${wrong}`).toString('base64')}`
  for (const authorization of [basic, `Basic ${wrong}`, `Bearer ${wrong}`, `Token ${wrong}`, `Nope ${wrong}`]) {
    for (const path of ['/kapacitor/v1/tasks', '/kapok/v1/tokens', '/alerts', '/routes/slack', '/metrics']) {
      t.equal((await ask(`GET ${path}`, undefined, { authorization })).status, 401, `${authorization} at ${path}`)
    }
  }
  for (const path of ['/kapacitor/v1/tasks', '/write', '/query', '/alerts']) {
    await ask(`POST ${path}?u=root&p=${wrong}&db=d&rp=r`, 'm v=1 1', {})
  }
}

/** Whatever can be read. */
async function readEverything({ ask }: Rig): Promise<void> {
  const { body: routes } = await ask('GET /kapacitor/v1/:routes')
  for (const [route, methods] of Object.entries(routes as Readonly<Record<string, readonly string[]>>)) {
    if (!methods.includes('GET') || route.includes('/logs') || route.endsWith('/storage/backup')) continue
    for (const id of ['', 'planted', 'a', 't', 'default']) {
      await ask(`GET ${route.replace(/:(?!routes)\w+/g, id || 'x').replace(/\/$/, `/${id}`)}`)
    }
  }
  for (const [section] of services()) await ask(`GET /kapacitor/v1/config/${section}`)
  for (const { kind } of handlerKinds) {
    await ask(`GET /kapacitor/v1/alerts/topics/t/handlers/${kind}`)
    await ask(`GET /kapok/v1/outbox/t/${kind}`)
  }
  for (const { type } of transportKinds) await ask(`GET /routes/${type}`)
  await ask('GET /kapok/v1/history?limit=100')
  await ask('GET /kapok/v1/dead-letters?limit=100')
  await ask('GET /dead-letters')
  await ask('GET /kapok/v1/audit?limit=1000')
}
