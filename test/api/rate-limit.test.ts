import t from 'tap'
import { needs } from '../../src/api/needs.ts'
import { expensive, RateLimit } from '../../src/api/rate-limit.ts'
import { clientOf } from '../support/client.ts'
import { testApp } from '../support/app.ts'
import { testServer } from '../support/server.ts'

t.setTimeout(120_000)

t.test('a client may make so many requests a minute that cost much, and any number of others', async (t) => {
  const rateLimit = new RateLimit(2)
  const app = testApp({ rateLimit })
  app.get('/dear', expensive(needs('read')), () => ({}))
  app.get('/cheap', needs('read'), () => ({}))
  const ask = (url: string, remoteAddress: string) => app.inject({ url, remoteAddress })
  for (let i = 0; i < 2; i++) t.equal((await ask('/dear', '10.0.0.1')).statusCode, 200)
  const refused = await ask('/dear', '10.0.0.1')
  t.equal(refused.statusCode, 429)
  t.match(refused.headers['retry-after'], /^(60|5\d)$/)
  t.match(refused.json(), {
    error: /^too many requests of 10\.0\.0\.1 that cost much, try again in \d+ s$/,
    message: String
  })
  for (let i = 0; i < 10; i++) t.equal((await ask('/cheap', '10.0.0.1')).statusCode, 200)
  t.equal((await ask('/dear', '10.0.0.2')).statusCode, 200, 'another client has a count of its own')
  t.equal(rateLimit.refused, 1)
})

t.test('a user is counted by name, and metrics tell what was refused and which logins failed', async (t) => {
  const { url } = await testServer(t, {
    ...{ KAPOK_HTTP_AUTH_ENABLED: 'true', KAPOK_AUTH_SCRYPT_COST: '10', KAPOK_HTTP_MAX_EXPENSIVE_REQUESTS: '3' },
    ...{ KAPOK_AUTH_ADMIN_USER: 'root', KAPOK_AUTH_ADMIN_PASSWORD: 'toor' }
  })
  const as = (password: string) =>
    clientOf(url, { authorization: `Basic ${Buffer.from(`root:${password}`).toString('base64')}` })
  const admin = as('toor')
  const script = 'stream|from()|log()'
  for (const id of ['a', 'b', 'c'])
    t.equal((await admin('POST /templates', { id, type: 'stream', script })).status, 200)
  t.match(await admin('POST /templates', { id: 'd', type: 'stream', script }), {
    status: 429,
    text: /requests of root/
  })
  t.equal((await admin('GET /templates')).status, 200)
  t.equal((await as('wrong')('GET /templates')).status, 401)
  const metrics = await (
    await fetch(`${url}/metrics`, { headers: { authorization: `Basic ${btoa('root:toor')}` } })
  ).text()
  t.match(metrics, /^kapok_http_requests_limited 1$/m)
  t.match(metrics, /^kapok_http_logins_failed 1$/m)
})
