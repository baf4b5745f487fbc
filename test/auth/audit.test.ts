import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { Audit, changesBetween } from '../../src/auth/audit.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { AuditStore } from '../../src/store/audit.ts'
import { Database } from '../../src/store/db.ts'
import { type Call, clientOf } from '../support/client.ts'
import { testFolder } from '../support/folder.ts'
import { testServer } from '../support/server.ts'
import { eventually } from '../support/eventually.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { AS_ADMIN, loginOf, WITH_ADMIN } from '../support/admin.ts'
import { secret } from '../support/secret.ts'

const files = testFolder(t)

interface Shown {
  readonly time: string
  readonly user: string
  readonly address: string
  readonly action: string
  readonly kind: string
  readonly id: string
  readonly members: readonly { readonly path: string; readonly before?: string; readonly after?: string }[]
}

async function start(t: Test, environment: Record<string, string> = {}) {
  const server = await testServer(t, { ...WITH_ADMIN, ...environment })
  const call = clientOf(server.url, AS_ADMIN)
  return { ...server, call, audit: (query = '') => shown(call, query) }
}

async function shown(call: Call, query: string): Promise<readonly Shown[]> {
  return (await call(`GET /kapok/v1/audit${query}`)).body.changes as readonly Shown[]
}

const TASK = { id: 'cpu', dbrps: [{ db: 'd', rp: 'r' }], script: 'stream|from()|log()' }

t.test('the audit says who changed what from where, and how it was before', async (t) => {
  const { url, call, audit } = await start(t)
  await call('POST /tasks', TASK)
  await call('PATCH /tasks/cpu', { script: "stream|from()|log().level('WARN')" })
  await call('DELETE /tasks/cpu')
  await call('POST /tasks', { ...TASK, script: 'not a script' })
  await clientOf(url)('POST /tasks', TASK)
  const [removed, changed, made, ...others] = await audit('?kind=task')
  t.match(made, { user: 'root', address: '127.0.0.1', action: 'create', kind: 'task', id: 'cpu' })
  t.match(changed, {
    ...{ action: 'update', id: 'cpu' },
    members: [{ path: 'script', before: '"stream|from()|log()"', after: '"stream|from()|log().level(\'WARN\')"' }]
  })
  t.equal(changed!.members.length, 1, 'what stayed is left out')
  t.match(removed, { action: 'delete', id: 'cpu' })
  t.strictSame(others, [], 'what was refused changed nothing')
})

t.test('every kind of thing that can be changed is in the audit, and no secret is', async (t) => {
  const { call, audit } = await start(t)
  const changes: readonly [request: string, body?: unknown][] = [
    ['POST /templates', { id: 't', script: 'stream|from()' }],
    ['POST /alerts/topics/a/handlers', { id: 'h', kind: 'log', options: { path: '/tmp/kapok-audit-test.log' } }],
    ['DELETE /alerts/topics/a/handlers/h'],
    ['POST /config/smtp/', { set: { password: secret('smtp'), host: 'mail.test' } }],
    ['POST /users', { name: 'ann', password: secret('ann') }],
    ['PATCH /users/ann', { password: secret('new of ann') }],
    ['POST /kapok/v1/tokens', { name: 'ci', scopes: ['read'] }]
  ]
  for (const [request, body] of changes) t.match((await call(request, body)).status, /^20[04]$/, request)
  const found = await audit()
  t.strictSame(
    found.map(({ action, kind, id }) => `${action} ${kind} ${kind === 'token' ? '' : id}`.trim()).reverse(),
    [
      ...['create template t', 'create handler of a h', 'delete handler of a h', 'update config smtp'],
      ...['create user ann', 'update user ann', 'create token']
    ]
  )
  t.match(
    found.find(({ kind }) => kind === 'config'),
    { members: [{ after: /mail\.test/ }] }
  )
  t.notMatch(JSON.stringify(found), /kapok_/)
})

t.test('what files change is in the audit, too', async (t) => {
  for (const folder of ['load/tasks', 'config/filters']) mkdirSync(`${files}/${folder}`, { recursive: true })
  writeFileSync(`${files}/load/tasks/a.tick`, 'dbrp "d"."r"\nstream|from()|log()')
  writeFileSync(`${files}/config/filters/f.yaml`, 'type: discard\nif: alert.Host == "x"\n')
  const { audit } = await start(t, {
    ...{ KAPOK_LOAD_ENABLED: 'true', KAPOK_LOAD_DIR: `${files}/load` },
    KAPOK_NOTIFY_FOLDER: `${files}/config`
  })
  const { length } = await audit()
  t.equal(length, 1, 'what the server finds when it starts are no changes of filters')
  t.match(await audit(), [{ user: `${files}/load/tasks/a.tick`, action: 'create', kind: 'task', id: 'a' }])
  writeFileSync(`${files}/config/filters/g.yaml`, 'type: discard\nif: alert.Host == "y"\n')
  await eventually('a change of filters', async () => (await audit('?kind=filter')).length > 0)
  t.match(await audit('?kind=filter'), [{ user: `files of ${files}/config`, action: 'create', id: 'g' }])
  rmSync(`${files}/load/tasks/a.tick`)
  await eventually('a second change of tasks', async () => (await audit('?kind=task')).length > 1)
  t.match(await audit('?kind=task'), [{ user: 'a file that is gone', action: 'delete', id: 'a' }, {}])
})

t.test('the audit is for admins, who can narrow it down', async (t) => {
  const { url, call, audit } = await start(t)
  await call('POST /users', { name: 'ann', password: secret('ann'), permissions: ['all'] })
  const ann = clientOf(url, loginOf('ann', secret('ann')))
  t.equal((await ann('GET /kapok/v1/audit')).status, 403)
  await ann('POST /tasks', TASK)
  t.equal((await audit('?user=ann')).length, 1)
  t.equal((await audit('?id=ann')).length, 1)
  t.equal((await audit('?limit=1&offset=1'))[0]?.kind, 'user')
  t.equal((await audit('?from=2100-01-01T00:00:00Z')).length, 0)
  t.equal((await call('GET /kapok/v1/audit?from=x')).status, 400)
})

t.test('changes are kept for as long, and as many, as the limits say, also over a restart', async (t) => {
  const db = await Database.open(':memory:')
  t.teardown(() => db.close())
  const clock = new ManualClock(1_000_000)
  const store = new AuditStore(db)
  const open = () => Audit.open(store, { rows: 2, ageMs: 1000 }, clock, silentLogger)
  const change = (id: string) => ({ actor: 'a', address: '', kind: 'k', id, before: undefined, after: {} })
  const ids = async () => (await store.page({}, 10, 0)).map(({ id }) => id)
  const audit = await open()
  for (const id of ['1', '2', '3']) await audit.record(change(id))
  await audit.retain()
  t.strictSame(await ids(), ['3', '2'])
  await audit.close()
  clock.advance(1001)
  const again = await open()
  await again.record(change('4'))
  await again.retain()
  t.strictSame(await ids(), ['4'])
  await again.close()
})

t.test('members are compared down to what is no object, and long ones are cut', (t) => {
  t.strictSame(changesBetween({ a: { b: 1, c: [1] }, d: 1 }, { a: { b: 2, c: [1, 2] }, e: new Map([['f', 2n]]) }), [
    { path: 'a.b', before: '1', after: '2' },
    { path: 'a.c', before: '[1]', after: '[1,2]' },
    { path: 'd', before: '1' },
    { path: 'e', after: '{"f":"2"}' }
  ])
  const [{ after = '' } = {}] = changesBetween(undefined, { long: 'x'.repeat(10_000) })
  t.ok(after.length < 5000)
  t.end()
})
