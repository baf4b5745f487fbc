import { join } from 'node:path'
import t from 'tap'
import { clientOf } from '../support/client.ts'
import { startProgram } from '../support/program.ts'
import { testFolder } from '../support/folder.ts'

const SCRIPT = "stream|from()|groupBy('h')|window().period(10s).every(10s)|mean('v')|httpOut('out')"

t.test('all tasks and templates are there after a kill in the middle of writes, and enabled ones run', async (t) => {
  const dataDir = join(testFolder(t), 'data')
  const first = await startProgram(t, dataDir)
  const call = clientOf(first.url)
  const post = async (path: string, body: unknown): Promise<void> => {
    t.equal((await call(`POST ${path}`, body)).status, 200, path)
  }
  const dbrps = [{ db: 'd', rp: 'r' }]
  await post('/templates', { id: 'tpl', script: `var f = 'v'\n${SCRIPT.replace("mean('v')", 'mean(f)')}` })
  await post('/tasks', { id: 'on', dbrps, script: SCRIPT, status: 'enabled' })
  await post('/tasks', { id: 'off', dbrps, script: SCRIPT })
  const vars = { f: { type: 'string', value: 'w' } }
  await post('/tasks', { id: 'made', dbrps, 'template-id': 'tpl', vars, status: 'enabled' })

  // Writers that never stop; the last task is defined while they write, and the process dies right after the answer.
  let isDead = false
  let written = 0
  const writer = async (): Promise<void> => {
    while (!isDead) {
      const lines = Array.from({ length: 500 }, (_, i) => `m,h=${i % 50} v=${i},w=2 ${written + i}000000000`).join('\n')
      const answer = await call('POST /write?db=d&rp=r', lines).catch(() => undefined)
      if (answer?.status === 204) written += 500
    }
  }
  const writers = [writer(), writer()]
  await post('/tasks', { id: 'late', dbrps, script: SCRIPT, status: 'enabled' })
  await first.kill()
  isDead = true
  await Promise.all(writers)
  t.ok(written > 0)

  const second = await startProgram(t, dataDir)
  const ask = clientOf(second.url)
  const list = async (what: string) => (await ask(`GET /${what}`)).body[what] as Record<string, unknown>[]
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
  t.equal((await ask('POST /write?db=d&rp=r', 'm v=1')).status, 204)
  t.strictSame(await second.end(), [0, null])
})
