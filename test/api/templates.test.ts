import t from 'tap'
import { startHarness } from './harness.ts'
import { problem } from '../support/problem.ts'

const SCRIPT = `// how many
var n = 5
var d = 10s
var l = lambda: "v" > 1.0
var s string
stream|from()|log()
`
const PLAIN = 'stream|from()|log()'
const DBRPS = [{ db: 'd', rp: 'r' }]
const LINK = { rel: 'self', href: '/kapacitor/v1/templates/t' }
const VARS = {
  d: { type: 'duration', value: 10_000_000_000, description: '' },
  l: { type: 'lambda', value: '"v" > 1.0', description: '' },
  n: { type: 'int', value: 5, description: 'how many' },
  s: { type: 'string', value: null, description: '' }
}

t.test('a template is answered in full, in its fixed order', async (t) => {
  const { call } = await startHarness(t)
  const { status, body } = await call('POST /templates', { id: 't', type: 'batch', script: SCRIPT })
  t.equal(status, 200)
  t.strictSame(body, {
    link: LINK,
    id: 't',
    type: 'stream',
    script:
      '// how many\nvar n = 5\n\nvar d = 10s\n\nvar l = lambda: "v" > 1.0\n\nvar s string\n\nstream\n    |from()\n    |log()\n',
    vars: VARS,
    dot: 'digraph t {\nstream0 -> from1;\nfrom1 -> log2;\n}',
    error: '',
    created: '2020-09-13T12:26:40Z',
    modified: '2020-09-13T12:26:40Z'
  })
  t.strictSame(Object.keys(body), ['link', 'id', 'type', 'script', 'vars', 'dot', 'error', 'created', 'modified'])
  t.strictSame((await call('GET /templates/t')).body, body)
  t.equal((await call('GET /templates/t?script-format=raw')).body.script, SCRIPT)
  t.match((await call('POST /templates', { script: PLAIN })).body, { id: /^[0-9a-f-]{36}$/, vars: {} })
})

t.test('what is no template is refused', async (t) => {
  const { call } = await startHarness(t)
  await call('POST /templates', { id: 't', script: SCRIPT })
  await call('POST /templates', { id: 'u', script: PLAIN })
  for (const [request, body, status, error] of [
    ['POST /templates', '{', 400, 'invalid JSON'],
    ['POST /templates', { type: 'x' }, 400, 'invalid JSON'],
    ['POST /templates', { id: 'n' }, 400, 'invalid task type: invalid'],
    ['POST /templates', { id: 'n n' }, 400, `template ID must contain only letters, numbers, '-', '.' and '_'. "n n"`],
    ['POST /templates', { id: 't' }, 400, 'template t already exists'],
    ['POST /templates', { script: 'var x = 5\nvar s = stream' }, 400, 'invalid TICKscript: task does nothing'],
    ['GET /templates/none?script-format=x', undefined, 404, 'no template exists'],
    ['GET /templates/t?script-format=x', undefined, 400, 'invalid script-format parameter "x"'],
    ['GET /templates/', undefined, 400, 'must specify template id on path'],
    ['GET /templates?fields=status', undefined, 400, 'unsupported field "status"'],
    ['PATCH /templates/none', {}, 404, 'template does not exist, cannot update'],
    ['PATCH /templates/t', { script: 'var x = 5' }, 400, 'invalid task type: invalid'],
    ['PATCH /templates/t', { id: 'u' }, 500, 'failed to create new template for ID change: template already exists'],
    ['PATCH /templates/t', { id: '/' }, 400, `template ID must contain only letters, numbers, '-', '.' and '_'. "/"`]
  ] as const) {
    const answer = await call(request, body)
    t.strictSame([answer.status, answer.body], [status, problem(error)], `${request} ${JSON.stringify(body)}`)
  }
})

t.test('lists leave the vars out unless they are asked for', async (t) => {
  const { call } = await startHarness(t)
  t.strictSame((await call('GET /templates')).body, { templates: [] })
  await call('POST /templates', { id: 't', script: SCRIPT })
  await call('POST /templates', { id: 'a', script: PLAIN })
  const [first] = (await call('GET /templates')).body.templates as object[]
  t.strictSame(Object.keys(first!), ['created', 'dot', 'error', 'id', 'link', 'modified', 'script', 'type'])
  t.strictSame((await call('GET /templates?fields=vars&fields=type&pattern=t*')).body, {
    templates: [{ id: 't', link: LINK, type: 'stream', vars: VARS }]
  })
})

t.test('tasks are made from a template, whose changes reach them', async (t) => {
  const { call, runner, clock } = await startHarness(t)
  await call('POST /templates', { id: 't', script: SCRIPT })
  const vars = { s: { type: 'string', value: 'x' } }
  const task = { 'template-id': 't', dbrps: DBRPS, vars, script: 'ignored' }
  t.match(await call('POST /tasks', { ...task, id: 'on', status: 'enabled' }), {
    status: 200,
    body: { 'template-id': 't', executing: true, vars: { s: { value: 'x' } } }
  })
  await call('POST /tasks', { ...task, id: 'off' })
  t.match((await call('POST /tasks', { ...task, id: 'x', vars: {} })).body, {
    error: 'invalid TICKscript: missing value for var "s".'
  })
  t.match((await call('PATCH /tasks/off', { script: 'also ignored' })).body, { script: /^\/\/ how many/ })
  t.strictSame(runner.takeCalls(), ['start on'])

  clock.advance(1000)
  const script = 'dbrp "x"."y"\nvar s = \'q\'\nstream|from()|log().prefix(s)'
  t.match((await call('PATCH /templates/t', { script })).body, { vars: { s: { value: 'q' } }, modified: /:41Z/ })
  t.strictSame(runner.takeCalls(), ['stop on', 'start on'])
  t.match(runner.running.get('on'), { script, dbrps: [{ db: 'x', rp: 'y' }] })
  for (const id of ['on', 'off']) {
    t.match((await call(`GET /tasks/${id}?script-format=raw`)).body, {
      script,
      dbrps: [{ db: 'x', rp: 'y' }],
      'template-id': 't',
      modified: '2020-09-13T12:26:40Z'
    })
  }

  t.match((await call('PATCH /templates/t', { id: 'u' })).body, { id: 'u' })
  t.match((await call('GET /tasks/on')).body, { 'template-id': 'u', executing: true })
  t.equal((await call('GET /templates/t')).status, 404)
})

t.test('a change of a template that breaks one of its tasks changes nothing', async (t) => {
  const { call, runner } = await startHarness(t)
  await call('POST /templates', { id: 't', script: PLAIN })
  for (const id of ['a', 'b', 'c']) {
    await call('POST /tasks', { id, 'template-id': 't', dbrps: DBRPS, status: id === 'c' ? 'disabled' : 'enabled' })
  }
  const before = (await call('GET /tasks')).text
  runner.takeCalls()

  const needsVar = `var n int\n${PLAIN}`
  t.strictSame(
    (await call('PATCH /templates/t', { script: needsVar })).body,
    problem('error reloading associated task a: invalid TICKscript: missing value for var "n".')
  )
  t.strictSame(runner.takeCalls(), [])

  const failing = "stream|from()|log().prefix('f')"
  runner.refusals.set(failing, 'no')
  t.match(await call('PATCH /templates/t', { script: failing, id: 'u' }), {
    status: 500,
    body: { error: 'error reloading associated task a: no' }
  })
  t.strictSame(runner.takeCalls(), ['stop a', 'start a', 'start a'])
  t.equal((await call('GET /tasks')).text, before)
  t.equal((await call('GET /templates/t?script-format=raw')).body.script, PLAIN)
  t.equal((await call('GET /templates/u')).status, 404)
})

t.test('a template does not drop the dbrp of tasks that run, and those that do not run are left without', async (t) => {
  const { call, runner } = await startHarness(t)
  const named = `dbrp "x"."y"\n${PLAIN}`
  await call('POST /templates', { id: 't', script: named })
  await call('POST /tasks', { id: 'a', 'template-id': 't', status: 'enabled' })
  runner.takeCalls()
  const before = (await call('GET /tasks')).text
  const refused = await call('PATCH /templates/t', { script: PLAIN })
  t.strictSame(
    [refused.status, refused.body],
    [500, problem('error reloading associated task a: task does contain any dbrps')]
  )
  t.strictSame(runner.takeCalls(), [])
  t.equal((await call('GET /tasks')).text, before)
  t.equal((await call('GET /templates/t?script-format=raw')).body.script, named)

  await call('PATCH /tasks/a', { status: 'disabled' })
  t.equal((await call('PATCH /templates/t', { script: PLAIN })).status, 200)
  t.match((await call('GET /tasks/a')).body, { dbrps: [], script: /^stream/, error: '' })
  t.match(await call('PATCH /tasks/a', { status: 'enabled' }), {
    status: 500,
    body: { error: 'task does contain any dbrps' }
  })
  t.match(await call('PATCH /tasks/a', { dbrps: DBRPS, status: 'enabled' }), {
    status: 200,
    body: { dbrps: DBRPS, executing: true }
  })
})

t.test('a task whose template was deleted goes on, and can be changed', async (t) => {
  const { call, runner } = await startHarness(t)
  await call('POST /templates', { id: 't', script: PLAIN })
  await call('POST /tasks', { id: 'a', 'template-id': 't', dbrps: DBRPS, status: 'enabled' })
  t.equal((await call('DELETE /templates/t')).status, 204)
  t.equal((await call('DELETE /templates/t')).status, 204)
  t.match((await call('GET /tasks/a')).body, { executing: true, 'template-id': 't' })
  t.match(await call('PATCH /tasks/a', { status: 'disabled' }), { status: 200, body: { executing: false } })
  t.equal((await call('DELETE /tasks/a')).status, 204)
  t.strictSame(runner.takeCalls(), ['start a', 'stop a'])
})
