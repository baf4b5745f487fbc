import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { basename, join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { createLogger } from '../../src/core/logger.ts'
import { startServer } from '../../src/server.ts'
import { startInfluxd, withoutInfluxd } from '../support/influxd.ts'

/** The black-box cases that need InfluxDB, against a server with one of its own. */
const AREAS = ['batch', 'influx', 'recordings']
const HERE = import.meta.dirname

/** Where Kapok answers otherwise, on purpose; docs/differences.md says so. */
const DIFFERENT: Readonly<Record<string, string>> = {
  handlers_of_a_topic_hear_replays: 'a replay does not change the state of live topics'
}

// Cron schedules of the cases are meant so.
process.env.TZ = 'UTC'

t.test('batch tasks, influxDBOut and recordings answer as Kapacitor does', { skip: withoutInfluxd }, async (t) => {
  const dir = t.testdir({ influxd: {} })
  const influxd = await startInfluxd(join(dir, 'influxd'))
  const { config } = loadConfig({
    file: 'config/kapok.yaml',
    environment: {
      KAPOK_SHARDS_COUNT: '1',
      KAPOK_INFLUXDB_0_URLS_0: influxd.url,
      KAPOK_INFLUXDB_0_DISABLE_SUBSCRIPTIONS: 'true'
    },
    flags: { bind: '127.0.0.1:0', dataDir: join(dir, 'data') }
  })
  const server = await startServer(config, createLogger({ write() {} }))
  const cases = AREAS.flatMap((area) => casesIn(area))
  const report = join(dir, 'report.json')
  const runner = spawn(
    process.execPath,
    [join(HERE, 'run.mjs'), 'check', '--target', server.url, '--influx', influxd.url, '--jobs', '8', '--json', report, ...cases],
    { stdio: ['ignore', 'ignore', 'inherit'] }
  )
  await once(runner, 'exit')
  await server.close()
  await influxd.stop()
  const results = JSON.parse(readFileSync(report, 'utf8')) as { name: string; ok: boolean; why?: string }[]
  t.equal(results.length, cases.length)
  for (const { name, ok, why } of results) {
    const difference = DIFFERENT[basename(name)]
    if (difference === undefined) t.ok(ok, `${basename(name)} ${why ?? ''}`)
    else t.notOk(ok, `${basename(name)} differs: ${difference}`)
  }
})

function casesIn(area: string): string[] {
  const folder = join(HERE, 'cases', area)
  return readdirSync(folder).map((name) => join(folder, name))
}
