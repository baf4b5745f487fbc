import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Receiver } from '../alert/rig.ts'
import { clientOf } from '../support/client.ts'
import { freePort } from '../support/free-port.ts'
import { testServer } from '../support/server.ts'
import { eventually } from '../support/eventually.ts'
import { secret } from '../support/secret.ts'

t.test('alerts, filters and routes may have a port of their own, with their tokens', async (t) => {
  const port = await freePort()
  const server = await testServer(t, {
    KAPOK_NOTIFY_LISTEN: `127.0.0.1:${port}`,
    KAPOK_NOTIFY_AUTH_TOKEN: secret('all'),
    KAPOK_NOTIFY_POST_TOKEN: secret('post'),
    KAPOK_NOTIFY_FOLDER: '/nonexistent'
  })
  const own = `http://127.0.0.1:${port}`
  for (const url of [own, server.url]) {
    const [everything, posting, nobody] = ['all', 'post', 'x'].map((name) =>
      clientOf(url, { Authorization: `Bearer ${secret(name)}` }, '')
    )
    t.match(await nobody!('GET /version'), { status: 200, text: '0.1.0' })
    t.match(await nobody!('GET /filters'), { status: 401 })
    t.match(await posting!('GET /filters'), { status: 403 })
    t.match(await posting!('POST /alerts', { From: 'a', Title: 'b' }), { status: 200 })
    t.match(await everything!('GET /filters'), { status: 200, text: '[]' })
    t.match(await everything!('GET /config/status'), { status: url === own ? 404 : 200 })
  }
  const all = clientOf(own, { Authorization: `Bearer ${secret('all')}` }, '')
  t.match(await all('GET /alerts'), { text: /"Host":"127.0.0.1".*"Host":"127.0.0.1"/ })
  t.match(await all('GET /kapacitor/v1/tasks'), { status: 404, text: 'not found\n' })
  t.match(await clientOf(server.url)('GET /tasks'), { status: 200 })
})

t.test('what becomes of alerts is counted, and how files stand is told', async (t) => {
  const receiver = await Receiver.start(t)
  const folder = mkdtempSync(join(tmpdir(), 'kapok-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'load/tasks'), { recursive: true })
  writeFileSync(join(folder, 'load/tasks/bad.tick'), 'stream|nosuch()')
  const server = await testServer(t, {
    KAPOK_NOTIFY_INITIAL_INTERVAL: '20ms',
    KAPOK_NOTIFY_MAX_INTERVAL: '20ms',
    KAPOK_NOTIFY_FOLDER: join(folder, 'notify'),
    KAPOK_LOAD_ENABLED: 'true',
    KAPOK_LOAD_DIR: join(folder, 'load'),
    KAPOK_ALERT_BLOCKED_CIDRS_0: 'private'
  })
  const ask = clientOf(server.url, {}, '')
  await ask('PUT /routes/inside', [{ type: 'slack', url: receiver.url }])
  await ask('PUT /filters/all', { type: 'route', routes: ['inside', 'nosuch'] })
  t.equal((await ask('POST /alerts', { From: 'a', Title: 'b' })).status, 200)
  const letters = async () => (await ask('GET /dead-letters')).text
  await eventually('a dead letter', async () => (await letters()) !== '[]')
  t.match(await letters(), /127\.0\.0\.1 is in a blocked network/)
  t.strictSame(receiver.posts, [])

  const metrics = (await ask('GET /metrics')).text
  for (const line of ['alerts 1', 'refused 0', 'waiting 0', 'waiting_bytes 0', 'delivered 0', 'dead_letters 1']) {
    t.ok(metrics.includes(`\nkapok_notify_${line}\n`), line)
  }
  t.match((await ask('GET /kapacitor/v1/debug/vars')).text, /"name":"notify","tags":\{[^}]*\},"values":\{"alerts":1,/)
  t.match((await ask('GET /config/status')).body, {
    ok: false,
    failures: [],
    missingRoutes: [{ filter: 'all', route: 'nosuch' }],
    load: { loaded: 0, problems: [{ file: /bad\.tick$/ }] }
  })
})

t.test('events for which the pool has no room wait until it has', async (t) => {
  const receiver = await Receiver.start(t)
  const server = await testServer(t, {
    KAPOK_NOTIFY_INITIAL_INTERVAL: '100ms',
    KAPOK_NOTIFY_MAX_INTERVAL: '100ms',
    KAPOK_NOTIFY_MAX_WAITING: '1',
    KAPOK_NOTIFY_FROM_TOPICS_0: 'cpu',
    KAPOK_NOTIFY_FOLDER: '/nonexistent'
  })
  const ask = clientOf(server.url, {}, '')
  await ask('PUT /routes/r', [{ type: 'post', url: receiver.url }])
  await ask('PUT /filters/all', { type: 'route', routes: ['r'] })
  const script = `stream|from().groupBy('host')|alert().id('{{ index .Tags "host" }}').crit(lambda: TRUE).topic('cpu')`
  const task = { id: 'task', dbrps: [{ db: 'd', rp: 'r' }], status: 'enabled', script }
  t.equal((await ask('POST /kapacitor/v1/tasks', task)).status, 200)
  const hosts = ['a', 'b', 'c', 'd', 'e']
  t.equal((await ask('POST /write?db=d&rp=r', hosts.map((host) => `cpu,host=${host} v=1 1`).join('\n'))).status, 204)
  const posts = await receiver.take(hosts.length)
  t.strictSame(posts.map(({ body }) => (JSON.parse(body) as { data: { Host: string } }).data.Host).sort(), hosts)
})
