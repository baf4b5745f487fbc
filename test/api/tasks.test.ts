import t, { type Test } from 'tap'
import type { Harness } from './harness.ts'
import { startHarness } from './harness.ts'
import { ShardDied } from '../../src/shards/errors.ts'
import { problem } from '../support/problem.ts'

const SCRIPT = 'stream|from()|log()'
const FORMATTED = 'stream\n    |from()\n    |log()\n'
const DBRPS = [{ db: 'd', rp: 'r' }]
const TASK = { id: 'a', type: 'stream', dbrps: DBRPS, script: SCRIPT }

/** Body of a request, status and error text. */
type Refusal = readonly [body: unknown, status: number, error: string]

async function refuses(t: Test, { call }: Harness, request: string, cases: readonly Refusal[]): Promise<void> {
  for (const [body, status, error] of cases) {
    const answer = await call(request, body)
    t.strictSame([answer.status, answer.body], [status, problem(error)], `${request} ${JSON.stringify(body)}`)
  }
}

t.test('a task is answered in full, in its fixed order', async (t) => {
  const { call } = await startHarness(t)
  const vars = { n: { type: 'int', value: 9007199254740993, ignored: 1 }, d: { type: 'duration', value: '1h30m' } }
  const body = JSON.stringify({ ...TASK, vars }).replace('9007199254740992', '9007199254740993')
  const { status, text } = await call('POST /tasks', body)
  t.equal(status, 200)
  t.equal(
    text,
    `{
    "link": {
        "rel": "self",
        "href": "/kapacitor/v1/tasks/a"
    },
    "id": "a",
    "template-id": "",
    "type": "stream",
    "dbrps": [
        {
            "db": "d",
            "rp": "r"
        }
    ],
    "script": "stream\\n    |from()\\n    |log()\\n",
    "vars": {
        "d": {
            "type": "duration",
            "value": 5400000000000,
            "description": ""
        },
        "n": {
            "type": "int",
            "value": 9007199254740993,
            "description": ""
        }
    },
    "dot": "digraph a {\\nstream0 -\\u003e from1;\\nfrom1 -\\u003e log2;\\n}",
    "status": "disabled",
    "executing": false,
    "error": "",
    "stats": {},
    "created": "2020-09-13T12:26:40Z",
    "modified": "2020-09-13T12:26:40Z",
    "last-enabled": "0001-01-01T00:00:00Z"
}`
  )
})

t.test('a definition is refused in the order of the checks', async (t) => {
  const harness = await startHarness(t)
  await harness.call('POST /tasks', { ...TASK, id: 'taken' })
  const one = { ...TASK, id: 'x' }
  const withVar = (value: unknown, script = SCRIPT): object => ({ ...one, script, vars: { x: value } })
  const invalidJson = (...bodies: unknown[]): Refusal[] => bodies.map((body) => [body, 400, 'invalid JSON'])
  await refuses(t, harness, 'POST /tasks', [
    ...invalidJson('', '{', '[]', '{"id": "x",}', { ...one, type: 'flow' }, { ...one, status: 'asleep' }),
    ...invalidJson({ ...one, id: 5 }, { ...one, dbrps: {} }, { ...one, dbrps: [5] }, { ...one, dbrps: [{ db: 1 }] }),
    ...invalidJson({ ...one, script: 5 }, { ...one, vars: [] }, withVar({ type: 'complex', value: 1 })),
    ...invalidJson(withVar({ type: 'int', value: 1.5 }), withVar({ type: 'duration', value: 'soon' })),
    [{ ...one, id: 'a b', script: '' }, 400, `task ID must contain only letters, numbers, '-', '.' and '_'. "a b"`],
    [{ ...one, id: 'taken', script: '' }, 400, 'task taken already exists'],
    [{ ...one, 'template-id': 't' }, 400, 'unknown template t: err: no template exists'],
    [{ ...one, script: '' }, 400, 'must provide TICKscript'],
    [{ ...withVar({ type: 'int', value: null }), script: '|' }, 400, 'invalid var x: unsupported Var type <nil>.'],
    [withVar({ type: 'bool', value: 'TRUE' }), 400, 'invalid var x: unexpected var type bool, value is a string'],
    [{ ...one, script: ' \n' }, 400, 'invalid task type: invalid'],
    [{ ...one, script: 'var s = stream\nvar b = batch', dbrps: [] }, 400, 'invalid task type: invalid'],
    [
      withVar({ type: 'regex', value: '(' }),
      400,
      'invalid TICKscript: invalid var x: invalid regex pattern: error parsing regexp: missing closing ): `(`'
    ],
    [{ ...one, script: 'var x int\nstream|from()', dbrps: [] }, 400, 'invalid TICKscript: missing value for var "x".'],
    [
      withVar({ type: 'float', value: 6.5 }, 'var x = 5\nstream|from()'),
      400,
      'invalid TICKscript: invalid type supplied for x, got float exp int'
    ],
    [{ ...one, script: 'var x = stream', dbrps: [] }, 400, 'invalid TICKscript: task does nothing'],
    [{ ...one, script: `dbrp "a"."b"\n${SCRIPT}` }, 400, 'cannot specify dbrp in both implicitly and explicitly'],
    [{ ...one, dbrps: [] }, 400, 'must specify dbrp']
  ])
  t.match((await harness.call('POST /tasks', { ...one, script: 'stream|from(' })).body, {
    error: /^invalid TICKscript: parser: unexpected EOF line 1 char 13/
  })
  t.strictSame((await harness.call('GET /tasks?fields=id')).body.tasks, [
    { id: 'taken', link: { rel: 'self', href: '/kapacitor/v1/tasks/taken' } }
  ])
})

t.test(
  'an id is made up where none is given; names of members may be in any case; the type is the script’s',
  async (t) => {
    const { call } = await startHarness(t)
    const { body } = await call('POST /tasks', { DBRPS, Script: SCRIPT, type: 'batch', vars: null, status: null })
    t.match(body, { id: /^[0-9a-f]{8}-[0-9a-f]{4}-4/, type: 'stream', dbrps: DBRPS, status: 'disabled' })
  }
)

t.test('dbrp statements stand for the list', async (t) => {
  const { call, runner } = await startHarness(t)
  const script = `dbrp "a"."b"\ndbrp "c"."d"\n${SCRIPT}`
  const { body } = await call('POST /tasks', { id: 'x', script, status: 'enabled' })
  const dbrps = [
    { db: 'a', rp: 'b' },
    { db: 'c', rp: 'd' }
  ]
  t.strictSame(body.dbrps, dbrps)
  t.strictSame(runner.running.get('x')?.dbrps, dbrps)
})

t.test('an enabled task runs with its vars', async (t) => {
  const { call, runner, clock } = await startHarness(t)
  clock.advance(5)
  const vars = { x: { type: 'int', value: 1 } }
  const { status, body } = await call('POST /tasks', { ...TASK, vars, status: 'enabled' })
  t.equal(status, 200)
  t.match(body, { status: 'enabled', executing: true, 'last-enabled': '2020-09-13T12:26:40.005Z' })
  const task = runner.running.get('a')
  t.match(task, { id: 'a', type: 'stream', script: SCRIPT, dbrps: DBRPS })
  t.strictSame(task?.vars.get('x'), { type: 'int', value: 1 })
})

t.test('a task that the server fails to start when it is made leaves nothing behind', async (t) => {
  const { call, runner, topics } = await startHarness(t)
  const script = "stream|from()|alert().log('/f')"
  runner.refusals.set(script, ShardDied())
  for (const attempt of ['first', 'second']) {
    const post = await call('POST /tasks', { ...TASK, script, status: 'enabled' })
    t.strictSame([post.status, post.body], [503, problem(ShardDied().message)], attempt)
  }
  t.equal((await call('GET /tasks/a')).status, 404)
  t.strictSame(topics.takeCalls().slice(-1), ['delete main:a:alert2'])
  runner.refusals.clear()
  t.match(await call('POST /tasks', { ...TASK, script, status: 'enabled' }), { status: 200, body: { error: '' } })
})

t.test('a task that fails to start stays, and says why until it is started again', async (t) => {
  const { call, runner } = await startHarness(t)
  runner.refusals.set(SCRIPT, 'no!')
  const post = await call('POST /tasks', { ...TASK, status: 'enabled' })
  t.strictSame([post.status, post.body], [500, problem('no!')])
  t.match((await call('GET /tasks/a')).body, { status: 'enabled', executing: false, error: 'no!', stats: {} })
  const repaired = "stream|from()|log().level('INFO')"
  t.match(await call('PATCH /tasks/a', { script: repaired }), { status: 200, body: { executing: false, error: 'no!' } })
  t.match((await call('PATCH /tasks/a', { status: 'disabled' })).body, { error: 'no!' })
  t.match((await call('PATCH /tasks/a', { status: 'enabled' })).body, { executing: true, error: 'no!' })
  t.match((await call('GET /tasks/a')).body, { executing: true, error: '' })
})

t.test('a disabled task is not started by a change, and enabling an enabled one that failed starts it', async (t) => {
  const { call, runner } = await startHarness(t)
  await call('POST /tasks', TASK)
  await call('PATCH /tasks/a', { vars: { n: { type: 'int', value: 1 } } })
  t.strictSame(runner.takeCalls(), [])
  await call('PATCH /tasks/a', { status: 'enabled' })
  await call('PATCH /tasks/a', { status: 'enabled' })
  t.strictSame(runner.takeCalls(), ['start a'])
  runner.fail('a', 'log2: broken')
  t.match((await call('GET /tasks/a')).body, { status: 'enabled', executing: false })
  await call('PATCH /tasks/a', {})
  t.match((await call('GET /tasks/a')).body, { status: 'enabled', executing: false, error: 'log2: broken' })
  t.match((await call('PATCH /tasks/a', { status: 'enabled' })).body, { executing: true })
  t.strictSame(runner.takeCalls(), ['start a'])
})

t.test('a change applies what is given, and moves the time of modification', async (t) => {
  const { call, runner, clock } = await startHarness(t)
  await call('POST /tasks', { ...TASK, status: 'enabled', vars: { n: { type: 'int', value: 1 } } })
  clock.advance(1000)
  const { body } = await call('PATCH /tasks/a', {})
  t.match(body, { modified: '2020-09-13T12:26:41Z', created: '2020-09-13T12:26:40Z', vars: { n: { value: 1 } } })
  t.match((await call('PATCH /tasks/a', { vars: {} })).body, { vars: { n: { value: 1 } } })
  const vars = { m: { type: 'string', value: 'x' } }
  t.strictSame((await call('PATCH /tasks/a', { vars })).body.vars, {
    m: { type: 'string', value: 'x', description: '' }
  })
  const script = "stream|from()|log().prefix('x')"
  t.match((await call('PATCH /tasks/a?x=y', { script, dbrps: [{ db: 'e', rp: '' }], type: 'batch' })).body, {
    script: "stream\n    |from()\n    |log()\n        .prefix('x')\n",
    dbrps: [{ db: 'e', rp: '' }],
    type: 'stream',
    executing: true,
    dot: 'digraph a {\ngraph [throughput="0.00 points/s"];\n\nstream0 [];\n\nfrom1 [];\n\nlog2 [];\n}'
  })
  t.equal(runner.running.get('a')?.script, SCRIPT, 'it runs as before')
  await call('PATCH /tasks/a', { status: 'disabled' })
  await call('PATCH /tasks/a', { status: 'enabled' })
  t.equal(runner.running.get('a')?.script, script)
})

t.test('a change is refused where a definition would be, and then changes nothing', async (t) => {
  const harness = await startHarness(t)
  const { call } = harness
  await call('POST /tasks', TASK)
  await call('POST /tasks', { ...TASK, id: 'b' })
  await call('POST /tasks', { id: 'implied', script: `dbrp "x"."y"\n${SCRIPT}` })
  await refuses(t, harness, 'PATCH /tasks/', [[{}, 400, 'must specify task id on path']])
  await refuses(t, harness, 'PATCH /tasks/none', [[{}, 404, 'task does not exist, cannot update']])
  await refuses(t, harness, 'PATCH /tasks/a', [
    ['{"script": "x",}', 400, 'invalid JSON'],
    [{ 'template-id': 't' }, 400, 'unknown template t: err: no template exists'],
    [{ script: 'var x = 5' }, 400, 'invalid task type: invalid'],
    [{ script: 'var x = stream' }, 400, 'invalid TICKscript: task does nothing'],
    [{ vars: { x: { type: 'int', value: null } } }, 400, 'invalid var x: unsupported Var type <nil>.'],
    [{ script: `dbrp "x"."y"\n${SCRIPT}`, dbrps: DBRPS }, 400, 'cannot specify dbrp in implicitly and explicitly'],
    [{ id: 'b' }, 500, 'failed to create new task during ID change: object already exists'],
    [{ id: 'a/b' }, 400, `task ID must contain only letters, numbers, '-', '.' and '_'. "a/b"`]
  ])
  await refuses(t, harness, 'PATCH /tasks/implied', [
    [{ script: SCRIPT }, 400, 'must specify dbrp'],
    [{ script: 'var x = 5' }, 400, 'must specify dbrp'],
    [{ dbrps: DBRPS }, 400, 'cannot specify dbrp in implicitly and explicitly']
  ])
  t.match((await call('GET /tasks/a')).body, { script: FORMATTED, modified: '2020-09-13T12:26:40Z' })
  t.match((await call('PATCH /tasks/implied', { script: SCRIPT, dbrps: DBRPS })).body, { dbrps: DBRPS })
  t.match((await call('PATCH /tasks/a', { script: `dbrp "x"."y"\n${SCRIPT}` })).body, { dbrps: [{ db: 'x', rp: 'y' }] })
})

t.test('a task that gets a new id is restarted under it', async (t) => {
  const { call, runner } = await startHarness(t)
  await call('POST /tasks', { ...TASK, status: 'enabled' })
  t.match(await call('PATCH /tasks/a', { id: 'b' }), { status: 200, body: { id: 'b', executing: true } })
  t.strictSame(runner.takeCalls(), ['start a', 'stop a', 'start b'])
  t.equal((await call('GET /tasks/a')).status, 404)
  t.match(await call('PATCH /tasks/b', { id: 'c', status: 'disabled' }), { body: { executing: false } })
  t.strictSame(runner.takeCalls(), ['stop b'])
})

t.test('a task that is deleted is gone, and deleting none is fine', async (t) => {
  const { call, runner } = await startHarness(t)
  await call('POST /tasks', { ...TASK, status: 'enabled' })
  t.equal((await call('DELETE /tasks/a')).status, 204)
  t.equal((await call('DELETE /tasks/a')).status, 204)
  t.strictSame(runner.takeCalls(), ['start a', 'stop a'])
  t.strictSame((await call('GET /tasks/a')).body, problem('no task exists'))
  t.equal((await call('DELETE /tasks/')).status, 400)
})

t.test('views of a task', async (t) => {
  const harness = await startHarness(t)
  const { call, runner } = harness
  await call('POST /tasks', { ...TASK, status: 'enabled' })
  runner.taskStats = {
    throughput: 1.5,
    nodes: { log2: { working_cardinality: 0, avg_exec_time_ns: 0 }, from1: { collected: 3, errors: 1 } },
    edges: [{ parent: 'from1', child: 'log2', count: 2 }]
  }
  t.equal((await call('GET /tasks/a?script-format=raw')).body.script, SCRIPT)
  t.equal((await call('GET /tasks/a?script-format=formatted&dot-view=')).body.script, FORMATTED)
  t.match(
    (await call('GET /tasks/a?dot-view=labels')).body.dot,
    /label="Throughput: 1\.50 points\/s".*\n\n.*label="processed=2"/s
  )
  const { text } = await call('GET /tasks/a')
  t.match(
    text.replaceAll(/\s/g, ''),
    '"stats":{"task-stats":{"throughput":1.5},"node-stats":{"from1":{"collected":3,"errors":1},"log2":{'
  )
  for (const [query, error] of [
    ['dot-view=x', 'invalid dot-view parameter "x"'],
    ['script-format=x', 'invalid script-format parameter "x"'],
    ['replay-id=x', 'no running replay with ID: x']
  ] as const) {
    await refuses(t, harness, `GET /tasks/a?${query}`, [[undefined, 400, error]])
    await refuses(t, harness, `GET /tasks/none?${query}`, [[undefined, 404, 'no task exists']])
  }
  await refuses(t, harness, 'GET /tasks/?dot-view=x', [[undefined, 400, 'must specify task id on path']])
})

t.test('a list of tasks shows the live runs, whatever replay it is asked for', async (t) => {
  const { call } = await startHarness(t)
  await call('POST /tasks', { ...TASK, status: 'enabled' })
  t.match(await call('GET /tasks?replay-id=x&fields=executing'), {
    status: 200,
    body: { tasks: [{ id: 'a', executing: true }] }
  })
})

t.test('a list of tasks tells the template of a task that has one', async (t) => {
  const { call } = await startHarness(t)
  await call('POST /templates', { id: 't', script: SCRIPT })
  await call('POST /tasks', TASK)
  await call('POST /tasks', { id: 'b', 'template-id': 't', dbrps: DBRPS })
  const link = (id: string) => ({ rel: 'self', href: `/kapacitor/v1/tasks/${id}` })
  t.strictSame((await call('GET /tasks?fields=template-id')).body, {
    tasks: [
      { id: 'a', link: link('a') },
      { id: 'b', link: link('b'), 'template-id': 't' }
    ]
  })
  t.match((await call('GET /tasks')).body, { tasks: [{ id: 'a' }, { id: 'b', 'template-id': 't' }] })
})

t.test('an httpOut endpoint is served while its task runs', async (t) => {
  const { call, runner } = await startHarness(t)
  await call('POST /tasks', { ...TASK, status: 'enabled' })
  runner.endpoints.set('a/x/y', '{"series":null}')
  t.strictSame(await call('GET /tasks/a/x/y'), { status: 200, text: '{"series":null}', body: { series: null } })
  t.strictSame((await call('GET /tasks/a/z')).body, problem('no task exists'))
  await call('PATCH /tasks/a', { status: 'disabled' })
  t.equal((await call('GET /tasks/a/x/y')).status, 404)
})

t.test('lists are paged, and their members sorted', async (t) => {
  const harness = await startHarness(t)
  const { call } = harness
  t.strictSame((await call('GET /tasks?fields=nope')).body, { tasks: [] })
  for (const id of ['b', 'é', 'a1', 'B', 'a2']) await call('POST /tasks', { ...TASK, id })
  const ids = async (query: string): Promise<unknown> => {
    const { tasks } = (await call(`GET /tasks?fields=id&${query}`)).body
    return (tasks as { id: string }[]).map(({ id }) => id).join(' ')
  }
  for (const [query, expected] of [
    ['', 'B a1 a2 b é'],
    ['limit=2', 'B a1'],
    ['limit=2&offset=3', 'b é'],
    ['limit=0', ''],
    ['limit=-1&pattern=a*', 'B a1 a2 b é'],
    ['pattern=a*', 'a1 a2'],
    ['pattern=a*&offset=1', 'a2'],
    ['pattern=?', 'B b é'],
    ['pattern=[', ''],
    ['offset=-5&limit=%2B1', 'B']
  ] as const) {
    t.equal(await ids(query), expected, query)
  }
  const [first] = (await call('GET /tasks?limit=1')).body.tasks as object[]
  t.strictSame(Object.keys(first!), Object.keys(first!).sort())
  t.match(first, { stats: null, executing: false, vars: {} })
  t.equal('template-id' in first!, false)
  const [chosen] = (await call('GET /tasks?limit=1&fields=status&fields=dbrps')).body.tasks as object[]
  t.strictSame(Object.keys(chosen!), ['dbrps', 'id', 'link', 'status'])

  const syntax = 'must be an integer: strconv.ParseInt: parsing'
  for (const [query, error] of [
    ['fields=id,link', 'unsupported field "id,link"'],
    ['limit=x', `invalid limit parameter "x" ${syntax} "x": invalid syntax`],
    ['offset=1.5', `invalid offset parameter "1.5" ${syntax} "1.5": invalid syntax`],
    [
      'offset=9223372036854775808',
      `invalid offset parameter "9223372036854775808" ${syntax} "9223372036854775808": value out of range`
    ],
    ['dot-view=x', 'invalid dot-view parameter "x"'],
    ['script-format=x', 'invalid script-format parameter "x"']
  ] as const) {
    await refuses(t, harness, `GET /tasks?${query}`, [[undefined, 400, error]])
  }
})

t.test('the topics of a running task are open while it runs, and forgotten with it', async (t) => {
  const { call, topics, runner } = await startHarness(t)
  const script = "stream|from()|alert().topic('named').post('http://x').log('/f')\nstream|from()|alert()"
  topics.states.push({ topic: 'named', eventId: 'e', level: 3, timeNs: 1n })
  await call('POST /tasks', { ...TASK, script, status: 'enabled' })
  t.strictSame(topics.takeCalls(), ['open main:a:alert2 post,log'])
  t.match(runner.running.get('a'), { topics: ['main:a:alert2', 'named'], topicStates: topics.states })
  await call('PATCH /tasks/a', { status: 'disabled' })
  t.strictSame(topics.takeCalls(), ['close main:a:alert2'])
  await call('PATCH /tasks/a', { status: 'enabled' })
  runner.fail('a', 'x')
  await call('DELETE /tasks/a')
  t.strictSame(
    topics.takeCalls(),
    ['open main:a:alert2 post,log', 'close main:a:alert2', 'delete main:a:alert4', 'delete main:a:alert2'],
    'also those that it would have with other global handlers'
  )

  topics.refusal = 'bad handler'
  t.match(await call('POST /tasks', { ...TASK, script, status: 'enabled' }), {
    status: 500,
    body: { error: 'bad handler' }
  })
  t.strictSame(topics.takeCalls(), ['open main:a:alert2 post,log', 'close main:a:alert2'])
  t.strictSame(runner.running.size, 0)
})

t.test('enabled tasks are started with the server, and failures only recorded', async (t) => {
  const first = await startHarness(t)
  for (const id of ['a', 'b']) await first.call('POST /tasks', { ...TASK, id, status: 'enabled' })
  await first.call('POST /tasks', { ...TASK, id: 'c' })
  const failing = "stream|from()|log().prefix('f')"
  await first.call('POST /tasks', { ...TASK, id: 'f', script: failing, status: 'enabled' })

  const second = await startHarness(t, first.db)
  second.runner.refusals.set(failing, 'no')
  await second.services.tasks.startEnabled()
  t.strictSame([...second.runner.running.keys()].sort(), ['a', 'b'])
  t.match((await second.call('GET /tasks/f')).body, { status: 'enabled', executing: false, error: 'no' })
  const { text } = await first.call('GET /tasks/c')
  t.equal((await second.call('GET /tasks/c')).text, text)
  await second.services.tasks.runs.stopAll()
  t.equal(second.runner.running.size, 0)
})

t.test('changes of one task happen one after the other', async (t) => {
  const { call, runner } = await startHarness(t)
  await call('POST /tasks', TASK)
  await Promise.all(['enabled', 'disabled', 'enabled', 'disabled'].map((status) => call('PATCH /tasks/a', { status })))
  t.strictSame(runner.takeCalls(), ['start a', 'stop a', 'start a', 'stop a'])
  const answers = await Promise.all([1, 2, 3].map(() => call('POST /tasks', { ...TASK, id: 'n' })))
  t.strictSame(answers.map(({ status }) => status).sort(), [200, 400, 400])
})
