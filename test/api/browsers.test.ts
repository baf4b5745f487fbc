import t from 'tap'
import { BrowserRules, type BrowserSettings } from '../../src/api/browsers.ts'
import { asks } from '../../src/api/changes.ts'
import { needs } from '../../src/api/needs.ts'
import { testApp } from '../support/app.ts'

const OWN = 'http://kapok.test:9092'

function app(settings: Partial<BrowserSettings> = {}) {
  const app = testApp({
    browsers: new BrowserRules({ bindAddress: '10.0.0.1:9092', hosts: ['kapok.test'], origins: [], ...settings })
  })
  let changes = 0
  app.get('/things', needs('read'), () => ({ changes }))
  app.post('/things', asks('tasks'), () => ({ changes: ++changes }))
  const ask = (method: 'GET' | 'POST' | 'OPTIONS', headers: Record<string, string>) =>
    app.inject({ method, url: '/things', headers: { host: 'kapok.test:9092', ...headers } })
  return { ask, changes: () => changes }
}

t.test('a page of another origin changes nothing', async (t) => {
  const { ask, changes } = app()
  const foreign = [
    { origin: 'http://evil.test' },
    { origin: 'null' },
    { origin: 'http://kapok.test.evil.test:9092' },
    { origin: 'http://kapok.test:9093' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' }
  ] as readonly Record<string, string>[]
  for (const headers of foreign) {
    const answer = await ask('POST', { 'content-type': 'text/plain', ...headers })
    t.equal(answer.statusCode, 403, JSON.stringify(headers))
    t.match(answer.json(), { error: /may not change anything here: add its origin to http\.allowed-origins/ })
  }
  t.equal(changes(), 0)
})

t.test('pages of the server itself, and clients that are no browsers, change what they may', async (t) => {
  const { ask } = app()
  for (const headers of [{}, { origin: OWN }, { origin: OWN, 'sec-fetch-site': 'same-origin' }]) {
    t.equal((await ask('POST', headers as Record<string, string>)).statusCode, 200, JSON.stringify(headers))
  }
})

t.test('no other origin may read an answer', async (t) => {
  const { ask } = app()
  for (const method of ['GET', 'OPTIONS'] as const) {
    const { headers } = await ask(method, { origin: 'http://evil.test' })
    t.notHas(headers, { 'access-control-allow-origin': /./ })
  }
})

t.test('an origin that is allowed reads and changes, and caches keep its answers apart', async (t) => {
  const { ask } = app({ origins: ['https://grafana.test/'] })
  const origin = 'https://grafana.test'
  for (const method of ['GET', 'POST', 'OPTIONS'] as const) {
    const { statusCode, headers } = await ask(method, { origin })
    t.equal(statusCode, 200)
    t.match(headers, {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': /\bPUT\b/,
      vary: 'Origin'
    })
  }
  t.equal((await ask('POST', { origin: 'https://other.test' })).statusCode, 403)
})

t.test('a request to a name that somebody else has led here is not answered', async (t) => {
  const known = [
    'kapok.test',
    'KAPOK.test:1',
    'localhost:9092',
    'a.localhost',
    '127.0.0.1',
    '[::1]:9092',
    '10.0.0.1:9092'
  ]
  const unknown = ['evil.test', 'kapok.test.evil.test:9092', '10.0.0.2:9092', 'localhost.evil.test']
  const { ask } = app()
  for (const host of known) t.equal((await ask('GET', { host })).statusCode, 200, host)
  for (const host of unknown) {
    const answer = await ask('GET', { host })
    t.equal(answer.statusCode, 403, host)
    t.match(answer.json(), { error: /add it to http\.allowed-hosts/ })
  }
  const everywhere = app({ bindAddress: ':9092' })
  t.equal((await everywhere.ask('GET', { host: '10.0.0.2:9092' })).statusCode, 200, 'any address of the machine')
  t.equal((await everywhere.ask('GET', { host: 'evil.test' })).statusCode, 403)
})

t.test('answers are data, whatever a browser is made to take them for', async (t) => {
  const { headers } = await app().ask('GET', {})
  t.match(headers, {
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'"
  })
})
