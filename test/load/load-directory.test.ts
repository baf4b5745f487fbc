import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { topicEndpoints } from '../../src/api/endpoints/topics.ts'
import { handlerKinds } from '../../src/alert/handlers/index.ts'
import { SecretFiles } from '../../src/config/secret-files.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { LoadDirectory } from '../../src/load/load-directory.ts'
import { loadTarget } from '../../src/server/load-target.ts'
import { LoadedStore } from '../../src/store/loaded.ts'
import { startService } from '../alert/rig.ts'
import { startHarness } from '../api/harness.ts'
import { testFolder } from '../support/folder.ts'

const TASK = 'dbrp "db"."rp"\nstream|from()|log()'
const TEMPLATE = 'var level string\nstream|from()|log().level(level)'

async function start(t: Test, environment: Readonly<Record<string, string>> = {}) {
  const dir = testFolder(t, {})
  const files = new SecretFiles()
  const secrecies = new Map(handlerKinds.map((kind) => [kind.kind, kind.secrecies]))
  const reading = { environment, files, secreciesOf: (kind: string) => secrecies.get(kind) ?? {} }
  const { alerts } = await startService(t)
  const harness = await startHarness(t)
  topicEndpoints(harness.app, { alerts })
  const lines: string[] = []
  const log = {
    ...silentLogger,
    error: (text: string, fields?: object) => void lines.push(`${text} ${JSON.stringify(fields)}`)
  }
  const newDirectory = () =>
    new LoadDirectory({
      ...{ dir, reading, log, store: new LoadedStore(harness.db) },
      target: loadTarget({ ...harness.services, handlers: alerts.handlers })
    })
  let directory = newDirectory()
  return {
    ...{ ...harness, lines, dir, files },
    restart: () => (directory = newDirectory()),
    countErrors: () => directory.errors,
    /** Writes files, removes those without a text, and loads. */
    async load(changes: Readonly<Record<string, string | undefined>> = {}) {
      for (const [name, text] of Object.entries(changes)) {
        mkdirSync(dirname(join(dir, name)), { recursive: true })
        if (text === undefined) rmSync(join(dir, name))
        else writeFileSync(join(dir, name), text)
      }
      const { loaded, problems } = await directory.load()
      return { loaded, problems: problems.map(({ file, error }) => `${file.slice(dir.length + 1)}: ${error}`) }
    },
    get: async (path: string) => (await harness.call(`GET ${path}`)).body
  }
}

t.test('templates, tasks and handlers are made of files', async (t) => {
  const { load, get, runner } = await start(t)
  t.strictSame(await load(), { loaded: 0, problems: [] })
  const files = {
    'templates/t.tick': TEMPLATE,
    'tasks/plain.tick': TASK,
    'tasks/made.yaml':
      'id: ignored\ntemplate-id: t\ndbrps: [{ db: db, rp: rp }]\nvars: { level: { type: string, value: WARN } }\n',
    'handlers/h.json':
      '{"topic":"alerts","id":"h","kind":"tcp","options":{"address":"127.0.0.1:1"},"match":"changed()"}',
    'tasks/readme.md': 'no task'
  }
  t.strictSame(await load(files), { loaded: 4, problems: [] })
  t.match(await get('/tasks/plain?script-format=raw'), {
    status: 'enabled',
    script: TASK,
    dbrps: [{ db: 'db', rp: 'rp' }]
  })
  t.match(await get('/tasks/made'), { status: 'enabled', 'template-id': 't', vars: { level: { value: 'WARN' } } })
  t.match(await get('/alerts/topics/alerts/handlers/h'), { kind: 'tcp', match: 'changed()' })
  t.strictSame(runner.takeCalls(), ['start made', 'start plain'])
})

t.test('only what changed is touched, also after a restart', async (t) => {
  const { load, get, runner, call, restart } = await start(t)
  await load({ 'tasks/a.tick': TASK, 'tasks/b.tick': TASK })
  await call('PATCH /tasks/a', { status: 'disabled' })
  runner.takeCalls()
  restart()
  await load()
  t.strictSame([runner.takeCalls(), (await get('/tasks/a')).status], [[], 'disabled'], 'an operator has disabled it')
  await load({ 'tasks/a.tick': `${TASK}.prefix('x')`, 'tasks/b.tick': `${TASK}.prefix('x')` })
  t.strictSame(runner.takeCalls(), ['start a', 'stop b', 'start b'])
  await call('DELETE /tasks/a')
  runner.takeCalls()
  await load()
  t.strictSame(runner.takeCalls(), ['start a'], 'a file is there, so is its task')
})

t.test('what files have made goes with them, once', async (t) => {
  const { load, get, call, restart } = await start(t)
  const handler = 'topic: lt\nid: h\nkind: tcp\noptions: { address: "127.0.0.1:1" }\n'
  await load({ 'templates/t.tick': TEMPLATE, 'tasks/a.tick': TASK, 'handlers/h.yml': handler })
  restart()
  await load({ 'templates/t.tick': undefined, 'tasks/a.tick': undefined, 'handlers/h.yml': undefined })
  for (const path of ['/templates/t', '/tasks/a', '/alerts/topics/lt/handlers/h']) {
    t.ok((await get(path)).error, path)
  }
  await call('POST /tasks', { id: 'a', script: TASK })
  await load()
  t.equal((await get('/tasks/a')).id, 'a', 'now it is of a client')
})

t.test('a bad file is told of once, and holds up nothing', async (t) => {
  const { load, get, lines, countErrors } = await start(t)
  await load({ 'tasks/a.tick': TASK, 'tasks/z.tick': TASK })
  const bad = {
    'tasks/a.tick': 'dbrp "db"."rp"\nstream|nosuch()',
    'tasks/b.yaml': '[',
    'tasks/c.json': '[]',
    'tasks/d.yaml': 'template-id: *t',
    'tasks/z.yaml': 'template-id: t\n',
    'tasks/y.tick': TASK,
    'handlers/h.yaml': 'topic: t\n',
    'handlers/i.yaml': 'id: t\n',
    'handlers/j.yaml': '{ topic: t, id: j, kind: nosuch }'
  }
  const { loaded, problems } = await load(bad)
  t.equal(loaded, 2)
  t.match(problems.sort(), [
    /^handlers\/h\.yaml: a handler needs an id/,
    /^handlers\/i\.yaml: a handler needs a topic/,
    /^handlers\/j\.yaml: .*nosuch/,
    /^tasks\/a\.tick: .*nosuch/,
    /^tasks\/b\.yaml: line 1, column 2: Flow/,
    /^tasks\/c\.json: not a set/,
    /^tasks\/d\.yaml: line 1, column 14: no anchor of this name comes before/,
    /^tasks\/z\.yaml: .*z\.tick has that id, too/
  ])
  t.match(await get('/tasks/a?script-format=raw'), { script: TASK, status: 'enabled' })
  t.equal(lines.length, 8)
  await load({ 'tasks/y.tick': undefined })
  t.strictSame([lines.length, countErrors()], [8, 8])
  t.equal((await get('/tasks/y')).id, 'y', 'a file that cannot be read may be the one that is missing')
  await load(
    Object.fromEntries(
      Object.keys(bad)
        .filter((name) => name !== 'tasks/y.tick')
        .map((name) => [name, undefined])
    )
  )
  t.ok((await get('/tasks/y')).error)
})

t.test('files hold variables of the environment, and handlers secrets of files', async (t) => {
  const { load, get, dir, files, runner, call } = await start(t, { LEVEL: 'WARN', LIMIT: '7', HOST: 'bp', KEY: 'hush' })
  const hidden = '********'
  writeFileSync(join(dir, 'key'), 'hush-hush\n')
  const panda = (options: string) => `topic: lt\nid: h\nkind: bigpanda\noptions: ${options}\n`
  const task = (limit: string) =>
    `template-id: t\ndbrps: [{ db: db, rp: rp }]\nvars:\n  level: { type: string, value: "\${LEVEL}" }\n  limit: { type: int, value: "\${${limit}}" }\n`
  const fine = {
    'templates/t.tick': 'var level string\nvar limit int\nstream|from()|log().level(level)',
    'tasks/a.yaml': task('LIMIT'),
    'tasks/plain.yaml': "dbrps: [{ db: db, rp: rp }]\nscript: |\n  stream|from()|log().prefix('${LEVEL}')\n",
    'handlers/h.yaml': panda('{ App-Key-File: key, url: "http://${HOST}/", host: "$${HOST}" }')
  }
  t.strictSame(await load(fine), { loaded: 4, problems: [] })
  t.match(await get('/tasks/a'), { vars: { level: { value: 'WARN' }, limit: { value: 7 } } })
  t.match((await get('/tasks/plain?script-format=raw')).script, /\$\{LEVEL\}/, 'a script is no text of ours')
  const place = '/alerts/topics/lt/handlers/h'
  t.match(await get(place), { options: { 'app-key': hidden, url: 'http://bp/', host: '${HOST}' } })

  runner.takeCalls()
  await call('PATCH /tasks/a', { status: 'disabled' })
  runner.takeCalls()
  await load()
  t.strictSame(runner.takeCalls(), [], 'a file whose references stand for the same has not changed')

  const bad = {
    'tasks/a.yaml': task('NONE'),
    'handlers/h.yaml': panda('{ app-key-file: none, host: other }'),
    'handlers/i.yaml': panda('{ app-key: x, app-key-file: key }').replace('id: h', 'id: i')
  }
  const { loaded, problems } = await load(bad)
  t.equal(loaded, 2)
  t.match(problems.sort(), [
    /^handlers\/h\.yaml: line 4, column 12: options\.app-key-file: ENOENT/,
    /^handlers\/i\.yaml: line 4, column 24: options\.app-key-file: app-key is set, too/,
    /^tasks\/a\.yaml: line 5, column 23: vars\.limit\.value: the environment variable NONE is not set: set it, or/
  ])
  t.match(await get(place), { options: { host: '${HOST}' } }, 'its last good version stays')
  await load({ ...fine, 'handlers/i.yaml': undefined })

  writeFileSync(join(dir, 'key'), 'another secret\n')
  t.strictSame(files.look(), { hasChanged: true, lost: [] })
  t.strictSame(await load(), { loaded: 4, problems: [] })
})

t.test('a client that writes ${NAME} or KEY-file gets no secret of the server', async (t) => {
  const { call, get } = await start(t, { KEY: 'hush' })
  const post = (id: string, options: object) =>
    call('POST /alerts/topics/lt/handlers', { id, kind: 'bigpanda', options })
  t.match((await post('h', { url: 'http://evil/${KEY}', 'app-key': '${KEY}' })).body, { id: 'h' })
  t.match(await get('/alerts/topics/lt/handlers/h'), { options: { url: 'http://evil/${KEY}' } })
  t.match((await post('i', { 'app-key-file': '/etc/passwd' })).body, { error: /invalid keys: app-key-file/ })
})
