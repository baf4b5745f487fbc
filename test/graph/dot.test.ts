import t from 'tap'
import { runningDot, staticDot } from '../../src/graph/dot.ts'
import { graphOf } from './script.ts'

const quiet = { avg_exec_time_ns: 0, collected: 7, emitted: 7, errors: 0, working_cardinality: 0 }

t.test('the static form lists children in the order of the script', async (t) => {
  t.equal(
    staticDot('lang-t', graphOf('var d = stream|from()\nd|log()\nd|eval()\nd|where(lambda: TRUE)|log()|log()')),
    'digraph lang-t {\nstream0 -> from1;\nfrom1 -> log2;\nfrom1 -> eval3;\nfrom1 -> where4;\nwhere4 -> log5;\nlog5 -> log6;\n}'
  )
  t.equal(staticDot('t', graphOf("batch|query('q')|log()", { type: 'batch' })), 'digraph t {\nquery1 -> log2;\n}')
  t.equal(
    staticDot('t', graphOf('var a = stream|from()\na|join(a)')),
    'digraph t {\nstream0 -> from1;\nfrom1 -> join3;\nfrom1 -> join3;\n}'
  )
})

t.test('the running form shows statistics, sorted and without what edges tell', async (t) => {
  const graph = graphOf('stream|from()|log()')
  const stats = {
    throughput: 39.966,
    nodes: {
      stream0: quiet,
      from1: { ...quiet, avg_exec_time_ns: 3339 },
      log2: { working_cardinality: 2, alerts_triggered: 1, errors: 4, collected: 3, avg_exec_time_ns: 602 }
    },
    edges: [
      { parent: 'stream0', child: 'from1', count: 40 },
      { parent: 'from1', child: 'log2', count: 3 }
    ]
  }
  t.equal(
    runningDot('lang-d1', graph, stats, 'attributes'),
    `digraph lang-d1 {
graph [throughput="39.97 points/s"];

stream0 [avg_exec_time_ns="0s" errors="0" working_cardinality="0" ];
stream0 -> from1 [processed="40"];

from1 [avg_exec_time_ns="3.339µs" errors="0" working_cardinality="0" ];
from1 -> log2 [processed="3"];

log2 [alerts_triggered="1" avg_exec_time_ns="602ns" errors="4" working_cardinality="2" ];
}`
  )
  t.equal(
    runningDot('lang-d1', graph, stats, 'labels'),
    `digraph lang-d1 {
graph [label="Throughput: 39.97 points/s" forcelabels=true pad="0.8,0.5"];

stream0 [xlabel="avg_exec_time_ns=0s\\rerrors=0\\rworking_cardinality=0"];
stream0 -> from1 [label="processed=40"];

from1 [xlabel="avg_exec_time_ns=3.339µs\\rerrors=0\\rworking_cardinality=0"];
from1 -> log2 [label="processed=3"];

log2 [xlabel="alerts_triggered=1\\ravg_exec_time_ns=602ns\\rerrors=4\\rworking_cardinality=2"];
}`
  )
})

t.test('the source of a batch task is not drawn', async (t) => {
  const edges = [
    { parent: 'batch0', child: 'query1', count: 0 },
    { parent: 'query1', child: 'log2', count: 2 }
  ]
  t.equal(
    runningDot(
      'lang-b1',
      graphOf("batch|query('q')|log()", { type: 'batch' }),
      { throughput: 1, nodes: { batch0: quiet, query1: { ...quiet, points_queried: 4 }, log2: quiet }, edges },
      'attributes'
    ),
    `digraph lang-b1 {
graph [throughput="1.00 batches/s"];

query1 [avg_exec_time_ns="0s" errors="0" points_queried="4" working_cardinality="0" ];
query1 -> log2 [processed="2"];

log2 [avg_exec_time_ns="0s" errors="0" working_cardinality="0" ];
}`
  )
})
