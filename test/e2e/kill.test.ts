import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'

const SCRIPT = "stream|from()|groupBy('h')|window().period(10s).every(10s)|mean('v')|httpOut('out')"

/** The program as a process of its own, which can be killed. */
async function program(t: Test, dataDir: string): Promise<{ child: ChildProcess; url: string }> {
  const args = ['--import=tsx', 'src/main.ts', '--bind', '127.0.0.1:0', '--data-dir', dataDir]
  const child = spawn(process.execPath, args, { env: { ...process.env, KAPOK_SHARDS_COUNT: '1' } })
  t.teardown(() => child.kill('SIGKILL'))
  const url = await new Promise<string>((resolve, reject) => {
    let log = ''
    child.stderr.on('data', (text: Buffer) => {
      log += text.toString()
      const found = /"url":"([^"]+)","msg":"listening"/.exec(log)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('exit', () => reject(new Error(log)))
  })
  return { child, url }
}

t.test('all tasks and templates are there after a kill in the middle of writes, and enabled ones run', async (t) => {
  const dataDir = join(t.testdir(), 'data')
  const first = await program(t, dataDir)
  const post = async (url: string, path: string, body: unknown): Promise<unknown> => {
    const answer = await fetch(`${url}/kapacitor/v1${path}`, { method: 'POST', body: JSON.stringify(body) })
    t.equal(answer.status, 200, path)
    return await answer.json()
  }
  const dbrps = [{ db: 'd', rp: 'r' }]
  await post(first.url, '/templates', { id: 'tpl', script: `var f = 'v'\n${SCRIPT.replace("mean('v')", 'mean(f)')}` })
  await post(first.url, '/tasks', { id: 'on', dbrps, script: SCRIPT, status: 'enabled' })
  await post(first.url, '/tasks', { id: 'off', dbrps, script: SCRIPT })
  const vars = { f: { type: 'string', value: 'w' } }
  await post(first.url, '/tasks', { id: 'made', dbrps, 'template-id': 'tpl', vars, status: 'enabled' })

  // Writers that never stop; the last task is defined while they write, and the process dies right after the answer.
  let isDead = false
  let written = 0
  const writer = async (): Promise<void> => {
    while (!isDead) {
      const lines = Array.from({ length: 500 }, (_, i) => `m,h=${i % 50} v=${i},w=2 ${written + i}000000000`).join('\n')
      const answer = await fetch(`${first.url}/write?db=d&rp=r`, { method: 'POST', body: lines }).catch(() => undefined)
      if (answer?.status === 204) written += 500
    }
  }
  const writers = [writer(), writer()]
  await post(first.url, '/tasks', { id: 'late', dbrps, script: SCRIPT, status: 'enabled' })
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  isDead = true
  await Promise.all(writers)
  t.ok(written > 0)

  const { child, url } = await program(t, dataDir)
  const list = async (what: string): Promise<Record<string, unknown>[]> =>
    ((await (await fetch(`${url}/kapacitor/v1/${what}`)).json()) as Record<string, Record<string, unknown>[]>)[what]!
  t.same(
    (await list('tasks')).map(({ id, status, executing, error }) => ({ id, status, executing, error })),
    [
      { id: 'late', status: 'enabled', executing: true, error: '' },
      { id: 'made', status: 'enabled', executing: true, error: '' },
      { id: 'off', status: 'disabled', executing: false, error: '' },
      { id: 'on', status: 'enabled', executing: true, error: '' }
    ]
  )
  t.same(
    (await list('templates')).map(({ id }) => id),
    ['tpl']
  )
  t.equal((await fetch(`${url}/write?db=d&rp=r`, { method: 'POST', body: 'm v=1' })).status, 204)
  child.kill('SIGTERM')
  t.strictSame(await once(child, 'exit'), [0, null])
})
