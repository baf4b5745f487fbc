import t from 'tap'
import { GraphNode } from '../../src/graph/graph.ts'
import { StartError } from '../../src/graph/node.ts'
import type { HttpEndpoint } from '../../src/graph/ports.ts'
import httpPost from '../../src/nodes/http-post.ts'
import { Rig } from './rig.ts'
import { eventually } from '../support/eventually.ts'

type Answer = { status: number; body: string } | Error

/** A rig whose requests are answered in order as told, then with 200. */
function rigOf(options: Record<string, unknown>, answers: readonly Answer[] = [], edge: 'stream' | 'batch' = 'stream') {
  const rig = new Rig(httpPost, { options: { urls: ['http://x/'], ...options }, groupBy: ['h'], edge })
  return answering(rig, answers)
}

function answering(rig: Rig, answers: readonly Answer[]): Rig {
  const left = [...answers]
  rig.ports.http.post = (request) => {
    rig.ports.requests.push(request)
    const answer = left.shift() ?? { status: 200, body: '' }
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
  }
  return rig
}

async function settled(rig: Rig): Promise<Rig> {
  await eventually('all answers', () => rig.ports.pendingNow === 0)
  return rig
}

t.test('a point is posted as a row, with the headers of the script', async (t) => {
  const rig = rigOf({ codeField: 'code', header: [{ key: 'x-A', value: '1' }] }, [{ status: 202, body: '' }])
  await settled(rig.point('m,h=a,dc=x v=1,n=2i 1s'))
  t.same(rig.ports.requests, [
    {
      url: 'http://x/',
      body: '{"series":[{"name":"m","tags":{"dc":"x","h":"a"},"columns":["time","n","v"],"values":[["1970-01-01T00:00:01Z",2,1]]}]}\n',
      headers: { 'Content-Type': 'application/json', 'X-A': '1' },
      timeoutMs: 0
    }
  ])
  t.same(rig.out, ['m,dc=x,h=a code=202i,n=2i,v=1 1s'])
  t.equal(rig.node.cardinality, 1)
})

t.test('a batch is posted as one row', async (t) => {
  const rig = rigOf({ codeField: 'code', timeout: 1_500_000n }, [], 'batch')
  rig.node.batch(rig.batch('9s', ['m,h=a,dc=x v=1,n=2i 1s', 'm,h=a,dc=x v=2 2s']), 0)
  await settled(rig)
  t.equal(
    rig.ports.requests[0]!.body,
    '{"series":[{"name":"m","tags":{"h":"a"},"columns":["time","dc","n","v"],"values":[["1970-01-01T00:00:01Z","x",2,1],["1970-01-01T00:00:02Z","x",null,2]]}]}\n'
  )
  t.equal(rig.ports.requests[0]!.timeoutMs, 2)
  t.same(rig.out, ['m,h=a tmax=9s [,dc=x code=200i,n=2i,v=1 1s; ,dc=x code=200i,v=2 2s]'])
})

t.test('one request is under way at a time, and everything keeps its order', async (t) => {
  const rig = rigOf({})
  rig.barrier('m,h=a', '0s')
  t.same(rig.out, ['barrier h=a 0s'], 'nothing to wait for')
  rig.point('m,h=a v=1 1s').point('m,h=b v=2 2s').barrier('m,h=a', '3s').delete('m,h=a').delete('m,h=c')
  t.equal(rig.ports.requests.length, 1)
  t.equal(rig.ports.pendingNow, 4)
  t.same(rig.out, [])
  await settled(rig)
  t.same(rig.out, ['m,h=a v=1 1s', 'm,h=b v=2 2s', 'barrier h=a 3s', 'delete h=a'])
})

t.test('what fails is told and held back no longer', async (t) => {
  const answers = [new Error('connect ECONNREFUSED'), { status: 500, body: 'no' }]
  for (const [captureResponse, reason] of [
    [false, 'unknown error, use .captureResponse() to capture the HTTP response'],
    [true, 'no']
  ] as const) {
    const rig = await settled(
      rigOf({ captureResponse, codeField: 'c' }, answers).point('m,h=a v=1 1s').point('m,h=a v=2 2s')
    )
    t.same(rig.out, ['m,h=a c=0i,v=1 1s', 'm,h=a c=500i,v=2 2s'])
    t.same(rig.ports.pointErrors, ['connect ECONNREFUSED', reason])
    t.equal(rig.node.errors, 2)
  }
})

t.test('the URL is a template over the row', async (t) => {
  const url = `http://x/{{ .Name }}/{{ index .Tags "h" }}/{{ range .Values }}{{ .time.Unix }}:{{ index . "n" }},{{ .v }}{{ end }}`
  const rig = await settled(rigOf({ urls: [url] }).point('m,h=a v=1.5,n=2i 7s'))
  t.equal(rig.ports.requests[0]!.url, 'http://x/m/a/7:2,1.5')
  const failing = await settled(rigOf({ urls: ['{{ index .Name 99 }}'], codeField: 'c' }).point('m,h=a v=1 7s'))
  t.same(failing.out, ['m,h=a c=0i,v=1 7s'])
  t.equal(failing.node.errors, 1)
  t.match(failing.ports.lines[0], { message: 'failed to POST data' })
  t.throws(() => rigOf({ urls: ['{{ .X'] }), { message: /^error in url templating: template: / })
})

t.test('a template that takes too many steps fails the request, not the task', async (t) => {
  const url = 'http://x/{{ range 999999999 }}{{ end }}'
  const rig = await settled(rigOf({ urls: [url], codeField: 'c' }).point('m,h=a v=1 7s'))
  t.same(rig.out, ['m,h=a c=0i,v=1 7s'])
  t.equal(rig.node.errors, 1)
  t.same(rig.ports.requests, [])
  t.match(rig.ports.pointErrors[0], /^template: url: rendering takes more than 1000000 steps: /)
})

t.test('an endpoint brings its URL, headers, password and template', async (t) => {
  const endpoint: HttpEndpoint = {
    url: 'http://known/{{ .Name }}',
    headers: { 'content-type': 'text/x', 'X-A': 'endpoint', authorization: 'own' },
    basicAuth: { username: 'me', password: 'secret' },
    rowTemplate: '{{ jsonCompact .Tags }} {{ len .Values }}'
  }
  const send = async (endpoint: HttpEndpoint) => {
    const options = { urls: [], endpoint: [{ name: 'known' }], header: [{ key: 'x-a', value: 'script' }] }
    const settings = { options, groupBy: ['h'] }
    const rig = await settled(answering(new Rig(httpPost, settings, { known: endpoint }), []).point('m,h=a v=1 1s'))
    return rig.ports.requests[0]!
  }
  t.match(await send(endpoint), {
    url: 'http://known/m',
    body: '{"h":"a"} 1',
    headers: { 'Content-Type': 'text/x', 'X-A': 'script', Authorization: 'own' }
  })
  const plain = await send({ url: 'http://known/', headers: {}, basicAuth: { username: 'me', password: 'secret' } })
  t.match(plain.headers, { Authorization: 'Basic bWU6c2VjcmV0', 'Content-Type': 'application/json' })
  const text = "endpoint 'other' does not exist"
  t.throws(() => rigOf({ urls: [], endpoint: [{ name: 'other' }] }), new StartError(text))
})

t.test('an endpoint that changes while the node runs is gone by at once', async (t) => {
  const options = { urls: [], endpoint: [{ name: 'known' }] }
  const rig = answering(new Rig(httpPost, { options }, { known: { url: 'http://first/', headers: {} } }), [])
  const { endpoints, requests, pointErrors } = rig.ports
  const post = async (): Promise<string | undefined> => (await settled(rig.point('m v=1 1s'))) && requests.pop()?.url
  t.equal(await post(), 'http://first/')
  endpoints['known'] = { url: 'http://second/{{ .Name }}', headers: {} }
  t.equal(await post(), 'http://second/m')
  delete endpoints['known']
  t.equal(await post(), undefined)
  t.equal(await post(), undefined)
  t.strictSame(pointErrors, ["endpoint 'known' does not exist", "endpoint 'known' does not exist"])
  endpoints['known'] = { url: '{{ .X', headers: {} }
  t.equal(await post(), undefined)
  t.equal(await post(), undefined)
  t.match(pointErrors.slice(2), [/^error in url templating: /, /^error in url templating: /])
  endpoints['known'] = { url: 'http://third/', headers: {} }
  t.equal(await post(), 'http://third/')
  t.equal(rig.node.errors, 4)
})

t.test('a post needs one place to go to', async (t) => {
  const node = new GraphNode(httpPost, {}, 'stream')
  const validate = (urls: string[], names: string[] = [], keys: string[] = []) => {
    const options = {
      quiet: false,
      urls,
      endpoint: names.map((name) => ({ name })),
      header: keys.map((key) => ({ key }))
    }
    return httpPost.spec.validate!(options as never, node)
  }
  t.equal(validate(['a', 'b']), 'httpPost expects 0 or 1 arguments, got 2')
  t.equal(validate([], ['a', 'b']), 'httpPost expects 0 or 1 endpoints, got 2')
  t.equal(validate([]), 'must provide url or endpoint')
  t.equal(validate(['a'], ['b']), 'only one endpoint and url may be specified')
  t.equal(validate(['a'], [], ['AUTHENTICATE']), "cannot set 'authenticate' header")
  t.equal(validate(['a'], [], ['x']), undefined)
})
