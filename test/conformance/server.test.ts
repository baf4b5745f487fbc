import t from 'tap'
import { testServer } from '../support/server.ts'
import { checkCases, PLAIN_AREAS } from './check-cases.ts'

t.setTimeout(300_000)

// The black-box cases with the original's own answers, against the whole server. Those that need InfluxDB are in
// influx.test.ts.
t.test('the server answers as Kapacitor did', async (t) => {
  // Some cases listen to the log.
  const server = await testServer(t, {}, 'info')
  await checkCases(t, PLAIN_AREAS, { target: server.url })
  await server.close()
})
