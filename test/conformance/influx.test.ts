import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { createLogger } from '../../src/core/logger.ts'
import { startServer } from '../../src/server.ts'
import { startInfluxd, withoutInfluxd } from '../support/influxd.ts'
import { checkCases, INFLUXDB_AREAS } from './check-cases.ts'
import { testFolder } from '../support/folder.ts'

// The black-box cases that need InfluxDB, against a server with one of its own.

t.setTimeout(300_000)

// Cron schedules of the cases are meant so.
process.env.TZ = 'UTC'

t.test('batch tasks, influxDBOut and recordings answer as Kapacitor does', { skip: withoutInfluxd }, async (t) => {
  const dir = testFolder(t, { influxd: {} })
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
  await checkCases(t, INFLUXDB_AREAS, { target: server.url, influx: influxd.url })
  await server.close()
  await influxd.stop()
})
