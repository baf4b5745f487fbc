import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { clientOf } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { testFolder } from '../support/folder.ts'
import { startProgram } from '../support/program.ts'
import { secret } from '../support/secret.ts'

/** A mistake in the program whose error tells what it was given. */
const MISTAKE = `
import { isMainThread } from 'node:worker_threads'
if (isMainThread) process.on('SIGUSR2', () => Promise.reject(new Error('cannot use ' + process.env.TOLD)))
`

t.test('a crash says why without the secrets of the configuration, of handlers and of routes', async (t) => {
  const folder = testFolder(t)
  const mistake = join(folder, 'mistake.mjs')
  writeFileSync(mistake, MISTAKE)
  const inHandler = secret('of a handler')
  const inRoute = `http://host/${secret('of-a-route')}`
  const program = await startProgram(t, join(folder, 'data'), {
    NODE_OPTIONS: `--import=${pathToFileURL(mistake).href}`,
    KAPOK_SMTP_PASSWORD: secret('of the environment'),
    KAPOK_NOTIFY_FOLDER: join(folder, 'notify'),
    TOLD: `<${secret('of the environment')}> <${inHandler}> <${inRoute}>`
  })
  const call = clientOf(program.url, {}, '')
  const handler = { id: 'h', kind: 'pagerduty', options: { 'service-key': inHandler } }
  t.equal((await call('POST /kapacitor/v1/alerts/topics/t/handlers', handler)).status, 200)
  t.equal((await call('PUT /routes/r', [{ type: 'slack', url: inRoute }])).status, 200)
  process.kill(program.pid, 'SIGUSR2')
  t.strictSame(await program.ended, [70, null])
  const line = await eventually('a line of the crash', () =>
    program.log.split('\n').find((one) => one.includes('"crash"'))
  )
  t.match(line, /cannot use <\*{8}> <\*{8}> <\*{8}>/)
})
