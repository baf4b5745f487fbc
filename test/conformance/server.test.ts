import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { testServer } from '../support/server.ts'

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

const folder = import.meta.dirname

t.test('the server answers as Kapacitor did', { timeout: 300_000 }, async (t) => {
  const server = await testServer(t)
  for (const area of AREAS) {
    const run = promisify(execFile)(process.execPath, [
      `${folder}/run.mjs`,
      'check',
      ...['--target', server.url, '--jobs', '8'],
      `${folder}/cases/${area}`
    ])
    const output = await run.then(
      ({ stdout }) => stdout,
      (error: { stdout: string }) => error.stdout
    )
    t.match(output, /^\d+ passed, 0 failed$/m, `${area}: ${output}`)
  }
  await server.close()
})
