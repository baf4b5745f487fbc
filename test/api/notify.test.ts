import t from 'tap'
import { CommandForbidden } from '../../src/core/commands.ts'
import { START_MS } from '../notify/rig.ts'
import { Receiver } from '../alert/rig.ts'
import { NOTHING } from '../support/allowed.ts'
import { testFolder } from '../support/folder.ts'
import { start } from './notify-rig.ts'
import { secret } from '../support/secret.ts'

const HUSH = secret('hush')

const forbidden = (program: string) => CommandForbidden(program).message
const put = (definition: object) => ({ if: "alert.Host == 'nohost'", type: 'discard', ...definition })

t.test('answers have the headers and texts of the original', async (t) => {
  const { request } = await start(t)
  const version = await request('GET /version')
  t.match(
    [version.statusCode, version.body, version.headers['content-type']],
    [200, /^\d/, 'text/plain; charset=UTF-8']
  )
  const posted = await request('POST /alerts', { From: 'a', Title: 'b' })
  t.match([posted.statusCode, posted.body, posted.headers['content-length']], [200, '', '0'])
  t.notOk(posted.headers['content-type'])
  const list = await request('GET /filters')
  t.match([list.body, list.headers['content-type']], ['[]', 'application/json; charset=UTF-8'])
  const missing = await request('GET /filters/nosuch')
  t.match(
    [missing.statusCode, missing.body, missing.headers['content-type'], missing.headers['x-content-type-options']],
    [404, 'no such filter: nosuch\n', 'text/plain; charset=utf-8', 'nosniff']
  )
})

t.test('paths and methods', async (t) => {
  const { ask, request } = await start(t)
  const cases: readonly [string, string][] = [
    ['GET /nosuch', '404 not found'],
    ['GET /alerts/', '404 not found'],
    ['GET /filters/', '400 invalid filter id:'],
    ['GET /filters/a.b', '400 invalid filter id: a.b'],
    ['GET /routes/', '400 invalid route id:'],
    ['POST /filters', '405 bad method'],
    ['POST /filters/f', '405 bad method'],
    ['DELETE /alerts', '405 bad method'],
    ['PUT /version', '405 bad method'],
    ['GET /filters/f/enable', '405 bad method'],
    ['DELETE /filters/f/enable', '405 bad method'],
    ['PUT /filters/f/enable', '404 no such filter: f'],
    ['PUT /filters/f/x', '404 no such filter: f'],
    ['GET /routes', '200 []']
  ]
  for (const [line, expected] of cases) t.equal(await ask(line), expected, line)
  t.equal((await request('DELETE /alerts')).headers.allow, 'GET, POST')
})

t.test('a token is asked for, but not for the version', async (t) => {
  const { ask, request } = await start(t, {}, { all: 'secret' })
  const cases: readonly [string, string | undefined, string][] = [
    ['GET /version', undefined, '200 0.1.0'],
    ['GET /alerts', undefined, '401 auth token is required'],
    ['GET /alerts', 'Bearer', '401 auth token is required'],
    ['GET /alerts', 'Bearer a b', '401 auth token is required'],
    ['GET /alerts', 'bearer secret', '401 not a Bearer token'],
    ['GET /alerts', 'Bearer wrong', '401 token mismatch'],
    ['GET /nosuch', 'Bearer wrong', '401 token mismatch'],
    ['GET /alerts', 'Bearer secret', '200 []']
  ]
  for (const [line, authorization, expected] of cases) {
    t.equal(
      await ask(line, undefined, authorization === undefined ? {} : { authorization }),
      expected,
      authorization ?? 'none'
    )
  }
  const challenge = async (authorization: string) =>
    (await request('GET /alerts', undefined, { authorization })).headers['www-authenticate']
  t.equal(await challenge(''), 'Bearer realm="kapok"')
  t.equal(await challenge('Bearer wrong'), 'Bearer realm="kapok", error="invalid_token"')
})

t.test('a token for those who post alerts allows nothing else', async (t) => {
  const { ask, request } = await start(t, {}, { all: 'secret', post: 'poster' })
  const alert = { From: 'a', Title: 'b' }
  const cases: readonly [string, string, string][] = [
    ['POST /alerts', 'poster', '200'],
    ['POST /alerts', 'secret', '200'],
    ['POST /alerts', 'other', '401 token mismatch'],
    ['GET /version', 'poster', '200 0.1.0'],
    ['GET /alerts', 'poster', '403 the token only allows alerts to be posted'],
    ['GET /filters', 'poster', '403 the token only allows alerts to be posted'],
    ['PUT /filters/f', 'poster', '403 the token only allows alerts to be posted'],
    ['POST /filters/test', 'poster', '403 the token only allows alerts to be posted'],
    ['GET /filters', 'secret', '200 []']
  ]
  for (const [line, token, expected] of cases) {
    const body = line.startsWith('GET') ? undefined : alert
    t.equal(await ask(line, body, { authorization: `Bearer ${token}` }), expected, `${line} ${token}`)
  }
  const headers = { authorization: 'Bearer poster', 'x-http-method-override': 'GET' }
  const answer = await request('POST /alerts', undefined, headers)
  t.equal(answer.statusCode, 403, 'a POST that stands for another method is none')
  t.equal(answer.headers['www-authenticate'], 'Bearer realm="kapok", error="insufficient_scope"')
})

t.test('programs can ask for errors as JSON', async (t) => {
  const { request } = await start(t, { maxWaiting: 1 }, { all: 'secret' })
  const headers = { accept: 'application/json, */*', authorization: 'Bearer secret' }
  const cases: readonly [string, unknown, number, string, string][] = [
    ['GET /filters/f', undefined, 404, 'FILTER_UNKNOWN', 'no such filter: f'],
    ['PUT /filters/f', { type: 'x' }, 400, 'NOTIFY_DEFINITION', 'no such filter type: x'],
    ['POST /filters', undefined, 405, 'METHOD_NOT_ALLOWED', 'bad method'],
    ['POST /alerts', 'x'.repeat(11_000_000), 400, 'BODY_TOO_LARGE', 'http: request body too large']
  ]
  for (const [line, body, status, code, error] of cases) {
    const answer = await request(line, body, headers)
    t.strictSame([answer.statusCode, answer.headers['content-type']], [status, 'application/json; charset=UTF-8'])
    t.strictSame(JSON.parse(answer.body), { error, code })
  }
  t.match((await request('GET /alerts', undefined, { accept: 'application/json' })).body, /"code":"TOKEN_REQUIRED"/)
})

t.test('a change can be made only if nobody has made another one since', async (t) => {
  const { request } = await start(t)
  for (const [path, one, other] of [
    ['/filters/f', put({}), put({ label: 'other' })],
    ['/routes/r', [], [{ type: 'note', name: 'n' }]]
  ] as const) {
    const status = async (method: string, headers: Record<string, string>, body?: unknown) =>
      (await request(`${method} ${path}`, body, headers)).statusCode
    const tag = async () => String((await request(`GET ${path}`)).headers.etag)
    t.equal(await status('PUT', { 'if-match': '*' }, one), 412, 'there is none yet')
    t.equal(await status('PUT', { 'if-none-match': '*' }, one), 200)
    t.equal(await status('PUT', { 'if-none-match': '*' }, one), 412, 'there is one')
    const seen = await tag()
    t.equal(await tag(), seen)
    t.equal(await status('PUT', { 'if-match': `"x", ${seen}` }, other), 200)
    t.equal(await status('PUT', { 'if-match': seen }, one), 412, 'it is another one now')
    t.equal(await status('DELETE', { 'if-match': seen }), 412)
    t.equal(await status('DELETE', { 'if-match': await tag() }), 200)
  }
})

t.test('a POST can stand for another method', async (t) => {
  const { ask } = await start(t)
  await ask('PUT /filters/f', put({}))
  const override = (method: string) => ({ 'x-http-method-override': method })
  t.equal(await ask('POST /filters/f', undefined, override('delete')), '405 bad method')
  t.equal(await ask('POST /filters/f', undefined, override('DELETE')), '200')
  t.equal(await ask('GET /filters/f', undefined, override('DELETE')), '404 no such filter: f')
  t.equal(await ask('POST /version', undefined, override('GET')), '200 0.1.0')
})

t.test('posted alerts wait, checked and completed', async (t) => {
  const { ask, request } = await start(t)
  t.equal(await ask('GET /alerts'), '200 []')
  const refused: readonly [unknown, string][] = [
    ['', 'unexpected end of JSON input'],
    ['null', 'empty From'],
    ['[]', 'json: cannot unmarshal array into Go value of type kkok.Alert'],
    ['{"From":1}', 'json: cannot unmarshal number into Go struct field Alert.From of type string'],
    ['{"From":"a","Title":"b"} x', "invalid character 'x' after top-level value"],
    [{ From: '', Title: 'b' }, 'empty From'],
    [{ From: 'あ'.repeat(34), Title: 'b' }, 'too long From'],
    [{ From: 'a\nb', Title: 'b' }, 'multi-line From'],
    [{ From: 'a' }, 'empty Title'],
    [{ From: 'a', Title: 'x'.repeat(251) }, 'too long Title'],
    [{ From: 'a', Title: 'x\ny' }, 'multi-line Title'],
    [
      { From: 'a', Title: 'b', Routes: 'x' },
      'json: cannot unmarshal string into Go struct field Alert.Routes of type []string'
    ],
    [{ From: 'a', Title: 'b', Date: '' }, 'Date is not an RFC 3339 time: ""'],
    [{ From: 'a', Title: 'b', Date: '2020-02-30T00:00:00Z' }, 'Date is not an RFC 3339 time: "2020-02-30T00:00:00Z"'],
    ['x'.repeat(11_000_000), 'http: request body too large']
  ]
  for (const [body, text] of refused) t.equal(await ask('POST /alerts', body), `400 ${text}`, text)

  const text = '{"from":"a","TITLE":"b\\r","Message":null,"Unknown":1,"Stats":"x","Routes":["r"],"Sub":[{"From":"s"}]}'
  t.equal(await ask('POST /alerts', text, { 'content-type': 'text/plain' }), '200')
  const [alert] = JSON.parse((await request('GET /alerts')).body) as Record<string, unknown>[]
  t.match(alert, { From: 'a', Host: '127.0.0.1', Title: 'b\r', Routes: null, Date: /^\d{4}-.*Z$/ })
  t.strictSame(Object.keys(alert!), ['From', 'Date', 'Host', 'Title', 'Routes'])

  const full =
    '{"From":"mon","Date":"2016-11-02T11:23:45.7891230+09:00","Host":"h<1>","Title":"b","Message":"m","Info":{"z":null,"n":1e6,"a":{"y":1,"x":2}}}'
  t.equal(await ask('POST /alerts', full), '200')
  t.equal(
    (await request('GET /alerts')).body.split('},{')[1],
    '"From":"mon","Date":"2016-11-02T11:23:45.789123+09:00","Host":"h\\u003c1\\u003e","Title":"b","Message":"m","Routes":null,"Info":{"a":{"x":2,"y":1},"n":1000000,"z":null}}]'
  )

  const warningOf = async (more: object) =>
    (await request('POST /alerts', { From: 'a', Title: 'b', ...more })).headers.warning
  t.match(await warningOf({ Routes: ['r'] }), /Routes of a posted alert are left out/)
  t.equal(await warningOf({ Routes: null }), undefined)
})

t.test('no more alerts are taken than may wait, by number and by bytes', async (t) => {
  const text = (limit: string) =>
    `503 the pool is full until the next batch has been taken from it (${limit}): send the alert again then`
  const cases: readonly [Parameters<typeof start>[1], string][] = [
    [{ maxWaiting: 1 }, 'notify.max-waiting is 1'],
    [{ maxWaitingBytes: 1000 }, 'notify.max-waiting-bytes is 1000']
  ]
  for (const [options, limit] of cases) {
    const { ask, request, notify, round } = await start(t, { initialMs: 20_000, maxMs: 20_000, ...options })
    // A lone alert is taken however long it is.
    const alert = { From: 'a', Title: 'b', Message: 'x'.repeat(1000) }
    t.equal(await ask('POST /alerts', alert), '200')
    t.equal(await ask('POST /alerts', alert), text(limit))
    t.equal((await request('POST /alerts', alert)).headers['retry-after'], '21')
    t.match(notify.statistics, { alerts: 1, refused: 2, waiting: 1 })
    t.ok(notify.statistics.waiting_bytes > 1000)
    await round()
    t.match(notify.statistics, { waiting: 0, waiting_bytes: 0 })
    t.equal(await ask('POST /alerts', alert), '200')
  }
})

t.test('filters of clients come after those of files, and are replaced where they stand', async (t) => {
  const { ask, rig, lines } = await start(t, { allowed: NOTHING })
  await rig.notify.configuration.replaceStatic([{ id: 'st1', definition: put({ label: 'static one' }) }], [])
  t.equal(await ask('PUT /filters/f1', put({})), '200')
  t.equal(await ask('PUT /filters/f3', put({ id: 'other' })), '200')
  t.equal(await ask('PUT /filters/f1', { type: 'freq' }), '200')
  t.equal(await ask('GET /filters'), '200 ["st1","f1","f3"]')
  t.equal(await ask('GET /filters/f1/'), '200 {"divisor":10,"duration":600,"type":"freq"}')
  t.equal(await ask('GET /filters/st1'), `200 {"if":"alert.Host == 'nohost'","label":"static one","type":"discard"}`)

  t.equal(await ask('DELETE /filters/st1'), '409 static filters cannot be removed')
  t.equal(await ask('DELETE /filters/nosuch'), '404 no such filter: nosuch')
  t.equal(await ask('PUT /filters/st1', put({ expire: '2000-01-01T00:00:00Z' })), '200')
  t.equal(await ask('GET /filters/st1'), `200 {"if":"alert.Host == 'nohost'","type":"discard"}`)
  t.equal(await ask('GET /filters'), '200 ["st1","f1","f3"]')
  t.match(lines, [/warn a filter of a file is replaced/])
  t.equal(await ask('DELETE /filters/f1', 'any body'), '200')
  t.equal(await ask('PUT /filters/first', put({ order: -1 })), '200')
  t.equal(await ask('GET /filters'), '200 ["first","st1","f3"]')

  const refused: readonly [unknown, string][] = [
    ['', 'unexpected end of JSON input'],
    ['[]', 'a filter is an object with a type'],
    ['null', 'failed to get type: not found'],
    ['{}', 'failed to get type: not found'],
    ['{"type":1}', 'failed to get type: bad type'],
    ['{"type":null}', 'no such filter type:'],
    [{ type: 'freq', divisor: 0 }, 'freq: invalid divisor'],
    [{ type: 'exec', command: ['rm'] }, forbidden('rm')],
    [{ type: 'discard', if: ['rm'] }, forbidden('rm')]
  ]
  for (const [body, text] of refused) t.equal(await ask('PUT /filters/f3', body), `400 ${text}`, text)
  t.equal(await ask('GET /filters/f3'), `200 {"if":"alert.Host == 'nohost'","type":"discard"}`)
})

t.test('a filter expires', async (t) => {
  const { ask } = await start(t)
  t.equal(await ask('PUT /filters/f', put({ expire: '2000-01-01T00:00:00Z' })), '200')
  t.match(await ask('GET /filters/f'), /^200 /)
  t.equal(await ask('GET /filters'), '200 []')
  t.match(await ask('GET /filters/f'), /^404 /)
})

t.test('filters are switched off and on', async (t) => {
  const { ask } = await start(t)
  await ask('PUT /filters/f', put({}))
  const shows = (text: string) => `200 {${text}"type":"discard"}`
  const condition = `"if":"alert.Host == 'nohost'",`
  const inactive = '"inactive":"2098-01-01T00:00:00+02:00",'
  const steps: readonly [string, unknown, string][] = [
    ['disable', 'any', `"disabled":true,${condition}`],
    ['inactivate', { UNTIL: '2098-01-01T00:00:00.0+02:00', x: 1 }, `"disabled":true,${condition}${inactive}`],
    ['enable', undefined, condition],
    ['inactivate', { until: '2098-01-01T00:00:00+02:00' }, `${condition}${inactive}`],
    ['inactivate', {}, condition],
    ['inactivate', { until: '2000-01-01T00:00:00Z' }, `${condition}"inactive":"2000-01-01T00:00:00Z",`],
    ['inactivate', 'null', condition]
  ]
  for (const [action, body, shown] of steps) {
    t.equal(await ask(`PUT /filters/f/${action}`, body), '200', action)
    t.equal(await ask('GET /filters/f'), shows(shown), action)
  }
  t.equal(await ask('PUT /filters/f/inactivate', { until: 'x' }), '400 until is not an RFC 3339 time')
  t.equal(await ask('PUT /filters/f/inactivate', '['), '400 unexpected end of JSON input')
  t.equal(await ask('PUT /filters/f/enable/x'), '400 no such filter action: enable/x')
})

t.test('a secret of a route does not follow a changed address', async (t) => {
  const { ask, rig } = await start(t)
  const email = { type: 'email', from: 'k@example.com', host: 'mail', port: 25, password: HUSH }
  const url = `https://u:${HUSH}@twilio.test/?token=${HUSH}`
  const twilio = { type: 'twilio', account: 'A', token: HUSH, from: '+1', url }
  const headers = { Authorization: HUSH, Accept: 'text/plain' }
  const post = { type: 'post', url: `http://a/x?token=${HUSH}`, headers }
  const bigpanda = { type: 'bigpanda', url: 'http://a', 'app-key': HUSH }
  t.equal(await ask('PUT /routes/r', [email, twilio, post, bigpanda]), '200')
  const shown = await ask('GET /routes/r')
  t.match(shown, /"url":"https:\/\/u:\*{8}@twilio.test\/\?token=\*{8}"/)
  t.match(shown, /"headers":\{"Accept":"text\/plain","Authorization":"\*{8}"\}/)
  const given = JSON.parse(shown.slice(4)) as Record<string, unknown>[]
  const changes: readonly [index: number, change: object, error: string][] = [
    [0, { host: 'evil' }, 'email: changing host would send password to another address'],
    [0, { host: undefined }, 'email: changing host would send password to another address'],
    [0, { port: 26 }, 'email: changing port would send password to another address'],
    [1, { url: 'https://evil' }, 'twilio: changing url would send token to another address'],
    [1, { url: 'https://u:********@evil/?token=********' }, 'twilio: url: it holds a mask, and is not what was shown'],
    [2, { url: 'http://evil' }, 'post: changing url would send headers to another address'],
    [2, { endpoint: 'evil' }, 'post: changing endpoint would send headers to another address'],
    [2, { headers: { Cookie: '********' } }, 'post: headers: Cookie: nothing to keep'],
    [3, { url: 'http://evil' }, 'bigpanda: changing url would send app-key to another address']
  ]
  for (const [index, change, error] of changes) {
    const definition = given.map((one, at) => (at === index ? { ...one, ...change } : one))
    t.match(await ask('PUT /routes/r', definition), `400 ${error}`)
  }
  t.equal(await ask('PUT /routes/r', given), '200')
  t.match(rig.notify.configuration.route('r').definition, [email, twilio, post, bigpanda])
  t.equal(await ask('PUT /routes/r', [{ ...given[0], host: 'new', password: secret('new') }]), '200')
})

t.test(
  'who replaces the route of a file can name no more of the server than before, nor send it elsewhere',
  async (t) => {
    const { ask, rig } = await start(t, { environment: { HOME: 'home', USER: 'me' } })
    const email = { type: 'email', from: 'k@example.com', host: 'mail', password_env: 'HOME' }
    await rig.notify.configuration.replaceStatic([], [{ id: 'r', definition: [email] }])
    const refused = /^400 email: password_env: only variables that begin with KAPOK_SECRET_/
    t.match(await ask('PUT /routes/r', [{ ...email, password_env: 'USER' }]), refused)
    t.match(await ask('PUT /routes/r', [{ ...email, host: 'evil' }]), refused)
    t.match(await ask('PUT /routes/r', [{ type: 'slack', url_env: 'HOME' }]), /^400 slack: url_env: only variables/)
    t.equal(await ask('PUT /routes/r', [{ ...email, to: ['a@example.org'] }]), '200')
  }
)

t.test('routes hide their secrets and keep them when they come back', async (t) => {
  const { ask, rig } = await start(t, { environment: { KAPOK_SECRET_S: secret('from env'), HOME: '/root' } })
  const email = { type: 'email', from: 'k@example.com', to: ['a@example.org'], user: 'u', password: HUSH }
  t.equal(await ask('PUT /routes/r1', [email]), '200')
  const shown = '[{"from":"k@example.com","password":"********","to":["a@example.org"],"type":"email","user":"u"}]'
  t.equal(await ask('GET /routes/r1'), `200 ${shown}`)
  t.equal(await ask('GET /routes/r1/zzz'), `200 ${shown}`)
  t.equal(await ask('PUT /routes/r1', shown.replace('"u"', '"v"')), '200')
  t.match(rig.notify.configuration.route('r1').definition, [{ user: 'v', password: HUSH }])
  t.equal(await ask('PUT /routes/r2', shown), '400 email: password: nothing to keep')

  t.equal(
    await ask('PUT /routes/r2', [{ type: 'slack', url_env: 'HOME' }]),
    '400 slack: url_env: only variables that begin with KAPOK_SECRET_ can be named over the API'
  )
  t.equal(
    await ask('PUT /routes/r2', [{ type: 'slack', url_env: 'KAPOK_SECRET_S' }]),
    '400 slack: url: not an HTTP address'
  )
  t.equal(await ask('PUT /routes/r2', [{ ...email, password: undefined, password_env: 'KAPOK_SECRET_S' }]), '200')
  t.match(await ask('GET /routes/r2'), /"password_env":"KAPOK_SECRET_S"/)
  t.notMatch(await ask('GET /routes/r2'), /"password":/)
  t.match(
    await ask('PUT /routes/r2', [{ ...email, password_file: '/etc/passwd' }]),
    /outside of the configuration folder/
  )
  t.equal(await ask('PUT /routes/r3', [{ type: 'slack', url: `http://127.0.0.1:1/${HUSH}` }]), '200')
  t.equal(await ask('GET /routes/r3'), '200 [{"max_retry":3,"type":"slack","url":"********"}]')
})

t.test(
  'a client has no file of the configuration sent to it, and no secret but those that are meant for it',
  async (t) => {
    const folder = testFolder(t, {
      'kapok.yaml': `http: { shared-secret: ${HUSH} }`,
      'list.txt': 'a@example.org',
      secrets: { smtp: HUSH },
      routes: { 'r.yml': '[]' }
    })
    const { ask } = await start(t, { folder, environment: { PASSWORD: HUSH } })
    const email = { type: 'email', from: 'k@example.com' }
    const belongs = 'belongs to the configuration, which may hold secrets'
    const refused: readonly [change: object, error: string][] = [
      [
        { password_file: 'kapok.yaml' },
        'password_file: over the API, only files in the folder secrets of the configuration'
      ],
      [{ password_file: 'secrets/../list.txt' }, 'password_file: over the API, only files in the folder secrets'],
      [{ template: 'kapok.yaml' }, `template: kapok.yaml ${belongs}`],
      [{ template: 'routes/r.yml' }, `template: routes/r.yml ${belongs}`],
      [{ template: 'secrets/smtp' }, `template: secrets/smtp ${belongs}`]
    ]
    for (const [change, error] of refused) {
      t.match(await ask('PUT /routes/r', [{ ...email, ...change }]), `400 email: ${error}`)
    }
    t.match(
      await ask('PUT /filters/f', { type: 'discard', if: 'f(alert)', scripts: ['kapok.yaml'] }),
      `kapok.yaml ${belongs}`
    )
    t.equal(await ask('PUT /routes/r', [{ ...email, password_file: 'secrets/smtp', template: 'list.txt' }]), '200')
  }
)

t.test('a client that writes ${NAME} says just that: no variable of the server takes its place', async (t) => {
  const receiver = await Receiver.start(t)
  const { ask, rig } = await start(t, { environment: { PASSWORD: HUSH } })
  const post = { type: 'post', url: `${receiver.url}/\${PASSWORD}`, headers: { Authorization: '${PASSWORD}' } }
  t.equal(await ask('PUT /routes/r', [post]), '200')
  t.equal(await ask('PUT /filters/f', { type: 'route', label: '${PASSWORD}', routes: ['r'] }), '200')
  t.match(await ask('GET /filters/f'), '"label":"${PASSWORD}"')
  await rig.post({ title: 'a' })
  await rig.round()
  const [sent] = await receiver.take(1)
  t.match([decodeURI(sent?.path ?? ''), sent?.headers.authorization], ['/${PASSWORD}', '${PASSWORD}'])
})

t.test('routes are made, replaced and deleted', async (t) => {
  const { ask, rig } = await start(t, { allowed: NOTHING })
  await rig.notify.configuration.replaceStatic([], [{ id: 'st', definition: [{ type: 'note', name: 'n' }] }])
  t.equal(await ask('PUT /routes/b', 'null'), '200')
  t.equal(await ask('PUT /routes/a', []), '200')
  t.equal(await ask('GET /routes'), '200 ["a","b","st"]')
  t.equal(await ask('GET /routes/a'), '200 []')
  t.equal(await ask('DELETE /routes/a'), '200')
  t.equal(await ask('DELETE /routes/a'), '404 no such route: a')
  t.equal(await ask('DELETE /routes/st'), '409 static routes cannot be removed')
  const refused: readonly [unknown, string][] = [
    ['{}', 'a route is a list of transports'],
    ['[null]', 'failed to get type: not found'],
    ['[{}]', 'failed to get type: not found'],
    ['[{"type":"nosuch"}]', 'no such transport type: nosuch'],
    ['[{"type":"slack"}]', 'slack: url: not found'],
    ['[{"type":"slack","url":"ftp://x"}]', 'slack: url: not an HTTP address'],
    ['[{"type":"slack","url":"http://x","color":"("}]', 'slack: color: (anonymous): Line 1:2 Unexpected token'],
    [
      '[{"type":"slack","url":"http://x","template":"/etc/passwd"}]',
      'slack: template: /etc/passwd is outside of the configuration folder'
    ],
    ['[{"type":"email"}]', 'email: from: not found'],
    ['[{"type":"email","from":1}]', 'email: from: bad type'],
    ['[{"type":"exec"}]', 'exec: command: not found'],
    ['[{"type":"exec","command":[]}]', 'exec: empty command'],
    ['[{"type":"exec","command":["a"],"timeout":-1}]', 'exec: invalid timeout'],
    ['[{"type":"exec","command":["a"]}]', forbidden('a')],
    ['[{"type":"twilio"}]', 'twilio: account: not found'],
    ['[{"type":"twilio","account":"a","token":"t","from":"x"}]', 'twilio: invalid phone number: x'],
    ['[{"type":"twilio","account":"a","token":"t","from":"12345","max_length":0}]', 'twilio: invalid max_length value']
  ]
  for (const [body, text] of refused) t.equal(await ask('PUT /routes/b', body), `400 ${text}`, text)
})

t.test('a definition that says something in vain is taken, with a warning', async (t) => {
  const { request, notify, lines } = await start(t)
  await request('PUT /routes/ops-mail', [])
  const missing = (filter: string, route: string, hint = '') =>
    `the filter ${filter} names the route "${route}", which is not there${hint}`
  const cases: readonly [string, unknown, readonly string[]][] = [
    ['PUT /filters/good', { type: 'route', routes: ['ops-mail'] }, []],
    [
      'PUT /filters/f',
      { type: 'route', routes: ['ops-mial'] },
      [missing('f', 'ops-mial', ', did you mean "ops-mail"?')]
    ],
    ['PUT /filters/g', { type: 'group', routes: ['zzz', 'zzz'] }, [missing('g', 'zzz')]],
    [
      'PUT /filters/h',
      { type: 'route', mute_routes: ['あ"'], rotes: ['ops-mail'] },
      ['unknown key "rotes" in the filter h, did you mean "routes"?', missing('h', 'あ\\"')]
    ],
    [
      'PUT /routes/r',
      [
        { type: 'slack', url: 'http://x/', chanel: 'c' },
        { type: 'note', name: 'n', more: 1 }
      ],
      ['unknown key "chanel" in slack of the route r, did you mean "channel"?']
    ],
    ['DELETE /routes/ops-mail', undefined, [missing('good', 'ops-mail')]]
  ]
  for (const [line, body, texts] of cases) {
    lines.length = 0
    const answer = await request(line, body)
    t.equal(`${answer.statusCode} ${answer.body}`, '200 ', line)
    const quoted = texts.map((text) => text.replace(/["\\]/g, '\\$&').replace('あ', '\\\\u3042'))
    t.strictSame(
      [answer.headers.warning ?? []].flat(),
      quoted.map((text) => `299 kapok "${text}"`),
      line
    )
    t.strictSame(
      lines,
      texts.map((text) => `warn ${text} {}`),
      line
    )
  }
  t.strictSame(notify.configuration.missingRoutes, [
    { filter: 'good', route: 'ops-mail' },
    { filter: 'f', route: 'ops-mial' },
    { filter: 'g', route: 'zzz' },
    { filter: 'h', route: 'あ"' }
  ])
})

t.test('a trial tells what each filter would do, and sends nothing', async (t) => {
  const { ask, request, rig } = await start(t)
  await ask('PUT /routes/r1', [{ type: 'note', name: 'n' }])
  const filters: readonly [string, object][] = [
    ['off', put({ disabled: true })],
    ['drop', { type: 'discard', if: "alert.Title == 'c'" }],
    ['how-often', { type: 'freq', divisor: 1 }],
    ['bad', { type: 'discard', if: 'alert.Info.x.y' }],
    ['merge', { type: 'group', by: 'alert.Host', routes: ['r1', 'nosuch'] }]
  ]
  for (const [id, definition] of filters) await ask(`PUT /filters/${id}`, definition)
  const alerts = ['a', 'b', 'c', 'd'].map((Title) => ({ From: 'm', Title, Host: Title === 'd' ? 'other' : 'h' }))
  for (let time = 0; time < 2; time++) {
    const trial = JSON.parse((await request('POST /filters/test', alerts)).body) as Record<string, unknown>
    t.match(trial, {
      skipped: ['off'],
      filters: [
        { id: 'drop', alerts: [{ action: 'kept' }, { action: 'kept' }, { matched: true, action: 'removed' }, {}] },
        {
          id: 'how-often',
          alerts: [{ action: 'changed', stats: { 'how-often': 1 } }, {}, { stats: { 'how-often': 3 } }]
        },
        { id: 'bad', alerts: [{ action: 'changed', error: /^discard:bad: TypeError/ }, {}, {}] },
        { id: 'merge', alerts: [{ action: 'grouped' }, { action: 'grouped' }, { matched: true, action: 'kept' }] }
      ],
      routes: { r1: { alerts: [{ Sub: [{ Title: 'a' }, { Title: 'b' }] }], messages: [{ transport: 'note' }] } },
      unrouted: [{ Title: 'd', Date: /^20/ }],
      unknownRoutes: ['nosuch']
    })
  }
  t.strictSame([rig.sent, rig.notify.waiting], [{}, []])
  t.equal(
    await ask('POST /filters/test', '{"alerts":[null]}'),
    '400 json: cannot unmarshal null into Go value of type kkok.Alert'
  )
})

t.test('filters, switches and routes of clients survive a restart', async (t) => {
  const run = await start(t)
  await run.ask('PUT /filters/f1', put({}))
  await run.ask('PUT /filters/f2', { type: 'freq' })
  await run.ask('PUT /filters/f1', put({ label: 'again' }))
  await run.ask('PUT /filters/f1/disable')
  await run.ask('PUT /routes/r1', [{ type: 'note', name: 'n' }])
  await run.notify.close()
  const again = await start(t, {}, {}, run.rig)
  t.equal(await again.ask('GET /filters'), '200 ["f1","f2"]')
  t.match(await again.ask('GET /filters/f1'), /"disabled":true.*"label":"again"/)
  t.equal(await again.ask('GET /routes/r1'), '200 [{"name":"n","type":"note"}]')
  t.equal(again.clock.now().ms, START_MS)
})

t.test('what of clients cannot be made any more is told until it is made anew', async (t) => {
  const run = await start(t)
  await run.ask('PUT /filters/f1', { type: 'exec', command: ['cat'] })
  await run.ask('PUT /filters/f2', { type: 'exec', command: ['cat'] })
  await run.ask('PUT /routes/r1', [{ type: 'exec', command: ['cat'] }])
  const { ask, notify, lines } = await start(t, { allowed: NOTHING }, {}, run.rig)
  const error = forbidden('cat')
  t.strictSame(notify.configuration.unopened, [
    { kind: 'filter', id: 'f1', error },
    { kind: 'filter', id: 'f2', error },
    { kind: 'route', id: 'r1', error }
  ])
  t.match(lines, [/error failed to make a filter .*"f1"/, /error .*"f2"/, /error failed to make a route/])
  await ask('PUT /filters/f1', put({}))
  await ask('PUT /routes/r1', [])
  t.strictSame(notify.configuration.unopened, [{ kind: 'filter', id: 'f2', error }])
})
