import t from 'tap'
import { testServer } from '../support/server.ts'
import { ask, readExchanges } from './exchanges.ts'

const ENVIRONMENT = {
  KAPOK_HTTP_AUTH_ENABLED: 'true',
  KAPOK_HTTP_SHARED_SECRET: 'correct horse',
  KAPOK_AUTH_SCRYPT_COST: '10',
  KAPOK_HTTP_TRUSTED_PROXIES_0: '127.0.0.1',
  KAPOK_AUTH_ADMIN_USER: 'root',
  KAPOK_AUTH_ADMIN_PASSWORD: 'toor'
}

/** What is answered otherwise on purpose: by the note above it, the status and what the body says instead. */
const DIFFERENT: Readonly<Record<string, readonly [status: number, body: RegExp | '']>> = {
  'exists already (200, and nothing changed)': [409, /user \\"ann\\" already exists: change it with PATCH/],
  'password of 73 octets': [200, /"name": "(sam|ann)"/],
  'bob, old password: passes': [401, ''],
  'offset not a number: 400, and the list behind it in the same body': [400, /"error": "invalid offset [^}]*}$/],
  'limit not a number: the same': [400, /"error": "invalid limit [^}]*}$/],
  'limit too large': [400, /"error": "invalid limit [^}]*}$/],
  'root itself, the last admin': [409, /"root\\" is the last admin/],
  'root is refused': [200, /"users"/]
}

const ADMIN = { Authorization: 'Basic cm9vdDp0b29y' }
/** The user whose password is too long for the original. */
const DELETE_SAM = { method: 'DELETE', path: '/kapacitor/v1/users/sam', headers: ADMIN, body: '' }
const CREATE_ANN = {
  ...{ method: 'POST', path: '/kapacitor/v1/users', headers: ADMIN },
  body: '{"name":"ann","password":"secret","type":"admin"}'
}

t.test("users are made, shown, changed and deleted as by Kapacitor's API", async (t) => {
  const { url } = await testServer(t, ENVIRONMENT)
  for (const file of ['users-create', 'users-read', 'users-patch', 'users-delete']) {
    if (file === 'users-read') await ask(url, DELETE_SAM)
    for (const exchange of readExchanges(file)) {
      const [status, body] = await ask(url, exchange)
      const name = `${file}: ${exchange.note}: ${exchange.method} ${exchange.path}`
      const different = DIFFERENT[exchange.note]
      if (different === undefined) t.strictSame([status, body], [exchange.status, exchange.answer], name)
      else t.match([status, body], different, name)
    }
  }
})

t.test('a JWT lets its user in, and says in the words of Kapacitor why it does not', async (t) => {
  const { url } = await testServer(t, ENVIRONMENT)
  await ask(url, CREATE_ANN)
  for (const [index, exchange] of readExchanges('nostore-jwt').entries()) {
    // Each comes from an address of its own: one that fails often has to wait.
    const headers = { ...exchange.headers, 'X-Forwarded-For': `10.0.0.${index}` }
    const [status, body] = await ask(url, { ...exchange, headers })
    const isUnknown = exchange.note.startsWith('unknown user')
    if (isUnknown)
      t.match([status, body], [401, /retrieving user \\"nobody\\" from store: no user exists/], exchange.note)
    else if (exchange.path.includes('/config/')) t.equal(status, 200, exchange.note)
    else t.strictSame([status, body], [exchange.status, exchange.answer], exchange.note)
  }
})
