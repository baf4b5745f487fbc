import t, { type Test } from 'tap'
import { Tokens } from '../../src/auth/tokens.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { Database } from '../../src/store/db.ts'
import { TokenStore } from '../../src/store/tokens.ts'
import { clientOf } from '../support/client.ts'
import { testServer } from '../support/server.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { AS_ADMIN, loginOf, WITH_ADMIN } from '../support/admin.ts'

async function open(t: Test) {
  const db = await Database.open(':memory:')
  t.teardown(() => db.close())
  const clock = new ManualClock(1_600_000_000_000)
  const store = new TokenStore(db)
  return { db, clock, store, tokens: await Tokens.open(store, clock, silentLogger) }
}

const REQUEST = { name: 'telegraf', scopes: ['read'], owner: 'root', expiresMs: undefined }

t.test('a token is shown once, and the store does not hold it', async (t) => {
  const { db, tokens } = await open(t)
  const { token } = await tokens.create(REQUEST)
  t.match(token, /^kapok_[\da-f]{12}_[\w-]{43}$/)
  const secret = token.slice(19)
  const stored = JSON.stringify(await db.all('SELECT * FROM tokens'), (_, value: unknown) => String(value))
  t.notMatch(stored, secret)
  t.equal(tokens.find(token)?.name, 'token telegraf')
})

t.test('a token that is wrong, expired or revoked lets nobody in', async (t) => {
  const { clock, tokens } = await open(t)
  const lasting = await tokens.create(REQUEST)
  const brief = await tokens.create({ ...REQUEST, expiresMs: clock.now().ms + 1000 })
  t.ok(tokens.find(brief.token))
  clock.advance(1000)
  t.notOk(tokens.find(brief.token))
  const wrong = `${lasting.token.slice(0, -1)}${lasting.token.endsWith('A') ? 'B' : 'A'}`
  for (const bad of ['', 'kapok_', `${lasting.token}x`, wrong]) t.notOk(tokens.find(bad), bad)
  await tokens.revoke(lasting.record.id)
  t.notOk(tokens.find(lasting.token))
  await t.rejects(tokens.revoke(lasting.record.id), { code: 'TOKEN_UNKNOWN' })
})

t.test('tokens, and when they were last used, survive a restart', async (t) => {
  const { clock, store, tokens } = await open(t)
  const { token } = await tokens.create(REQUEST)
  clock.advance(5000)
  tokens.find(token)
  await tokens.close()
  const again = await Tokens.open(store, clock, silentLogger)
  t.ok(again.find(token))
  t.match(again.all, [{ name: 'telegraf', createdMs: 1_600_000_000_000, lastUsedMs: 1_600_000_005_000 }])
})

t.test('a token has a name and scopes that there are', async (t) => {
  const { tokens } = await open(t)
  const cases = [
    [{ name: '' }, 'TOKEN_NAME'],
    [{ scopes: [] }, 'TOKEN_SCOPES_MISSING'],
    [{ scopes: ['read', 'reed'] }, 'TOKEN_SCOPE'],
    [{ scopes: ['write:'] }, 'TOKEN_SCOPE']
  ] as const
  for (const [wrong, code] of cases) {
    t.throws(() => void tokens.create({ ...REQUEST, ...wrong }), { code, status: 400 }, code)
  }
})

t.test('over HTTP a token does what its scopes say, in each of the ways to bring it along', async (t) => {
  const { url } = await testServer(t, WITH_ADMIN)
  const admin = clientOf(url, AS_ADMIN)
  const made = await admin('POST /kapok/v1/tokens', {
    ...{ name: 'writer', scopes: ['write:telegraf'], 'expires-in': '1h' }
  })
  const token = String(made.body.token)
  t.match(made, { status: 200, body: { owner: 'root', scopes: ['write:telegraf'], 'last-used': null } })
  t.notMatch((await admin('GET /kapok/v1/tokens')).text, token)

  const logins = ['telegraf', '~subscriber'].map((name) => loginOf(name, token).authorization)
  const ways = [`Bearer ${token}`, `Token ${token}`, ...logins]
  for (const authorization of ways) {
    const call = clientOf(url, { authorization })
    t.equal((await call('POST /write?db=telegraf', 'm v=1')).status, 204, authorization)
    t.strictSame(await call('POST /write?db=other', 'm v=1'), {
      status: 401,
      text: '"token writer" user is not authorized to write to database "other"\n',
      body: {}
    })
    t.equal((await call('GET /ping')).status, 204)
    t.match((await call('GET /tasks')).body, {
      error: 'user token writer does not have "read" privilege for API endpoint "/kapacitor/v1/tasks"'
    })
  }
  t.equal((await clientOf(url)('POST /write?db=telegraf', 'm v=1')).status, 401)

  await admin(`DELETE /kapok/v1/tokens/${String(made.body.id)}`)
  t.match((await clientOf(url, { authorization: ways[0]! })('GET /ping')).body, {
    error: 'invalid token: it is unknown, expired or revoked'
  })
})
