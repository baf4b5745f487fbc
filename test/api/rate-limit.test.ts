import t from 'tap'
import { needs } from '../../src/api/needs.ts'
import { expensive, RateLimit } from '../../src/api/rate-limit.ts'
import { clientOf } from '../support/client.ts'
import { testApp } from '../support/app.ts'
import { testServer } from '../support/server.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { AS_ADMIN, loginOf, WITH_ADMIN } from '../support/admin.ts'
import { secret } from '../support/secret.ts'

t.setTimeout(120_000)

t.test('a client may make so many requests a minute that cost much, and any number of others', async (t) => {
  const clock = new ManualClock(0)
  const rateLimit = new RateLimit(2, clock)
  const app = testApp({ rateLimit })
  app.get('/dear', expensive(needs('read')), () => ({}))
  app.get('/cheap', needs('read'), () => ({}))
  const ask = (url: string, remoteAddress: string) => app.inject({ url, remoteAddress })
  for (let i = 0; i < 2; i++) t.equal((await ask('/dear', '10.0.0.1')).statusCode, 200)
  clock.advance(15_000)
  const refused = await ask('/dear', '10.0.0.1')
  t.equal(refused.statusCode, 429)
  t.equal(refused.headers['retry-after'], '45')
  const error = 'too many requests of 10.0.0.1 that cost much, try again in 45 s'
  t.strictSame(refused.json(), { error, message: error })
  for (let i = 0; i < 10; i++) t.equal((await ask('/cheap', '10.0.0.1')).statusCode, 200)
  t.equal((await ask('/dear', '10.0.0.2')).statusCode, 200, 'another client has a count of its own')
  t.equal(rateLimit.refused, 1)
  clock.advance(45_000)
  t.equal((await ask('/dear', '10.0.0.1')).statusCode, 200, 'a minute after the first it begins anew')
})

t.test('clients of one network of IPv6 are one client, those of others are not', async (t) => {
  const app = testApp({ rateLimit: new RateLimit(2, new ManualClock(0)) })
  app.get('/dear', expensive(needs('read')), () => ({}))
  const ask = async (remoteAddress: string): Promise<number> =>
    (await app.inject({ url: '/dear', remoteAddress })).statusCode
  t.equal(await ask('2001:db8:0:1::1'), 200)
  t.equal(await ask('2001:db8:0:1:ff:ff:ff:ff'), 200)
  t.equal(await ask('2001:db8:0:1::2'), 429)
  t.equal(await ask('2001:db8:0:2::1'), 200)
  t.equal(await ask('::1'), 200)
})

t.test('what is remembered of clients is bounded: those that began first are forgotten', (t) => {
  const limit = new RateLimit(1, new ManualClock(0))
  for (let i = 0; i < 10_000; i++) limit.admit(`client ${i}`)
  t.throws(() => limit.admit('client 0'), { code: 'TOO_MANY_REQUESTS' })
  limit.admit('one more')
  t.doesNotThrow(() => limit.admit('client 0'))
  t.throws(() => limit.admit('client 9999'), { code: 'TOO_MANY_REQUESTS' })
  t.end()
})

t.test('a user is counted by name, and metrics tell what was refused and which logins failed', async (t) => {
  const { url } = await testServer(t, { ...WITH_ADMIN, KAPOK_HTTP_MAX_EXPENSIVE_REQUESTS: '3' })
  const admin = clientOf(url, AS_ADMIN)
  const script = 'stream|from()|log()'
  for (const id of ['a', 'b', 'c'])
    t.equal((await admin('POST /templates', { id, type: 'stream', script })).status, 200)
  t.match(await admin('POST /templates', { id: 'd', type: 'stream', script }), {
    status: 429,
    text: /requests of root/
  })
  t.equal((await admin('GET /templates')).status, 200)
  t.equal((await clientOf(url, loginOf('root', secret('wrong')))('GET /templates')).status, 401)
  const metrics = await (await fetch(`${url}/metrics`, { headers: AS_ADMIN })).text()
  t.match(metrics, /^kapok_http_requests_limited 1$/m)
  t.match(metrics, /^kapok_http_logins_failed 1$/m)
})
