import { join } from 'node:path'
import t from 'tap'
import { testFolder } from '../support/folder.ts'
import { startNpm } from '../support/program.ts'

t.setTimeout(300_000)

t.test('a signal that npm gets ends the server in order', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { pid, lastLine } = await startNpm(t, join(testFolder(t), 'data'))
    process.kill(pid, signal)
    // The log is at its end only when no process holds it any more.
    t.match(await lastLine, /"msg":"stopped"/, signal)
  }
})

t.test('a signal that a terminal sends, and npm once more, ends the server in order', async (t) => {
  const { pid, lastLine } = await startNpm(t, join(testFolder(t), 'data'))
  process.kill(-pid, 'SIGINT')
  t.match(await lastLine, /"msg":"stopped"/)
})

t.test('a server under npm ends where npm is killed', async (t) => {
  const { pid, lastLine } = await startNpm(t, join(testFolder(t), 'data'))
  process.kill(pid, 'SIGKILL')
  t.match(await lastLine, /"msg":"stopped"/)
})
