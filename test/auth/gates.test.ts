import t from 'tap'
import { BearerGate } from '../../src/auth/bearer-gate.ts'
import { LoginThrottle } from '../../src/auth/login-throttle.ts'
import { bearerOf } from '../../src/influxdb/bearer.ts'
import { clientOf } from '../support/client.ts'
import { runProgram } from '../support/program.ts'
import { testFolder } from '../support/folder.ts'
import { testServer } from '../support/server.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { AS_ADMIN, loginOf, WITH_ADMIN } from '../support/admin.ts'
import { secret } from '../support/secret.ts'

const secrets = testFolder(t, { token: `${secret('token')}\n` })

t.test('where the pool has a token, the backup and the configuration ask for it, too', async (t) => {
  const { url } = await testServer(t, {
    KAPOK_NOTIFY_AUTH_TOKEN_FILE: `${secrets}/token`,
    KAPOK_NOTIFY_POST_TOKEN: secret('post-token')
  })
  const paths = ['/storage/backup', '/config', '/users']
  for (const path of paths) {
    t.equal((await clientOf(url)(`GET ${path}`)).status, 401, path)
    t.equal((await clientOf(url, { authorization: `Bearer ${secret('post-token')}` })(`GET ${path}`)).status, 403, path)
    t.equal((await clientOf(url, { authorization: `Bearer ${secret('token')}` })(`GET ${path}`)).status, 200, path)
  }
  t.equal((await clientOf(url)('GET /tasks')).status, 200, 'the rest asks nobody')
  await t.rejects(testServer(t, { KAPOK_NOTIFY_AUTH_TOKEN_FILE: `${secrets}/nosuch` }), {
    ...{ code: 'SECRET_UNREADABLE', message: /^KAPOK_NOTIFY_AUTH_TOKEN_FILE: ENOENT/ }
  })
})

t.test('a configured token opens what it is for, and nothing else', (t) => {
  const clock = new ManualClock()
  const throttle = new LoginThrottle(clock)
  const gate = new BearerGate(
    () => [
      { name: 'all', value: 'a', scopes: ['admin'] },
      { name: 'post', value: 'p', scopes: ['notify:post'] }
    ],
    throttle
  )
  const by = (authorization: string) =>
    gate.authenticate({ authorization, query: () => new URLSearchParams(), address: '' })
  t.equal(by('Bearer a').holdsOneOf(['config']), true)
  t.equal(by('Bearer p').holdsOneOf(['notify:post']), true)
  t.equal(by('Bearer p').holdsOneOf(['notify', 'notify:read', 'admin']), false)
  for (let i = 0; i < 6; i++) t.throws(() => by(`Bearer x${i}`), { code: 'TOKEN_MISMATCH' })
  t.throws(() => by('Bearer x'), { code: 'LOGIN_THROTTLED' })
  t.throws(() => by('Basic eDp5'), { code: 'TOKEN_NOT_BEARER' })
  t.equal(by('Bearer a').holdsOneOf(['config']), true, 'what was right there lately does not wait')
  t.strictSame([throttle.failed, throttle.throttled], [6, 1])
  t.end()
})

/** The lines of `/metrics` about logins. */
async function loginsOf(url: string, authorization: string): Promise<Record<string, number>> {
  const metrics = await (await fetch(`${url}/metrics`, { headers: { authorization } })).text()
  const lines = metrics.matchAll(/^kapok_http_logins_(\w+) (\d+)$/gm)
  return Object.fromEntries([...lines].map(([, name, value]) => [name, Number(value)]))
}

const ADMIN = AS_ADMIN.authorization
const WITH_USERS = { ...WITH_ADMIN, KAPOK_HTTP_SHARED_SECRET: secret('shared') }
const WITHOUT_USERS = { KAPOK_NOTIFY_AUTH_TOKEN: secret('token') }

const KINDS: readonly {
  readonly kind: string
  readonly environment: Readonly<Record<string, string>>
  readonly path: string
  /** @param turn Differs from one guess to the next. */
  readonly wrong: (turn: number) => string
  readonly right: string
}[] = [
  {
    ...{ kind: 'a password', environment: WITH_USERS, path: '/kapacitor/v1/tasks', right: ADMIN },
    wrong: (turn) => loginOf('root', secret(`guess ${turn}`)).authorization
  },
  {
    ...{ kind: 'a JWT', environment: WITH_USERS, path: '/kapacitor/v1/tasks' },
    wrong: (turn) => `Bearer ${bearerOf('root', secret(`guess ${turn}`), Date.now())}`,
    right: `Bearer ${bearerOf('root', secret('shared'), Date.now())}`
  },
  {
    ...{ kind: 'a token of Kapok', environment: WITH_USERS, path: '/kapacitor/v1/tasks', right: ADMIN },
    wrong: (turn) => `Bearer kapok_${String(turn).padStart(12, '0')}_${'a'.repeat(43)}`
  },
  {
    ...{ kind: 'a token of a subscription', environment: WITH_USERS, path: '/kapacitor/v1/tasks', right: ADMIN },
    wrong: (turn) => `Basic ${btoa(`~subscriber:${String(turn).padStart(96, 'x')}`)}`
  },
  {
    ...{
      kind: 'a token of the configuration',
      environment: WITHOUT_USERS,
      path: '/alerts',
      right: `Bearer ${secret('token')}`
    },
    wrong: (turn) => `Bearer ${secret(`guess-${turn}`)}`
  }
]

for (const { kind, environment, path, wrong, right } of KINDS) {
  t.test(`who guesses ${kind} is counted and slowed down, and nobody else is`, async (t) => {
    const { url } = await testServer(t, { ...environment, KAPOK_HTTP_TRUSTED_PROXIES_0: '127.0.0.1' })
    const from = async (address: string, authorization: string): Promise<number> =>
      (await fetch(`${url}${path}`, { headers: { authorization, 'x-forwarded-for': address } })).status
    t.equal(await from('10.0.0.1', right), 200)
    for (let turn = 0; turn < 6; turn++) t.equal(await from('10.0.0.1', wrong(turn)), 401, `guess ${turn}`)
    t.equal(await from('10.0.0.1', wrong(6)), 429)
    t.equal(await from('10.0.0.1', right), 200, 'who is known there is let in')
    t.equal(await from('10.0.0.2', right), 200, 'who comes from elsewhere is')
    t.strictSame(await loginsOf(url, right), { failed: 6, throttled: 1 })
  })
}

t.test('an address that a client claims to come from counts only where a trusted proxy says so', async (t) => {
  const { url } = await testServer(t, WITH_USERS)
  const guess = async (turn: number): Promise<number> => {
    const headers = { ...loginOf('root', secret(`guess ${turn}`)), 'x-forwarded-for': `10.0.0.${turn}` }
    return (await fetch(`${url}/kapacitor/v1/tasks`, { headers })).status
  }
  for (let turn = 0; turn < 6; turn++) t.equal(await guess(turn), 401, `guess ${turn}`)
  t.equal(await guess(6), 429)
})

t.test('a server with a lock and no admin does not start, and says what to set', async (t) => {
  const environment = { KAPOK_HTTP_AUTH_ENABLED: 'true' }
  await t.rejects(testServer(t, environment), { code: 'ADMIN_MISSING', message: /auth\.admin-password-file/ })
})

t.test('a server that anybody could reach and change does not start', async (t) => {
  const { code, error } = await runProgram('--bind', '0.0.0.0:0', '--data-dir', testFolder(t))
  t.not(code, 0)
  t.match(error, /0\.0\.0\.0:0 can be reached from other machines.*set http\.auth-enabled/)
})
