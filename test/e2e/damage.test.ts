import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { clientOf } from '../support/client.ts'
import { testFolder } from '../support/folder.ts'
import { runProgram, startProgram, startWith } from '../support/program.ts'

t.setTimeout(300_000)

t.test(
  'a server without the store that it had does not start, and says what to do; it does as it was told',
  async (t) => {
    const dataDir = join(testFolder(t), 'data')
    const first = await startProgram(t, dataDir)
    const script = 'stream|from()|log()'
    const answer = await clientOf(first.url)('POST /tasks', {
      id: 'a',
      type: 'stream',
      dbrps: [{ db: 'd', rp: 'r' }],
      script
    })
    t.equal(answer.status, 200)
    await first.kill()
    rmSync(join(dataDir, 'kapok.duckdb'))

    const args = ['--bind', '127.0.0.1:0', '--data-dir', dataDir]
    const { code, error } = await runProgram(...args)
    t.equal(code, 1)
    t.match(error, /run: the store .*kapok\.duckdb is missing, but there was one\. .*--accept-loss/)

    const second = await startWith(t, [...args, '--accept-loss'])
    t.strictSame((await clientOf(second.url)('GET /tasks')).body.tasks, [])
    const metrics = await (await fetch(`${second.url}/metrics`)).text()
    t.match(metrics, /^kapok_store_losses 1$/m)
    t.ok(readdirSync(dataDir).some((name) => name.startsWith('kapok.duckdb.wal.damaged-')))
    await second.end()
    const third = await startProgram(t, dataDir)
    t.match(await (await fetch(`${third.url}/metrics`)).text(), /^kapok_store_losses 0$/m)
    await third.end()
  }
)

t.test('junk among the recordings keeps nothing from starting', async (t) => {
  const dataDir = join(testFolder(t, { data: { recordings: { 'folder.duckdb': {} } } }), 'data')
  const folder = join(dataDir, 'recordings')
  writeFileSync(join(folder, 'junk.duckdb'), 'junk'.repeat(10_000))
  writeFileSync(join(folder, 'empty.duckdb'), '')
  writeFileSync(join(folder, 'half.replay'), 'junk')
  const server = await startProgram(t, dataDir)
  t.strictSame((await clientOf(server.url)('GET /recordings')).body.recordings, [])
  t.strictSame(readdirSync(folder).sort(), ['empty.duckdb', 'folder.duckdb', 'junk.duckdb'])
  await server.end()
})
