import t from 'tap'
import { testServer } from '../support/server.ts'
import { checkCases } from './check-cases.ts'

// The black-box cases with the original's own answers, against the whole server. Areas that need InfluxDB are in
// influx.test.ts.
const AREAS = [
  'alert',
  'derivative_sample_shift_state',
  'eval_lambda',
  'format_and_dot',
  'from_where_groupby',
  'http_log_stats_barrier',
  'influxql',
  'join_union',
  'loopback',
  'reshape',
  'tickscript_errors',
  'vars_templates',
  'window'
]

t.setTimeout(300_000)

t.test('the server answers as Kapacitor did', async (t) => {
  const server = await testServer(t)
  await checkCases(t, AREAS, ['--target', server.url])
  await server.close()
})
