import { createServer } from 'node:http'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Receiver } from '../alert/rig.ts'
import { clientOf } from '../support/client.ts'
import { freePort } from '../support/free-port.ts'
import { startProgram } from '../support/program.ts'
import { testFolder } from '../support/folder.ts'

t.test('what waits when the program is asked to end is delivered, then or by the next one', async (t) => {
  const slack = await Receiver.start(t)
  const away = await freePort()
  const folder = testFolder(t)
  const dataDir = join(folder, 'data')
  // Nothing goes out before the end.
  const environment = { KAPOK_NOTIFY_INITIAL_INTERVAL: '1h', KAPOK_SECURITY_ALLOW_COMMANDS_0: '/bin/sh' }
  const first = await startProgram(t, dataDir, environment)
  const ask = clientOf(first.url, {}, '')
  const file = join(folder, 'told')
  await ask('PUT /routes/all', [
    { type: 'exec', command: ['sh', '-c', `cat >> '${file}'; echo >> '${file}'`] },
    { type: 'slack', url: slack.url },
    { type: 'slack', label: 'away', url: `http://127.0.0.1:${away}/` }
  ])
  await ask('PUT /filters/all', { type: 'route', routes: ['all'] })
  t.equal((await ask('POST /alerts', { From: 'client', Title: 'the last one' })).status, 200)
  t.strictSame(await first.end(), [0, null])
  t.match(JSON.parse(readFileSync(file, 'utf8')), { Title: 'the last one' })
  t.match(slack.posts, [{ body: /the last one/ }])

  const late = createServer((_request, response) => response.end()).listen(away, '127.0.0.1')
  t.teardown(() => late.close())
  const delivered = once(late, 'request')
  const second = await startProgram(t, dataDir, environment)
  await delivered
  t.strictSame(await second.end(), [0, null])
  t.equal(slack.posts.length, 1)
})
