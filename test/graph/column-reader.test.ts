import t from 'tap'
import { isColumnReader } from '../../src/graph/column-reader.ts'
import { Harness } from '../support/check.ts'

t.test('a from node reads the points of a body as columns, and other nodes do not', async (t) => {
  const { graph } = new Harness('stream|from()|log()')
  const [, ...children] = graph.graph.nodes
  const readers = children.map((node) => [node.name, isColumnReader(graph.running(node))])
  t.strictSame(readers, [
    ['from1', true],
    ['log2', false]
  ])
})
