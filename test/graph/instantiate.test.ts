import t from 'tap'
import { EPOCH } from '../../src/core/instant.ts'
import { checkEdges } from '../../src/graph/build.ts'
import { runningDot } from '../../src/graph/dot.ts'
import { instantiate, type RunningGraph } from '../../src/graph/instantiate.ts'
import { Point } from '../../src/model/point.ts'
import { Schema } from '../../src/model/schema.ts'
import { Series, Tags } from '../../src/model/series.ts'
import { FakePorts } from '../support/ports.ts'
import { graphOf } from './script.ts'

function run(script: string, ports = new FakePorts(), failures: string[] = []): RunningGraph {
  let slots = 100
  return instantiate(graphOf(script), {
    taskId: 'task',
    taskMaster: 'main',
    ports,
    newSeriesSlot: () => slots++,
    fail: (message) => failures.push(message)
  })
}

/** What nodes said, in order. */
function told({ lines }: FakePorts): string[] {
  return lines.map(({ node, message }) => `${node} ${message}`)
}

t.test('children start before their parents, parents finish before their children', async (t) => {
  const ports = new FakePorts()
  const graph = run('stream|from()|log()', ports)
  graph.start()
  graph.finish()
  graph.stop()
  graph.stop()
  const order = (what: string, ...nodes: string[]) => nodes.map((node) => `${node} ${what}`)
  t.same(told(ports), [
    ...order('start', 'log2', 'from1', 'stream0'),
    ...order('finish', 'stream0', 'from1', 'log2'),
    ...order('stop', 'stream0', 'from1', 'log2')
  ])
})

t.test('what has been made is stopped where another node does not start', async (t) => {
  const ports = new FakePorts()
  t.throws(() => run('stream|from()|refusing()', ports), { message: 'this one never starts', status: 500 })
  t.same(told(ports), ['stream0 stop', 'from1 stop'])
})

t.test('all nodes are stopped though one can neither start nor stop', async (t) => {
  const ports = new FakePorts()
  const graph = run('stream|from()|failing()|log()', ports)
  t.throws(() => graph.start(), { message: 'cannot start' })
  t.same(told(ports), ['log3 start', 'stream0 stop', 'from1 stop', 'failing2 stop', 'log3 stop'])
  t.throws(() => run('stream|from()|failing()').stop(), { message: 'cannot stop' })
})

t.test('messages are counted on edges, each with the index of its parent', async (t) => {
  const graph = run('var a = stream|from()\nvar b = stream|from()|where(lambda: TRUE)\na|join(b, a)|log()')
  const [source] = graph.sources
  const series = new Series('', '', 'm', Tags.EMPTY)
  source!.point(new Point(series, graph.groups.nil, EPOCH, Schema.EMPTY, []), 0)

  const join = graph.graph.nodes.find(({ name }) => name === 'join6')!
  t.same(
    join.parents.map((parent) => [parent.name, graph.running(parent).out.map(({ source }) => source)]),
    [
      ['from1', [0, 2]],
      ['where3', [1]],
      ['from1', [0, 2]]
    ]
  )
  const { nodes, edges } = graph.stats()
  t.same(
    edges.map(({ parent, child, count }) => `${parent} ${child} ${count}`),
    [
      'stream0 from2 1',
      'stream0 from1 1',
      'from2 where3 1',
      'where3 join6 1',
      'from1 join6 1',
      'from1 join6 1',
      'join6 log7 3'
    ]
  )
  const common = { avg_exec_time_ns: 0, errors: 0, working_cardinality: 0 }
  t.match(nodes, {
    stream0: { ...common, collected: 40, emitted: 2, alerts_triggered: 2 },
    from1: { ...common, collected: 1, emitted: 2 },
    join6: { ...common, collected: 3, emitted: 3 },
    log7: { ...common, collected: 3, emitted: 0 }
  })
  t.match(
    runningDot('t', graph.graph, { throughput: 0, nodes, edges }, 'attributes'),
    'stream0 -> from2 [processed="1"];\nstream0 -> from1 [processed="1"];\n\nfrom2'
  )
})

t.test('nodes know who they are, have slots of their own, and can end the task', async (t) => {
  const failures: string[] = []
  const graph = run('stream|from()|log()', new FakePorts(), failures)
  const [stream, from] = graph.graph.nodes.map((node) => graph.running(node).context)
  t.match(from, { name: 'from1', taskId: 'task', taskMaster: 'main', edge: 'stream' })
  t.same([stream!.newSlot(), from!.newSlot(), stream!.newSeriesSlot(), from!.newSeriesSlot()], [0, 1, 100, 101])
  t.equal(from!.groups, graph.groups)
  t.equal(from!.running(graph.graph.nodes[2]!), graph.running(graph.graph.nodes[2]!))
  from!.fail('no more')
  t.same(failures, ['from1: no more'])
  const other = graphOf('stream|from()').nodes[0]!
  t.throws(() => graph.running(other), { message: 'stream0 does not run' })
})

t.test('a node is asked for the fields that it and those below it read', async (t) => {
  const demandOf = (script: string) => {
    const graph = run(script)
    const required = graph.requiredFields(graph.graph.nodes[0]!)
    return required === 'all' ? required : [...required].sort()
  }
  t.same(demandOf("stream|from()|mean('v')"), ['v'])
  t.same(demandOf("stream|from()|where(lambda: TRUE)|mean('v')"), ['v', 'w'])
  t.same(demandOf("var a = stream|from()\na|mean('v')\na|where(lambda: TRUE)|mean('u')"), ['u', 'v', 'w'])
  t.same(demandOf('stream|from()|stats(1s)|log()'), [], 'what is only counted is not read')
  t.same(demandOf('stream|from()|where(lambda: TRUE)|log()'), 'all', 'a node that does not say reads all')
})

t.test('edges that do not fit are found when the task starts', async (t) => {
  const check = (script: string) => checkEdges(graphOf(script))
  t.doesNotThrow(() => check('stream|from()|window()|log()'))
  t.throws(() => check('var a = stream|from() var b = stream|from()|window()\na|join(b)'), {
    message: 'cannot add child mismatched edges: window3:batch -> join5:stream',
    status: 500
  })
  t.throws(() => check('stream|from()|influxDBOut()|stats(1s)'), {
    message: 'cannot add child no edge expected: influxdb_out2:noedge -> noop4:noedge'
  })
})
