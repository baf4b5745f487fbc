import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { clientOf } from '../support/client.ts'
import { testFolder } from '../support/folder.ts'
import { testServer } from '../support/server.ts'
import { eventually } from '../support/eventually.ts'

const FORBIDDEN = /"error": "the command \/bin\/sh is not allowed: security\.allow-commands has to have/

t.test('a client runs no program and writes no file that the configuration does not allow', async (t) => {
  const folder = testFolder(t)
  const dataDir = join(folder, 'data')
  const ran = join(folder, 'ran')
  const exec = (to: string) => `.exec('/bin/sh', '-c', 'cat >> ${to}')`
  const task = (id: string, handlers: string, status: string) => ({
    ...{ id, type: 'stream', dbrps: [{ db: 'd', rp: 'r' }], status },
    script: `stream|from().measurement('m')|alert().crit(lambda: TRUE).topic('t')${handlers}`
  })
  const handler = (kind: string, options: object) => ({ id: kind, kind, options })
  const TOPIC = 'POST /alerts/topics/t/handlers'
  const environment = { KAPOK_DATA_DIR: dataDir, KAPOK_NOTIFY_FOLDER: folder }

  const first = await testServer(t, environment)
  let call = clientOf(first.url)
  for (const status of ['enabled', 'disabled']) {
    const made = await call('POST /tasks', task('x', exec(ran), status))
    t.match(made, { status: 400, text: FORBIDDEN })
    t.match(await call('POST /tasks', task('x', ".log('/etc/passwd')", status)), {
      status: 400,
      text: /"error": "the log file \/etc\/passwd is not allowed: .*security\.log-folders/
    })
  }
  t.equal((await call('GET /tasks/x')).status, 404)
  t.match(await call(TOPIC, handler('exec', { prog: '/bin/sh', args: ['-c', 'id'] })), { status: 400, text: FORBIDDEN })
  t.match(await call(TOPIC, handler('log', { path: join(dataDir, 'kapok.duckdb') })), { status: 400 })
  await first.close()

  const allowed = { ...environment, KAPOK_SECURITY_ALLOW_COMMANDS_0: '/bin/sh', KAPOK_SECURITY_LOG_FOLDERS_0: folder }
  const second = await testServer(t, allowed)
  call = clientOf(second.url)
  const logged = join(folder, 'logged')
  t.equal((await call('POST /tasks', task('x', `${exec(ran)}.log('${logged}')`, 'enabled'))).status, 200)
  t.equal((await call(TOPIC, handler('exec', { prog: '/bin/sh', args: ['-c', `cat >> ${ran}`] }))).status, 200)
  t.equal((await call('POST /write?db=d&rp=r', 'm v=1 1')).status, 204)
  const lines = (path: string): number => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0)
  await eventually('two lines of the program and one of the log', () => lines(ran) >= 2 && lines(logged) >= 1)
  await second.close()

  const third = await testServer(t, environment)
  call = clientOf(third.url)
  t.match((await call('GET /tasks/x')).body, {
    executing: false,
    error: /the command \/bin\/sh is not allowed: security\.allow-commands/
  })
  t.match(third.lines.join(''), /security\.allow-commands.*failed to start enabled task/)
  t.match(third.lines.join(''), /security\.allow-commands.*failed to create handler/)
  t.equal((await call('PATCH /tasks/x', { status: 'disabled' })).status, 200, 'it can be disabled')
  t.match(await call('PATCH /tasks/x', task('x', `${exec(ran)}.id('y')`, 'disabled')), { status: 400, text: FORBIDDEN })
  t.equal((await call('POST /write?db=d&rp=r', 'm v=1 2')).status, 204)
  t.equal(lines(ran), 2)
})
