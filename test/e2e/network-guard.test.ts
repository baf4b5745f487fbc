import t from 'tap'
import { Receiver } from '../alert/rig.ts'
import { clientOf } from '../support/client.ts'
import { testServer } from '../support/server.ts'

const BY_NAME = [
  { KAPOK_SECURITY_BLOCKED_CIDRS_0: 'private' },
  { KAPOK_ALERT_BLOCKED_CIDRS_0: '127.0.0.0/8', KAPOK_SECURITY_BLOCKED_CIDRS_0: '10.0.0.0/8' }
]

for (const environment of BY_NAME) {
  t.test(
    `neither nodes, nor handlers, nor routes, nor tests reach what ${Object.keys(environment).join(' and ')} blocks`,
    async (t) => {
      const receiver = await Receiver.start(t)
      const server = await testServer(t, environment)
      const call = clientOf(server.url)
      const script = `stream|from()|httpPost('${receiver.url}/node').codeField('code')|httpOut('out')`
      t.equal(
        (await call('POST /tasks', { id: 'a', status: 'enabled', dbrps: [{ db: 'd', rp: 'r' }], script })).status,
        200
      )
      t.equal((await call('POST /write?db=d&rp=r', 'm v=1 1')).status, 204)
      const out = await call('GET /tasks/a/out')
      t.match(out.text, /"code","v"\],"values":\[\["1970-01-01T00:00:00.000000001Z",0,1\]\]/)

      const test = await call('POST /service-tests/httppost', { endpoint: '', url: `${receiver.url}/test` })
      t.match(test.body, { success: false, message: /is in a blocked network/ })

      const pool = clientOf(server.url, {}, '')
      t.equal((await pool('PUT /routes/r', [{ type: 'slack', url: `${receiver.url}/route` }])).status, 200)
      t.equal((await pool('POST /alerts', { from: 'me', title: 't', routes: ['r'] })).status, 200)
      await server.close()
      t.strictSame(receiver.posts, [])
      t.ok(server.lines.some((line) => line.includes('127.0.0.1 is in a blocked network')))
    }
  )
}
