import t, { type Test } from 'tap'
import { topicEndpoints } from '../../src/api/endpoints/topics.ts'
import { testApp } from '../support/app.ts'
import { startService } from '../alert/rig.ts'
import { event } from '../alert/support.ts'
import { problem } from '../support/problem.ts'
import { secret } from '../support/secret.ts'

const HUSH = secret('hush')

const BASE = '/kapacitor/v1/alerts/topics'

async function start(t: Test) {
  const { alerts } = await startService(t)
  const app = testApp()
  topicEndpoints(app, { alerts })
  /** `GET /t/events`; the status and the body, links taken out where they are as they should be. */
  async function ask(request: string, body?: unknown) {
    const [method, path] = request.split(' ') as ['GET', string]
    const payload = body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }
    const answer = await app.inject({ method, url: `${BASE}${path}`, ...payload })
    return {
      status: answer.statusCode,
      text: answer.body,
      json: answer.body === '' ? '' : (JSON.parse(answer.body) as unknown)
    }
  }
  return { alerts, ask }
}

const link = (path: string, rel = 'self') => ({ rel, href: `${BASE}${path}` })

t.test('topics and events show what was collected', async (t) => {
  const { alerts, ask } = await start(t)
  await alerts.collect([
    event({ id: 'b/1', level: 3, details: '<i>', durationNs: 60_500_000_000n, timeNs: 1_500_000_060_500_000_000n }),
    event({ id: 'a', level: 2 }),
    event({ topics: ['x:y'], level: 0 })
  ])
  const topic = (id: string, level: string, collected: number) => ({
    link: link(`/${id}`),
    id,
    level,
    collected,
    'events-link': link(`/${id}/events`, 'events'),
    'handlers-link': link(`/${id}/handlers`, 'handlers')
  })
  const state = (id: string, level: string, more: object) => ({
    link: link(`/t/events/${id}`),
    id,
    state: { message: 'id is CRITICAL', details: '', time: '2017-07-14T02:40:00Z', duration: '0s', level, ...more }
  })
  const first = state('a', 'WARNING', {})
  const second = state('b/1', 'CRITICAL', { details: '<i>', time: '2017-07-14T02:41:00.5Z', duration: '1m0.5s' })
  const cases: readonly [string, number, object][] = [
    ['/t', 200, topic('t', 'CRITICAL', 2)],
    ['', 200, { link: link(''), topics: [topic('t', 'CRITICAL', 2), topic('x:y', 'OK', 1)] }],
    ['?min-level=ok&pattern=x*', 200, { link: link('?min-level=ok&pattern=x*'), topics: [topic('x:y', 'OK', 1)] }],
    ['?min-level=Warn', 200, { link: link('?min-level=Warn'), topics: [topic('t', 'CRITICAL', 2)] }],
    ['?min-level=zz', 400, problem("unknown alert level 'ZZ'")],
    ['?pattern=[', 400, problem('invalid pattern: syntax error in pattern')],
    ['/nosuch', 404, problem('unknown topic: "nosuch"')],
    ['/', 404, problem('unknown topic: ""')],
    ['/t/whatever', 200, topic('t', 'CRITICAL', 2)],
    ['/nosuch/whatever/more', 404, problem('unknown topic: "nosuch"')],
    ['/t/events', 200, { link: link('/t/events'), topic: 't', events: [first, second] }],
    ['/t/events?min-level=c', 200, { link: link('/t/events'), topic: 't', events: [second] }],
    ['/t/events/b/1', 200, second],
    ['/t/events/nosuch', 404, problem('unknown event "nosuch" in topic "t"')],
    ['/nosuch/events', 500, problem('failed to get topic events: unknown topic "nosuch"')],
    ['/nosuch/events/a', 404, problem('unknown event "a" in topic "nosuch"')]
  ]
  for (const [path, status, json] of cases) t.strictSame(pick(await ask(`GET ${path}`)), { status, json }, path)
  t.equal(
    (await ask('GET /t/events/a')).text,
    `{
    "link": {
        "rel": "self",
        "href": "/kapacitor/v1/alerts/topics/t/events/a"
    },
    "id": "a",
    "state": {
        "message": "id is CRITICAL",
        "details": "",
        "time": "2017-07-14T02:40:00Z",
        "duration": "0s",
        "level": "WARNING"
    }
}`
  )

  t.equal((await ask('DELETE /t/whatever')).status, 404, 'the topic stays')
  t.strictSame(pick(await ask('DELETE /t/events/a')), { status: 204, json: '' })
  t.strictSame((await ask('GET /t/events')).json, { link: link('/t/events'), topic: 't', events: [second] })
  t.equal((await ask('DELETE /t')).status, 204)
  t.equal((await ask('DELETE /t')).status, 204)
  t.equal((await ask('DELETE /t/events')).status, 404)
  t.strictSame((await ask('GET /t')).json, problem('unknown topic: "t"'))
})

t.test('handlers are made, listed, replaced, patched and deleted', async (t) => {
  const { ask } = await start(t)
  const handler = (id: string, kind: string, options: unknown, match = '') => ({
    link: link(`/t:1/handlers/${id}`),
    id,
    kind,
    options,
    match
  })
  const path = '/t:1/handlers'
  const post = { id: 'b', kind: 'post', options: { url: 'http://x', headers: { B: '1', A: '2' } } }
  const shown = { url: 'http://x', headers: { B: '********', A: '********' } }
  const steps: readonly [string, unknown, number, unknown][] = [
    [`GET ${path}`, undefined, 200, { link: link(path), topic: 't:1', handlers: [] }],
    [`POST ${path}`, { ...post, topic: 'ignored', more: 1 }, 200, handler('b', 'post', shown)],
    [
      `POST ${path}/deeper`,
      { id: 'a', kind: 'tcp', match: 'changed()', options: { Address: 'x:1' } },
      200,
      handler('a', 'tcp', { Address: 'x:1' }, 'changed()')
    ],
    [
      `GET ${path}`,
      undefined,
      200,
      {
        link: link(path),
        topic: 't:1',
        handlers: [handler('a', 'tcp', { Address: 'x:1' }, 'changed()'), handler('b', 'post', shown)]
      }
    ],
    [
      `GET ${path}?pattern=b*`,
      undefined,
      200,
      { link: link(`${path}?pattern=b*`), topic: 't:1', handlers: [handler('b', 'post', shown)] }
    ],
    [`GET ${path}?pattern=[`, undefined, 400, problem('invalid pattern: syntax error in pattern')],
    [
      `PUT ${path}/a`,
      { id: 'c', kind: 'publish', options: { topics: ['u'] } },
      200,
      handler('c', 'publish', { topics: ['u'] })
    ],
    [`GET ${path}/a`, undefined, 404, problem('unknown handler: "a"')],
    [
      `PATCH ${path}/c`,
      [
        { op: 'replace', path: '/options/topics/0', value: 'v' },
        { op: 'replace', path: '/match', value: 'changed()' }
      ],
      200,
      handler('c', 'publish', { topics: ['v'] }, 'changed()')
    ],
    [
      `PATCH ${path}/c`,
      [
        { op: 'replace', path: '/match', value: '' },
        { op: 'replace', path: '/id', value: 'd' }
      ],
      200,
      handler('d', 'publish', { topics: ['v'] })
    ],
    [`GET ${path}/d`, undefined, 200, handler('d', 'publish', { topics: ['v'] })],
    [`DELETE ${path}/d`, undefined, 204, ''],
    [`DELETE ${path}/d`, undefined, 204, ''],
    [`GET ${path}`, undefined, 200, { link: link(path), topic: 't:1', handlers: [handler('b', 'post', shown)] }]
  ]
  for (const [request, body, status, json] of steps)
    t.strictSame(pick(await ask(request, body)), { status, json }, request)
  t.match(
    (await ask(`GET ${path}/b`)).text,
    /"options": \{\n {8}"headers": \{\n {12}"A": "\*{8}",\n {12}"B": "\*{8}"\n {8}\},\n {8}"url"/
  )
})

t.test('a secret of a handler is masked, and one that is put back masked is unchanged', async (t) => {
  const { alerts, ask } = await start(t)
  const options = {
    ...{ URL: `http://u:${HUSH}@a/x?token=${HUSH}`, headers: { Authorization: HUSH } },
    'capture-response': true
  }
  const shown = { ...options, URL: 'http://u:********@a/x?token=********', headers: { Authorization: '********' } }
  const made = await ask('POST /t/handlers', { id: 'h', kind: 'post', options })
  t.match(made.json, { options: shown })
  t.match((await ask('GET /t/handlers')).json, { handlers: [{ options: shown }] })
  t.match(await ask('PUT /t/handlers/h', { id: 'h', kind: 'post', options: shown, match: 'changed()' }), {
    status: 200
  })
  t.strictSame(alerts.handlers.get('t', 'h').options, options)
  const patch = [{ op: 'replace', path: '/match', value: '' }]
  t.match(await ask('PATCH /t/handlers/h', patch), { status: 200, json: { match: '', options: shown } })
  t.strictSame(alerts.handlers.get('t', 'h').options, options)
})

t.test('no operation of a patch tells a secret of a handler', async (t) => {
  const { ask } = await start(t)
  await ask('POST /t/handlers', { id: 'h', kind: 'alerta', options: { token: HUSH, event: 'e' } })
  const copied = await ask('PATCH /t/handlers/h', [{ op: 'copy', from: '/options/token', path: '/options/event' }])
  t.match(copied, { status: 200, json: { options: { token: '********', event: '********' } } })
  const tested = await ask('PATCH /t/handlers/h', [{ op: 'test', path: '/options/token', value: HUSH }])
  t.equal(tested.status, 400)
})

t.test('a secret of a handler does not follow a changed address', async (t) => {
  const { ask } = await start(t)
  await ask('POST /t/handlers', { id: 'h', kind: 'post', options: { url: 'http://a', headers: { A: HUSH } } })
  await ask('POST /t/handlers', { id: 'b', kind: 'bigpanda', options: { url: 'http://a', 'app-key': HUSH } })
  const refusals: readonly [string, object, string][] = [
    [
      'h',
      { url: 'http://evil', headers: { A: '********' } },
      'post: changing url would send headers to another address'
    ],
    ['h', { url: 'http://a', endpoint: 'e', headers: { A: '********' } }, 'post: changing endpoint would send headers'],
    ['b', { url: 'http://evil', 'app-key': '********' }, 'bigpanda: changing url would send app-key to another address']
  ]
  for (const [id, options, error] of refusals) {
    const kind = error.slice(0, error.indexOf(':'))
    const put = await ask(`PUT /t/handlers/${id}`, { id, kind, options })
    t.equal(put.status, 400)
    t.match(put.text, error)
    const patch = [{ op: 'replace', path: '/options', value: options }]
    t.match((await ask(`PATCH /t/handlers/${id}`, patch)).text, error)
  }
  const elsewhere = { id: 'n', kind: 'alerta', options: { token: '********' } }
  t.match(
    (await ask('POST /t/handlers', elsewhere)).text,
    'invalid handler spec: options of alerta: token: nothing to keep'
  )
  t.equal((await ask('PUT /t/handlers/b', { ...elsewhere, id: 'b' })).status, 400, 'another kind has other secrets')
})

const created = 'failed to create handler: '
const decoding = 'failed to decode options into *httppost.HandlerConfig: 1 error(s) decoding:\n\n* '
const badPatch = 'invalid patch json: json: cannot unmarshal '
const rule = "must contain only letters, numbers, '-', '.' and '_'."

/** Request, body, status, error. A handler `h` of topic `t` exists. */
const refusals: readonly [string, unknown, number, string][] = [
  ['POST /t/handlers', 'nope', 400, "invalid handler json: invalid character 'o' in literal null (expecting 'u')"],
  ['POST /t/handlers', '', 400, 'invalid handler json: EOF'],
  [
    'POST /t/handlers',
    '[]',
    400,
    'invalid handler json: json: cannot unmarshal array into Go value of type alert.HandlerSpec'
  ],
  [
    'POST /t/handlers',
    { id: 1 },
    400,
    'invalid handler json: json: cannot unmarshal number into Go struct field HandlerSpec.id of type string'
  ],
  [
    'POST /t/handlers',
    { id: 'x', kind: 'post', options: 'y' },
    400,
    'invalid handler json: json: cannot unmarshal string into Go struct field HandlerSpec.options of type map[string]interface {}'
  ],
  ['POST /t/handlers', { id: 'a b', kind: 'post' }, 400, `invalid handler spec: handler ID ${rule} "a b"`],
  ['POST /t/handlers', 'null', 400, `invalid handler spec: handler ID ${rule} ""`],
  ['POST /t%20u/handlers', { id: 'x', kind: 'post' }, 400, `invalid handler spec: handler topic ${rule} "x"`],
  ['POST /t/handlers', { id: 'x' }, 400, 'invalid handler spec: handler Kind must not be empty'],
  ['POST /t/handlers', { id: 'x', kind: 'zz' }, 500, `${created}unsupported action kind "zz"`],
  [
    'POST /t/handlers',
    { id: 'x', kind: 'post', options: { urls: 'y' } },
    500,
    `${created}${decoding}'' has invalid keys: urls`
  ],
  [
    'POST /t/handlers',
    { id: 'x', kind: 'post', options: { timeout: '1s' } },
    500,
    `${created}${decoding}'timeout' expected type 'time.Duration', got unconvertible type 'string'`
  ],
  [
    'POST /t/handlers',
    { id: 'x', kind: 'post' },
    500,
    `${created}An appropriately formatted url must be specified if an endpoint is not specified`
  ],
  [
    'POST /t/handlers',
    { id: 'x', kind: 'log', options: { path: 'y' } },
    500,
    `${created}log path must be absolute: y is not absolute`
  ],
  [
    'POST /t/handlers',
    { id: 'x', kind: 'log', options: { path: '/y', mode: 0o444 } },
    500,
    `${created}invalid file mode -r--r--r--, must be user writable`
  ],
  [
    'POST /t/handlers',
    { id: 'x', kind: 'aggregate', options: { topic: 'y' } },
    500,
    `${created}aggregate interval must be greater than zero`
  ],
  [
    'POST /t/handlers',
    { id: 'x', kind: 'aggregate', options: { interval: 1, message: '{{' } },
    500,
    `${created}template: message:1: unclosed action`
  ],
  [
    'POST /t/handlers',
    { id: 'h', kind: 'post', options: { url: 'x' } },
    500,
    `${created}cannot register handler, handler with ID "h" already exists`
  ],
  ['POST /t/handlers', { id: 'h', kind: 'zz' }, 500, `${created}unsupported action kind "zz"`],
  ['POST /t/handlers', { id: 'h', kind: 'zz', match: 'a(' }, 500, `${created}unsupported action kind "zz"`],
  [
    'POST /t/handlers',
    { id: 'x', kind: 'post', options: { url: 'x' }, match: 'level() > WORSE' },
    500,
    `${created}unknown identifier "WORSE"`
  ],
  ['PUT /t/handlers/nosuch', { id: 'nosuch', kind: 'post', options: { url: 'x' } }, 404, 'unknown handler: "nosuch"'],
  ['PUT /t/handlers/h', { kind: 'post', options: { url: 'x' } }, 400, `invalid handler spec: handler ID ${rule} ""`],
  [
    'PUT /t/handlers/h',
    { id: 'other', kind: 'post', options: { url: 'x' } },
    500,
    'failed to update handler: cannot register handler, handler with ID "other" already exists'
  ],
  ['PUT /t/handlers/h', { id: 'h', kind: 'zz' }, 500, 'failed to update handler: unsupported action kind "zz"'],
  ['PUT /t/handlers', { id: 'h', kind: 'post' }, 404, 'Not Found'],
  ['PUT /t', { id: 'h', kind: 'post' }, 404, 'Not Found'],
  ['PUT /t/handlers/h', '{', 400, 'failed to unmarshal JSON: unexpected EOF'],
  ['PATCH /t/handlers/h', '{', 400, 'invalid patch json: unexpected end of JSON input'],
  ['PATCH /t/handlers/h', '7', 400, `${badPatch}number into Go value of type jsonpatch.Patch`],
  ['PATCH /t/handlers/h', '[7]', 400, `${badPatch}number into Go value of type jsonpatch.Operation`],
  ['PATCH /t/handlers/h', {}, 400, `${badPatch}object into Go value of type jsonpatch.Patch`],
  ['PATCH /t/handlers/h', { match: '' }, 400, `${badPatch}object into Go value of type jsonpatch.Patch`],
  ['PATCH /t/handlers/nosuch', '[]', 404, 'unknown handler: "nosuch"'],
  [
    'PATCH /t/handlers/h',
    [{ op: 'test', path: '/kind', value: 'log' }],
    400,
    'failed to apply patch: testing value /kind failed: test failed'
  ],
  ['PATCH /t/handlers/h', [{ op: 'bogus', path: '/kind' }], 400, 'failed to apply patch: Unexpected kind: bogus'],
  [
    'PATCH /t/handlers/h',
    [{ op: 'replace', path: '/topic', value: 'u' }],
    500,
    'failed to update handler: cannot change topic in update'
  ],
  [
    'PATCH /t/handlers/h',
    [{ op: 'replace', path: '/kind', value: 5 }],
    500,
    'failed to unmarshal patched json: json: cannot unmarshal number into Go struct field HandlerSpec.kind of type string'
  ],
  [
    'PATCH /t/handlers/h',
    [{ op: 'remove', path: '/kind' }],
    400,
    'invalid handler spec: handler Kind must not be empty'
  ]
]

t.test('what cannot be is refused in the words of Kapacitor, and changes nothing', async (t) => {
  const { ask } = await start(t)
  for (const id of ['h', 'other']) await ask('POST /t/handlers', { id, kind: 'post', options: { url: 'http://x' } })
  const before = await ask('GET /t/handlers')
  for (const [request, body, status, error] of refusals) {
    t.strictSame(pick(await ask(request, body)), { status, json: problem(error) }, `${request} ${JSON.stringify(body)}`)
  }
  t.equal((await ask('GET /t/handlers')).text, before.text)
})

function pick({ status, json }: { status: number; json: unknown }): { status: number; json: unknown } {
  return { status, json }
}
