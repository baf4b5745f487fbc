import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { createLogger } from '../../src/core/logger.ts'
import { startServer } from '../../src/server.ts'
import { clientOf } from '../support/client.ts'
import { testFolder } from '../support/folder.ts'
import { freePort } from '../support/free-port.ts'

t.setTimeout(120_000)

/** Columns that hold JSON; of each table the rows whose key ends in `bad` are damaged. */
const DAMAGED: Readonly<Record<string, readonly [column: string, key: string]>> = {
  tasks: ['dbrps', 'id'],
  topic_handlers: ['options', 'id'],
  config_overrides: ['options', 'element'],
  notify_filters: ['definition', 'id'],
  notify_routes: ['definition', 'id'],
  alert_events: ['rest', 'id']
}

t.test(
  'rows of the store that are damaged are left out and logged; the server starts and has the others',
  async (t) => {
    const folder = testFolder(t)
    const lines: string[] = []
    const start = async () => {
      const { config } = loadConfig({
        environment: {
          KAPOK_SHARDS_COUNT: '1',
          KAPOK_NOTIFY_INITIAL_INTERVAL: '1h',
          KAPOK_NOTIFY_FOLDER: join(folder, 'notify')
        },
        flags: { bind: '127.0.0.1:0', dataDir: join(folder, 'data') }
      })
      const { url, close } = await startServer(config, createLogger({ write: (line) => lines.push(line) }))
      return { close, call: clientOf(url), root: clientOf(url, {}, '') }
    }

    const first = await start()
    const away = { url: `http://127.0.0.1:${await freePort()}/` }
    for (const id of ['good', 'bad']) {
      const script = `stream|from()|alert().id('${id}').crit(lambda: TRUE).topic('t')|httpOut('o')`
      await first.call('POST /tasks', { id, script, dbrps: [{ db: id, rp: 'r' }], status: 'enabled' })
      await first.call('POST /alerts/topics/t/handlers', { id, kind: 'post', options: away })
      await first.call('POST /config/slack/', { add: { workspace: id } })
      await first.root(`PUT /routes/${id}`, [{ type: 'slack', ...away }])
      await first.root(`PUT /filters/${id}`, { type: 'route', routes: [id] })
      t.equal((await first.call(`POST /write?db=${id}&rp=r`, 'm v=1')).status, 204)
      t.equal((await first.root('POST /alerts', { From: 'test', Title: id })).status, 200)
    }
    await damage(join(folder, 'data', 'kapok.duckdb'), first.close)

    lines.length = 0
    const second = await start()
    const logged = (message: string): unknown[] =>
      lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === message)
    t.same((await second.call('GET /tasks?fields=id&fields=executing')).body, {
      tasks: [{ link: { rel: 'self', href: '/kapacitor/v1/tasks/good' }, id: 'good', executing: true }]
    })
    t.match((await second.call('GET /alerts/topics/t/handlers')).body, { handlers: [{ id: 'good' }] })
    t.equal((await second.call('POST /write?db=good&rp=r', 'm v=1')).status, 204)
    const damaged = logged('a stored row is damaged and left out').map((line) => (line as { table: string }).table)
    const tables = Object.keys(DAMAGED).filter((table) => table !== 'alert_events')
    t.same(damaged.sort(), [...tables, 'notify_alerts'].sort())
    await second.close()
    t.match(logged('a stored event is damaged and is not delivered'), [{ topic: 't', handler: 'good' }])
  }
)

/** Ends the server, and does to its store what a bad disk does. */
async function damage(path: string, close: () => Promise<unknown>): Promise<void> {
  await close()
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  for (const [table, [column, key]] of Object.entries(DAMAGED)) {
    await connection.run(`UPDATE ${table} SET ${column} = '{"' WHERE ${key} LIKE '%bad%'`)
  }
  // Alerts that wait have become messages when the server ends.
  await connection.run(`INSERT INTO notify_alerts VALUES (9000000000000000000, '{"')`)
  connection.closeSync()
  instance.closeSync()
}
