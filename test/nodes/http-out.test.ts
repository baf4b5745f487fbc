import t from 'tap'
import { GraphNode } from '../../src/graph/graph.ts'
import { StartError } from '../../src/graph/node.ts'
import httpOut from '../../src/nodes/http-out.ts'
import { Rig } from './rig.ts'

function serve(settings: ConstructorParameters<typeof Rig>[1] = {}): { rig: Rig; body: () => string } {
  const rig = new Rig(httpOut, { groupBy: ['h'], options: { endpoint: '/a//b/' }, ...settings })
  rig.node.start()
  return { rig, body: () => rig.ports.routes.find('task', 'a/b')!() }
}

t.test('the latest point of each group is served, in the order in which groups were first seen', async (t) => {
  const { rig, body } = serve()
  t.equal(body(), '{"series":null}')
  rig.barrier('m,h=c', '1s')
  t.equal(body(), '{"series":null}')
  rig.point('m,h=b,dc=x v=1,n=3i,s="x",b=true 1s').point('m,h=a v=1e21 2s').point('m,h=b v=2.5 3s')
  t.equal(
    body(),
    '{"series":[{"name":"m","tags":{"h":"b"},"columns":["time","v"],"values":[["1970-01-01T00:00:03Z",2.5]]},' +
      '{"name":"m","tags":{"h":"a"},"columns":["time","v"],"values":[["1970-01-01T00:00:02Z",1e+21]]}]}'
  )
  rig.delete('m,h=a').delete('m,h=b')
  t.equal(body(), '{"series":[]}')
  t.same(
    rig.out.map((text) => text.split(' ')[0]),
    ['barrier', 'm,dc=x,h=b', 'm,h=a', 'm,h=b', 'delete', 'delete']
  )
})

t.test('the latest batch of each group is served', async (t) => {
  const { rig, body } = serve({ edge: 'batch' })
  rig.node.batch(rig.batch('9s', ['m,h=b,dc=x v=1 1s', 'm,h=b,dc=y w="q" 2s', 'm,h=b v=3 3s']), 0)
  rig.node.batch(rig.batch('9s', [], 'm,h=a'), 0)
  t.equal(
    body(),
    '{"series":[{"name":"m","tags":{"h":"b"},"columns":["time","dc","v"],"values":[["1970-01-01T00:00:01Z","x",1],' +
      '["1970-01-01T00:00:02Z","y",null],["1970-01-01T00:00:03Z",null,3]]},{"name":"m","tags":{"h":"a"}}]}'
  )
})

t.test('an endpoint is served while the task runs, by one node only', async (t) => {
  const { rig } = serve()
  const other = new Rig(httpOut, { options: { endpoint: 'a/b' } })
  other.ports.httpOut.register('a/b', () => '')
  const text = 'http: multiple registrations for /kapacitor/v1/tasks/task/a/b'
  t.throws(() => other.node.start(), new StartError(text))
  other.node.stop()
  t.ok(other.ports.routes.find('task', 'a/b'), 'the other one is still served')
  rig.node.stop()
  t.notOk(rig.ports.routes.find('task', 'a/b'))
})

t.test('an endpoint needs a path', async (t) => {
  const node = new GraphNode(httpOut, {}, 'stream')
  const validate = (endpoint: string) => httpOut.spec.validate!({ quiet: false, endpoint } as never, node)
  for (const endpoint of ['', '/', '.']) t.equal(validate(endpoint), 'httpOut endpoint must not be empty')
  t.equal(validate('x'), undefined)
})
