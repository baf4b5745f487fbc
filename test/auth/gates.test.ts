import t from 'tap'
import { BearerGate } from '../../src/auth/bearer-gate.ts'
import { clientOf } from '../support/client.ts'
import { runProgram } from '../support/program.ts'
import { testFolder } from '../support/folder.ts'
import { testServer } from '../support/server.ts'

const secrets = testFolder(t, { token: 'secret\n' })

t.test('where the pool has a token, the backup and the configuration ask for it, too', async (t) => {
  const { url } = await testServer(t, {
    KAPOK_NOTIFY_AUTH_TOKEN_FILE: `${secrets}/token`,
    KAPOK_NOTIFY_POST_TOKEN: 'poster'
  })
  const paths = ['/storage/backup', '/config', '/users']
  for (const path of paths) {
    t.equal((await clientOf(url)(`GET ${path}`)).status, 401, path)
    t.equal((await clientOf(url, { authorization: 'Bearer poster' })(`GET ${path}`)).status, 403, path)
    t.equal((await clientOf(url, { authorization: 'Bearer secret' })(`GET ${path}`)).status, 200, path)
  }
  t.equal((await clientOf(url)('GET /tasks')).status, 200, 'the rest asks nobody')
  await t.rejects(testServer(t, { KAPOK_NOTIFY_AUTH_TOKEN_FILE: `${secrets}/nosuch` }), {
    ...{ code: 'SECRET_UNREADABLE', message: /^KAPOK_NOTIFY_AUTH_TOKEN_FILE: ENOENT/ }
  })
})

t.test('a configured token opens what it is for, and nothing else', (t) => {
  const gate = new BearerGate(() => [
    { name: 'all', value: 'a', scopes: ['admin'] },
    { name: 'post', value: 'p', scopes: ['notify:post'] }
  ])
  const by = (authorization: string) =>
    gate.authenticate({ authorization, query: () => new URLSearchParams(), address: '' })
  t.equal(by('Bearer a').holdsOneOf(['config']), true)
  t.equal(by('Bearer p').holdsOneOf(['notify:post']), true)
  t.equal(by('Bearer p').holdsOneOf(['notify', 'notify:read', 'admin']), false)
  t.throws(() => by('Bearer x'), { code: 'TOKEN_MISMATCH' })
  t.end()
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
