import { existsSync, readFileSync, rmSync } from 'node:fs'
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

t.test('no way into a command runs one that the configuration does not allow', async (t) => {
  const folder = testFolder(t, {
    data: {},
    filters: { 'f.yaml': 'type: exec\ncommand: [/bin/sh, -c, id]\n' },
    routes: { 'r.yaml': '- { type: exec, command: [/bin/sh, -c, id] }\n' },
    load: {
      templates: { 't.tick': "stream|from()|alert().exec('/bin/sh')" },
      tasks: {
        'l.tick': 'dbrp "d"."r"\nstream|from()|alert().exec(\'/bin/sh\')',
        'm.yaml': 'template-id: of-var\ndbrps: [{ db: d, rp: r }]\nvars: { prog: { type: string, value: /bin/sh } }\n'
      },
      handlers: { 'h.yaml': 'topic: t\nid: loaded\nkind: exec\noptions: { prog: /bin/sh }\n' }
    }
  })
  const { url, lines } = await testServer(t, {
    ...{ KAPOK_DATA_DIR: join(folder, 'data'), KAPOK_NOTIFY_FOLDER: folder },
    ...{
      KAPOK_SECURITY_ALLOW_COMMANDS_0: '/bin/true',
      KAPOK_LOAD_ENABLED: 'true',
      KAPOK_LOAD_DIR: join(folder, 'load')
    }
  })
  const [call, atRoot] = [clientOf(url), clientOf(url, { accept: 'application/json' }, '')]
  const dbrps = [{ db: 'd', rp: 'r' }]
  const alert = (rest: string) => `stream|from()|alert()${rest}`
  const OF_VAR = `var prog string\n${alert('.exec(prog)')}`
  const vars = (prog: string) => ({ prog: { type: 'string', value: prog } })
  const fine: readonly [request: string, body: object][] = [
    ['POST /templates', { id: 'of-var', script: OF_VAR }],
    ['POST /templates', { id: 'of-default', script: `var prog = '/bin/sh'\n${alert('.exec(prog)')}` }],
    ['POST /templates', { id: 'true', script: alert(".exec('/bin/true')") }],
    ['POST /tasks', { id: 'v', 'template-id': 'of-var', dbrps, vars: vars('/bin/true') }],
    ['POST /tasks', { id: 'w', 'template-id': 'of-default', dbrps, vars: vars('/bin/true') }],
    ['POST /tasks', { id: 'p', type: 'stream', dbrps, script: alert('') }],
    ['POST /alerts/topics/t/handlers', { id: 'h', kind: 'exec', options: { prog: '/bin/true' } }]
  ]
  for (const [request, body] of fine) t.equal((await call(request, body)).status, 200, JSON.stringify(body))

  const exec = { id: 'h', kind: 'exec', options: { prog: '/bin/sh' } }
  const command = ['/bin/sh', '-c', 'id']
  const refused: readonly [request: string, body: unknown][] = [
    ['POST /tasks', { id: 'x', type: 'stream', dbrps, script: alert(".exec('/bin/sh')") }],
    ['POST /tasks', { id: 'x', type: 'stream', dbrps, script: alert(".slack().exec('/bin/sh').exec('/bin/true')") }],
    ['POST /tasks', { id: 'x', 'template-id': 'of-var', dbrps, vars: vars('/bin/sh') }],
    ['POST /tasks', { id: 'x', 'template-id': 'of-default', dbrps }],
    ['PATCH /tasks/p', { script: alert(".exec('/bin/sh')") }],
    ['PATCH /tasks/v', { vars: vars('/bin/sh') }],
    ['PATCH /tasks/p', { 'template-id': 'of-default' }],
    ['POST /templates', { id: 'y', script: alert(".exec('/bin/sh')") }],
    ['POST /templates', { id: 'y', script: `var a = 'x'\n${alert(".exec('/bin/sh', a)")}` }],
    ['POST /templates', { id: 'y', script: `var u = 'http://x/'\n${alert(".post(u).exec('/bin/sh')")}` }],
    ['POST /templates', { id: 'y', script: `var u string\n${alert(".post(u).exec('/bin/' + 'sh')")}` }],
    ['PATCH /templates/true', { script: alert(".exec('/bin/sh')") }],
    ['POST /alerts/topics/t/handlers', { ...exec, id: 'x' }],
    ['PUT /alerts/topics/t/handlers/h', exec],
    ['PATCH /alerts/topics/t/handlers/h', [{ op: 'replace', path: '/options/prog', value: '/bin/sh' }]]
  ]
  for (const [request, body] of refused) {
    t.match(await call(request, body), { status: 400, text: FORBIDDEN }, `${request} ${JSON.stringify(body)}`)
  }
  const refusedOfPool: readonly [request: string, body: unknown][] = [
    ['PUT /routes/x', [{ type: 'exec', command }]],
    ['PUT /routes/x', [{ type: 'topic-exec', prog: '/bin/sh' }]],
    ['PUT /filters/x', { type: 'exec', command }],
    ['PUT /filters/x', { type: 'exec', command, all: true }],
    ['PUT /filters/x', { type: 'discard', if: command }],
    ['PUT /filters/x', { type: 'discard', if: command, all: true }],
    ['POST /config/plan', { filters: [{ id: 'x', definition: { type: 'exec', command } }], routes: [] }]
  ]
  for (const [request, body] of refusedOfPool) {
    t.match(
      await atRoot(request, body),
      { status: 400, text: /the command \/bin\/sh is not allowed/ },
      JSON.stringify(body)
    )
  }
  t.match(await call('POST /config/security/', { set: { 'allow-commands': ['*'] } }), { status: 400 })

  const files = (await atRoot('GET /config/status')).body as unknown as {
    readonly files: readonly { readonly file: string; readonly problems: readonly { readonly message: string }[] }[]
    readonly load: { readonly problems: readonly { readonly file: string; readonly error: string }[] }
  }
  const problems = [
    ...files.files.flatMap(({ file, problems: all }) => all.map(({ message }) => `${file} ${message}`)),
    ...files.load.problems.map(({ file, error }) => `${file} ${error}`)
  ]
  for (const file of ['filters/f.yaml', 'routes/r.yaml', 'templates/t.tick', 'tasks/l.tick', 'handlers/h.yaml']) {
    t.ok(
      problems.some((problem) => problem.includes(file) && problem.includes('command /bin/sh is not allowed')),
      `${file}: ${problems.join('\n')}`
    )
  }
  t.match(lines.join(''), /failed to load file/)
})

t.test('a store from where a command was allowed runs it nowhere else, neither live nor in a replay', async (t) => {
  const folder = testFolder(t)
  const [ran, dataDir] = [join(folder, 'ran'), join(folder, 'data')]
  const command = ['/bin/sh', '-c', `cat >> ${ran}`]
  const environment = {
    ...{ KAPOK_DATA_DIR: dataDir, KAPOK_NOTIFY_FOLDER: folder, KAPOK_NOTIFY_INITIAL_INTERVAL: '10ms' },
    KAPOK_NOTIFY_MAX_INTERVAL: '10ms'
  }
  const first = await testServer(t, { ...environment, KAPOK_SECURITY_ALLOW_COMMANDS_0: '/bin/sh' })
  let [call, atRoot] = [clientOf(first.url), clientOf(first.url, {}, '')]
  t.equal((await atRoot('PUT /routes/r', [{ type: 'exec', command }])).status, 200)
  t.equal((await atRoot('PUT /filters/a', { type: 'route', if: command, routes: ['r'] })).status, 200)
  t.equal((await atRoot('PUT /filters/b', { type: 'exec', command })).status, 200)
  const script = `stream|from()|alert().crit(lambda: TRUE).exec(${command.map((word) => `'${word}'`).join(', ')})`
  const task = { id: 'x', type: 'stream', dbrps: [{ db: 'd', rp: 'r' }], script, status: 'disabled' }
  t.equal((await call('POST /tasks', task)).status, 200)
  await call('POST /recordings/stream', { id: 'rec', task: 'x', stop: new Date(Date.now() + 1500).toISOString() })
  await call('POST /write?db=d&rp=r', 'm v=1')
  await eventually('a recording', async () => (await call('GET /recordings/rec')).status === 200)
  await first.close()
  rmSync(ran, { force: true })

  const second = await testServer(t, environment)
  ;[call, atRoot] = [clientOf(second.url), clientOf(second.url, {}, '')]
  await atRoot('POST /alerts', { From: 'f', Host: 'h', Title: 'title' })
  await call('POST /replays', { id: 'rep', task: 'x', recording: 'rec', clock: 'fast' })
  await eventually('the end of a replay', async () => (await call('GET /replays/rep')).status === 200)
  t.match((await call('GET /replays/rep')).body, { status: /finished|failed/ })
  t.match((await atRoot('GET /config/status')).body, {
    failures: ['a', 'b', 'r'].map((id) => ({ id, error: /the command \/bin\/sh is not allowed/ }))
  })
  t.equal((await atRoot('PUT /filters/a/enable')).status, 404, 'there is no filter to be enabled')
  await second.close()
  t.notOk(existsSync(ran), 'nothing has run')
})
