import t from 'tap'
import { start } from './notify-rig.ts'

/**
 * The requests that kkok's own client makes, command by command, and how they are answered. They were taken down
 * between the client and both servers; where an answer is not that of the original, the line says so.
 */
type Exchange = readonly [command: string, request: string, body: string, answer: string, differs?: string]

const JSON_TYPE = 'application/json; charset=UTF-8'
const CONDITION = `"if":"alert.Host == 'nohost'"`
const STATIC = `{${CONDITION},"label":"static one","type":"discard"}`
const FREQ = '{"divisor":2.5,"duration":30,"foreach":"alert.Host","key":"k","type":"freq"}'
const MUTING = '{"auto_mute":true,"mute_routes":null,"mute_seconds":60,"replace":false,"routes":["r1"],"type":"route"}'
const ALERT =
  '"From":"mon","Date":"2016-11-02T11:23:45.789123+09:00","Host":"h1","Title":"from json","Message":"m1\\nm2","Routes":null,"Info":{"a":1.5,"b":"x","m":{"k":[1,"x"]},"n":1000000,"z":null}'
const SENT =
  '[{"type":"exec","command":["sh","-c","cat"]},{"type":"slack","url":"http://127.0.0.1:1/x","name":"n"},{"type":"email","from":"a@b","to":["c@d"],"user":"u","password":"p"},{"type":"twilio","account":"AC","token":"T","from":"+1","to":["+2"]}]'
const SHOWN =
  '[{"command":["sh","-c","cat"],"timeout":5,"type":"exec"},{"max_retry":3,"name":"n","type":"slack","url":"********"},{"from":"a@b","password":"********","to":["c@d"],"type":"email","user":"u"},{"account":"AC","from":"+1","max_length":160,"max_retry":3,"to":["+2"],"token":"********","type":"twilio"}]'

const MASKED = 'the original shows secrets'
const STATUS_500 = 'status 500 there'
const WORDS = 'the text is from a library there'
const UNKNOWN = 'the text is `404 page not found` there'

const exchanges: readonly Exchange[] = [
  ['version', 'GET /version', '', '200 0.1.0'],
  ['alerts list', 'GET /alerts', '', '200 []', 'null there'],
  [
    'alerts post -from me -host h9 T2 "message two"',
    'POST /alerts',
    '{"From":"me","Date":"2026-11-22T01:16:00.537169068Z","Host":"h9","Title":"T2","Message":"message two","Routes":null}',
    '200'
  ],
  ['alerts postJSON FILE', 'POST /alerts', `{${ALERT}}`, '200'],
  [
    'alerts list -oneline',
    'GET /alerts',
    '',
    `200 [{"From":"me","Date":"2026-11-22T01:16:00.537169068Z","Host":"h9","Title":"T2","Message":"message two","Routes":null},{${ALERT}}]`
  ],
  ['filters list', 'GET /filters', '', '200 ["st1"]'],
  ['filters show st1', 'GET /filters/st1', '', `200 ${STATIC}`],
  ['filters show nosuch', 'GET /filters/nosuch', '', '404 no such filter: nosuch', UNKNOWN],
  ['filters show a.b', 'GET /filters/a.b', '', '400 invalid filter id: a.b'],
  ['filters put f1 FILE', 'PUT /filters/f1', `{"type":"discard",${CONDITION}}\n`, '200'],
  [
    'filters put f2 FILE',
    'PUT /filters/f2',
    '{"type":"freq","duration":30,"divisor":2.5,"foreach":"alert.Host","key":"k"}\n',
    '200'
  ],
  ['filters put f3 FILE', 'PUT /filters/f3', '{"type":"route","routes":["r1"],"auto_mute":true}\n', '200'],
  [
    'filters put f4 FILE',
    'PUT /filters/f4',
    '{"type":"exec","command":["sh","-c","cat"],"all":true,"label":"L","disabled":true}\n',
    '200'
  ],
  ['filters put f7 FILE', 'PUT /filters/f7', '{"type":"nosuch"}\n', '400 no such filter type: nosuch', STATUS_500],
  ['filters put f7 FILE', 'PUT /filters/f7', '{}\n', '400 failed to get type: not found'],
  ['filters put f7 FILE', 'PUT /filters/f7', 'null\n', '400 failed to get type: not found'],
  ['filters put f7 FILE', 'PUT /filters/f7', '{\n', '400 unexpected end of JSON input'],
  ['filters put f7 FILE', 'PUT /filters/f7', '[]\n', '400 a filter is an object with a type', WORDS],
  [
    'filters put f7 FILE',
    'PUT /filters/f7',
    '{"type":"discard","if":"a b"}\n',
    '400 expr: a b: (anonymous): Line 1:3 Unexpected token',
    `${STATUS_500}, ${WORDS}`
  ],
  ['filters put f7 FILE', 'PUT /filters/f7', '{"type":"freq","divisor":0}\n', '400 freq: invalid divisor', STATUS_500],
  ['filters put a.b FILE', 'PUT /filters/a.b', '{"type":"discard"}\n', '400 invalid filter id: a.b'],
  ['filters list', 'GET /filters', '', '200 ["st1","f1","f2","f3","f4"]'],
  ['filters show f2', 'GET /filters/f2', '', `200 ${FREQ}`],
  ['filters show -json f3', 'GET /filters/f3', '', `200 ${MUTING}`],
  [
    'filters show f4',
    'GET /filters/f4',
    '',
    '200 {"all":true,"command":["sh","-c","cat"],"disabled":true,"label":"L","timeout":5,"type":"exec"}'
  ],
  ['filters disable f1', 'PUT /filters/f1/disable', '', '200'],
  ['filters show f1', 'GET /filters/f1', '', `200 {"disabled":true,${CONDITION},"type":"discard"}`],
  ['filters enable f1', 'PUT /filters/f1/enable', '', '200'],
  ['filters enable nosuch', 'PUT /filters/nosuch/enable', '', '404 no such filter: nosuch', UNKNOWN],
  ['filters disable nosuch', 'PUT /filters/nosuch/disable', '', '404 no such filter: nosuch', UNKNOWN],
  [
    'filters inactivate f1 2098-01-01T00:00:00+02:00',
    'PUT /filters/f1/inactivate',
    '{"until":"2098-01-01T00:00:00+02:00"}',
    '200'
  ],
  [
    'filters show f1',
    'GET /filters/f1',
    '',
    `200 {${CONDITION},"inactive":"2098-01-01T00:00:00+02:00","type":"discard"}`
  ],
  ['filters inactivate f2 1h30m', 'PUT /filters/f2/inactivate', '{"until":"2026-11-22T02:46:01.197694979Z"}', '200'],
  [
    'filters show f2',
    'GET /filters/f2',
    '',
    '200 {"divisor":2.5,"duration":30,"foreach":"alert.Host","inactive":"2026-11-22T02:46:01.197694979Z","key":"k","type":"freq"}'
  ],
  [
    'filters inactivate nosuch 30m',
    'PUT /filters/nosuch/inactivate',
    '{"until":"2026-11-22T01:46:01.226563641Z"}',
    '404 no such filter: nosuch',
    UNKNOWN
  ],
  ['filters disable st1', 'PUT /filters/st1/disable', '', '200'],
  ['filters enable st1', 'PUT /filters/st1/enable', '', '200'],
  ['filters put st1 FILE', 'PUT /filters/st1', `{"type":"discard",${CONDITION}}\n`, '200'],
  ['filters show st1', 'GET /filters/st1', '', `200 {${CONDITION},"type":"discard"}`],
  ['filters delete st1', 'DELETE /filters/st1', '', '409 static filters cannot be removed', STATUS_500],
  ['filters delete nosuch', 'DELETE /filters/nosuch', '', '404 no such filter: nosuch', 'a success there'],
  ['filters delete f1', 'DELETE /filters/f1', '', '200'],
  ['filters delete a.b', 'DELETE /filters/a.b', '', '400 invalid filter id: a.b'],
  ['filters list', 'GET /filters', '', '200 ["st1","f2","f3","f4"]'],
  ['routes list', 'GET /routes', '', '200 ["r1"]'],
  ['routes show r1', 'GET /routes/r1', '', '200 [{"command":["cat"],"timeout":5,"type":"exec"}]'],
  ['routes show nosuch', 'GET /routes/nosuch', '', '404 no such route: nosuch', UNKNOWN],
  ['routes show a.b', 'GET /routes/a.b', '', '400 invalid route id: a.b'],
  ['routes put r2 FILE', 'PUT /routes/r2', `${SENT}\n`, '200'],
  ['routes show -json r2', 'GET /routes/r2', '', `200 ${SHOWN}`, MASKED],
  ['routes put r2 FILE', 'PUT /routes/r2', '[{"type":"exec"}]\n', '400 exec: command: not found', STATUS_500],
  ['routes put r2 FILE', 'PUT /routes/r2', '[{"type":"nosuch"}]\n', '400 no such transport type: nosuch', STATUS_500],
  ['routes put r2 FILE', 'PUT /routes/r2', '{\n', '400 unexpected end of JSON input'],
  ['routes put r2 FILE', 'PUT /routes/r2', '{}\n', '400 a route is a list of transports', WORDS],
  ['routes put a.b FILE', 'PUT /routes/a.b', '[]\n', '400 invalid route id: a.b'],
  ['routes put r1 FILE', 'PUT /routes/r1', SENT, '200'],
  ['routes show r1', 'GET /routes/r1', '', `200 ${SHOWN}`, MASKED],
  ['routes put r3 FILE', 'PUT /routes/r3', '[]\n', '200'],
  ['routes show r3', 'GET /routes/r3', '', '200 []'],
  ['routes list', 'GET /routes', '', '200 ["r1","r2","r3"]']
]

/** As the client sends it: a body has its type, whatever it is about. */
function headersOf(request: string, token: string): Record<string, string> {
  return {
    'user-agent': 'Go-http-client/1.1',
    'accept-encoding': 'gzip',
    ...(/^(PUT|POST) /.test(request) && { 'content-type': 'application/json' }),
    ...(token !== '' && { authorization: `Bearer ${token}` })
  }
}

function typeOf(answer: string): string | undefined {
  if (answer === '200') return undefined
  if (!answer.startsWith('200')) return 'text/plain; charset=utf-8'
  return /^200 [[{]/.test(answer) ? JSON_TYPE : 'text/plain; charset=UTF-8'
}

for (const token of ['', 'secret']) {
  t.test(
    `the requests of kkok's client are answered ${token === '' ? 'without a token' : 'with a token'}`,
    async (t) => {
      const { request, rig } = await start(t, {}, { all: token })
      await rig.notify.configuration.replaceStatic(
        [{ id: 'st1', definition: { type: 'discard', label: 'static one', if: "alert.Host == 'nohost'" } }],
        [{ id: 'r1', definition: [{ type: 'exec', command: ['cat'] }] }]
      )
      for (const [command, line, body, expected] of exchanges) {
        const answer = await request(line, body === '' ? undefined : body, headersOf(line, token))
        const isError = !expected.startsWith('200')
        t.strictSame(
          [`${answer.statusCode} ${answer.body}`, answer.headers['content-type']],
          [isError ? `${expected}\n` : expected === '200' ? '200 ' : expected, typeOf(expected)],
          command
        )
        if (expected === '200') t.equal(answer.headers['content-length'], '0', command)
        t.equal(answer.headers['x-content-type-options'], 'nosniff', command)
      }
    }
  )
}

// There the status is 403.
const refusals: readonly (readonly [token: string, text: string])[] = [
  ['', 'auth token is required\n'],
  ['wrong', 'token mismatch\n']
]

for (const [token, text] of refusals) {
  t.test(`without the right token the client gets "${text.trim()}", but the version`, async (t) => {
    const { request } = await start(t, {}, { all: 'secret' })
    for (const [index, [command, line, body]] of exchanges.entries()) {
      // Each comes from an address of its own: one that fails often has to wait.
      const address = `10.0.0.${index}`
      const answer = await request(line, body === '' ? undefined : body, headersOf(line, token), address)
      const expected = line === 'GET /version' ? [200, '0.1.0'] : [401, text]
      t.strictSame([answer.statusCode, answer.body], expected, command)
    }
  })
}
