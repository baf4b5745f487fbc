import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../src/config/load.ts'
import { createLogger } from '../src/core/logger.ts'
import { startServer } from '../src/server.ts'
import { clientOf } from './support/client.ts'
import { runProgram, startProgram, startWith } from './support/program.ts'
import { testFolder } from './support/folder.ts'
import { NO_INFLUXDB } from './support/influx.ts'

t.setTimeout(300_000)

/** The whole program, with shard threads. */
const TASK = {
  id: 'a',
  dbrps: [{ db: 'd', rp: 'r' }],
  status: 'enabled',
  script: "stream|from()|alert().id('i').message('{{ .Level }}').crit(lambda: \"v\" > 1)|httpOut('out')"
}

async function start(dataDir: string, environment: Record<string, string> = {}) {
  const { config } = loadConfig({
    file: 'config/kapok.yaml',
    environment: { KAPOK_SHARDS_COUNT: '1', ...NO_INFLUXDB, ...environment },
    flags: { bind: '127.0.0.1:0', dataDir }
  })
  const lines: string[] = []
  const server = await startServer(config, createLogger({ write: (line) => lines.push(line) }))
  return { url: server.url, call: clientOf(server.url), close: server.close, lines }
}

t.test('a server takes tasks and points, and goes on where it was after a restart', async (t) => {
  const dir = join(testFolder(t), 'data')
  const first = await start(dir, { KAPOK_DEFAULT_RETENTION_POLICY: 'r' })
  t.match(await first.call('POST /tasks', TASK), { status: 200, body: { executing: true } })
  t.equal((await first.call('POST /write?db=d', 'm v=2 1')).status, 204)
  t.match((await first.call('GET /tasks/a/out')).body, {
    series: [{ values: [['1970-01-01T00:00:00.000000001Z', 2]] }]
  })
  t.match((await first.call('GET /debug/vars')).body, { num_tasks: 1 })
  await first.close()

  const second = await start(dir)
  t.match((await second.call('GET /tasks/a')).body, { status: 'enabled', executing: true, error: '' })
  await second.close()
  t.strictSame(
    second.lines.filter((line) => /"lvl":"error"/.test(line)),
    []
  )
})

t.test('a start that fails says why and leaves nothing open', async (t) => {
  const dir = join(testFolder(t), 'data')
  const server = await start(dir)
  const port = new URL(server.url).port
  const { config } = loadConfig({
    file: 'config/kapok.yaml',
    environment: { KAPOK_SHARDS_COUNT: '1', ...NO_INFLUXDB },
    flags: { bind: `127.0.0.1:${port}`, dataDir: `${dir}2` }
  })
  const log = createLogger({ write() {} })
  await t.rejects(startServer(config, log), { code: 'EADDRINUSE' })
  await server.close()
  await (await startServer(config, log)).close()
})

t.test('the program ends in order on a signal, and not for a problem of its configuration', async (t) => {
  const dir = join(testFolder(t), 'data')
  const first = await startWith(t, ['-bind', '127.0.0.1:0', '-data-dir', dir])
  await clientOf(first.url)('POST /tasks', TASK)
  t.strictSame(await first.end('SIGTERM'), [0, null])

  const again = await startProgram(t, dir)
  await clientOf(again.url)('POST /tasks', { ...TASK, id: 'b' })
  await again.kill()
  const last = await startProgram(t, dir)
  for (const id of ['a', 'b']) {
    t.match((await clientOf(last.url)(`GET /tasks/${id}`)).body, { executing: true }, `${id} survives a kill`)
  }
  t.strictSame(await last.end('SIGINT'), [0, null])

  const wrong = await runProgram('--bind', 'nowhere')
  t.equal(wrong.code, 1)
  t.match(wrong.error, /run: config\/kapok\.yaml:\d+:\d+: http\.bind-address must be host:port or :port/)
})
