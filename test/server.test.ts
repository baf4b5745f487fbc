import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig } from '../src/config/load.ts'
import { createLogger } from '../src/core/logger.ts'
import { startServer } from '../src/server.ts'

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
    environment: { KAPOK_SHARDS_COUNT: '1', ...environment },
    flags: { bind: '127.0.0.1:0', dataDir }
  })
  const lines: string[] = []
  const server = await startServer(config, createLogger({ write: (line) => lines.push(line) }))
  return { ...clientOf(server.url), close: server.close, lines }
}

function clientOf(url: string) {
  const call = async (request: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
    const [method, path] = request.split(' ') as [string, string]
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const answer = await fetch(`${url}/kapacitor/v1${path}`, { method, ...(text !== undefined && { body: text }) })
    const content = await answer.text()
    return { status: answer.status, body: content === '' ? '' : (JSON.parse(content) as unknown) }
  }
  return { url, call }
}

t.test('a server takes tasks and points, and goes on where it was after a restart', async (t) => {
  const dir = join(t.testdir(), 'data')
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
  t.notOk(second.lines.some((line) => /"lvl":"error"/.test(line)))
})

t.test('a start that fails says why and leaves nothing open', async (t) => {
  const dir = join(t.testdir(), 'data')
  const server = await start(dir)
  const port = new URL(server.url).port
  const { config } = loadConfig({
    file: 'config/kapok.yaml',
    environment: { KAPOK_SHARDS_COUNT: '1' },
    flags: { bind: `127.0.0.1:${port}`, dataDir: `${dir}2` }
  })
  const log = createLogger({ write() {} })
  await t.rejects(startServer(config, log), { code: 'EADDRINUSE' })
  await server.close()
  await (await startServer(config, log)).close()
})

t.test('the program ends in order on a signal, and not for a mistake in its configuration', async (t) => {
  const dir = join(t.testdir(), 'data')
  const { child, url } = await program(t, '-data-dir', dir)
  const { call } = clientOf(url)
  await call('POST /tasks', TASK)
  child.kill('SIGTERM')
  t.strictSame(await once(child, 'exit'), [0, null])

  const again = await program(t, '--data-dir', dir)
  await clientOf(again.url).call('POST /tasks', { ...TASK, id: 'b' })
  again.child.kill('SIGKILL')
  await once(again.child, 'exit')
  const last = await program(t, '--data-dir', dir)
  for (const id of ['a', 'b']) {
    t.match((await clientOf(last.url).call(`GET /tasks/${id}`)).body, { executing: true }, `${id} survives a kill`)
  }
  last.child.kill('SIGINT')
  t.strictSame(await once(last.child, 'exit'), [0, null])

  const wrong = spawn(process.execPath, ['--import=tsx', 'src/main.ts', '--bind', 'nowhere'])
  let error = ''
  wrong.stderr.on('data', (text: Buffer) => (error += text.toString()))
  t.strictSame(await once(wrong, 'exit'), [1, null])
  t.match(error, /run: config\/kapok\.yaml:\d+:\d+: http\.bind-address must be host:port or :port/)
})

async function program(t: Test, ...args: string[]) {
  const child = spawn(process.execPath, ['--import=tsx', 'src/main.ts', '--bind', '127.0.0.1:0', ...args], {
    env: { ...process.env, KAPOK_SHARDS_COUNT: '1' }
  })
  t.teardown(() => child.kill('SIGKILL'))
  let log = ''
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (text: Buffer) => {
      log += text.toString()
      const found = /"url":"([^"]+)","msg":"listening"/.exec(log)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.on('exit', () => reject(new Error(log)))
  })
  return { child, url }
}
