import t from 'tap'
import { Receiver } from '../alert/rig.ts'
import { clientOf } from '../support/client.ts'
import { testServer } from '../support/server.ts'

const DBRPS = [{ db: 'd', rp: 'r' }]

t.test('endpoints that are added, changed and removed over HTTP take force at once', async (t) => {
  const receiver = await Receiver.start(t)
  const { url } = await testServer(t)
  const call = clientOf(url)
  const write = (): Promise<unknown> => call('POST /write?db=d&rp=r', 'm v=1 1')
  const paths = async (): Promise<string[]> => (await receiver.take(2)).map(({ path }) => path).sort()
  const script = "stream|from()|alert().crit(lambda: TRUE).post().endpoint('x')|httpPost().endpoint('x')"
  const alerting = "stream|from()|alert().crit(lambda: TRUE).post().endpoint('x')"
  const posting = "stream|from()|httpPost().endpoint('x')"
  const task = (id: string, script: string) => ({ id, status: 'enabled', dbrps: DBRPS, script })
  t.match(await call('POST /tasks', task('early', posting)), {
    status: 500,
    body: { error: "endpoint 'x' does not exist" }
  })

  const add = { endpoint: 'x', url: `${receiver.url}/added` }
  t.equal((await call('POST /config/httppost', { add })).status, 204)
  t.match(await call('POST /tasks', task('a', alerting)), { status: 200 })
  t.match(await call('POST /tasks', task('p', posting)), { status: 200 })
  await write()
  t.strictSame(await paths(), ['/added', '/added'])

  t.equal((await call('POST /config/httppost/x', { set: { url: `${receiver.url}/changed` } })).status, 204)
  await write()
  t.strictSame(await paths(), ['/changed', '/changed'])

  t.equal((await call('POST /config/httppost', { remove: ['x'] })).status, 204)
  await write()
  t.match((await call('GET /tasks/p')).body, { stats: { 'node-stats': { http_post2: { errors: 1 } } } })
  t.match(await call('POST /tasks', task('late', script)), { status: 500 })
  t.strictSame(receiver.posts, [])
})

t.test('a handler that is made global over HTTP gets the alerts of tasks that are started from then on', async (t) => {
  const receiver = await Receiver.start(t)
  const { url } = await testServer(t, { KAPOK_SLACK_0_WORKSPACE: '', KAPOK_SLACK_0_DEFAULT: 'true' })
  const call = clientOf(url)
  const script = "stream|from()|alert().crit(lambda: TRUE).message('told')"
  t.match(await call('POST /tasks', { id: 'a', status: 'enabled', dbrps: DBRPS, script }), { status: 200 })
  const set = { enabled: true, global: true, url: receiver.url, channel: '#a' }
  t.equal((await call('POST /config/slack/', { set })).status, 204)
  await call('POST /write?db=d&rp=r', 'm v=1 1')
  t.match(await call('PATCH /tasks/a', { status: 'disabled' }), { status: 200 })
  t.match(await call('PATCH /tasks/a', { status: 'enabled' }), { status: 200 })
  t.strictSame(receiver.posts, [])
  await call('POST /write?db=d&rp=r', 'm v=1 2')
  t.match(await receiver.take(1), [{ body: /told/ }])
})
