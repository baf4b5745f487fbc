import t from 'tap'
import { GraphNode } from '../../src/graph/graph.ts'
import combine from '../../src/nodes/combine.ts'
import { check, Harness } from '../support/check.ts'
import type { LambdaNode } from '../../src/tick/ast.ts'
import { Rig } from './rig.ts'

const at = { offset: 0, line: 1, char: 1 }
const TRUE: LambdaNode = { kind: 'lambda', at, body: { kind: 'boolean', value: true, at } }
const pairs = { expressions: [TRUE, TRUE], as: ['a', 'b'] }

t.test('points of one time are combined in order, each taking the first place that accepts it', async (t) => {
  check(
    {
      script: `stream|from().groupBy('dc')|combine(lambda: "svc" == 'login', lambda: TRUE, lambda: "v" > 1).as('l', 'o', 'p').delimiter('_')`,
      input:
        ['cart v=2', 'login v=10', 'pay v=1', 'cart v=9'].map((text) => `m,dc=x,svc=${text} 1s`).join('\n') +
        '\nm,dc=x v=1 2s',
      output: [
        'm,dc=x,l_svc=login,o_svc=cart,p_svc=cart l_v=10,o_v=2,p_v=9 1s',
        'm,dc=x,l_svc=login,o_svc=pay,p_svc=cart l_v=10,o_v=1,p_v=9 1s'
      ]
    },
    t
  )
})

t.test('an expression that fails does not match', async (t) => {
  const harness = new Harness(`stream|from()|combine(lambda: "n" > 1, lambda: TRUE).as('a', 'b')`)
  harness.write('m n=2i 1s\nm x=1 1s\nm x=1 2s')
  t.same(harness.output, ['m a.n=2i,b.x=1 1s'])
  t.equal(harness.stats('combine2')!['errors'], 1)
})

t.test('with a tolerance the first point need not be on a boundary', async (t) => {
  const rig = new Rig(combine, { options: { ...pairs, tolerance: 2_000_000_000n } })
  t.same(rig.point('m v=1 101s').point('m v=2 102s').point('m v=3 104s').out, ['m a.v=1,b.v=2 102s'])
})

t.test('a batch is combined whole, as points of a stream', async (t) => {
  const rig = new Rig(combine, { options: pairs, edge: 'batch' })
  rig.node.batch(rig.batch('9s', ['m v=1 1s', 'm v=2 1s', 'm v=3 2s', 'm v=4 3s', 'm v=5 3s']), 0)
  t.same(rig.out, ['m a.v=1,b.v=2 1s', 'm a.v=4,b.v=5 3s'])
})

t.test('barriers end nothing, a deleted group loses its points', async (t) => {
  const rig = new Rig(combine, { options: pairs })
  rig.point('m v=1 1s').point('m v=2 1s').barrier('m', '5s').delete('m').point('m v=3 6s')
  t.same(rig.out, ['barrier  5s', 'delete '])
})

t.test('more combinations than allowed end the task', async (t) => {
  const harness = new Harness(`stream|from()|combine(lambda: TRUE, lambda: TRUE).as('a', 'b').max(3)`)
  harness.write([1, 2, 3, 4].map((v) => `m v=${v} 1s`).join('\n') + '\nm v=5 2s')
  t.equal(
    harness.failure,
    'combine2: refusing to perform combination as total combinations 6 exceeds max combinations 3'
  )
})

t.test('of points that make too many combinations no more are kept than tell so', async (t) => {
  const rig = new Rig(combine, { options: { ...pairs, max: 10 } })
  for (let i = 0; i < 1000; i++) rig.point(`m v=${i} 1s`)
  t.throws(() => rig.point('m v=1 2s'), { message: /total combinations 499500 exceeds max combinations 10/ })
})

t.test('many expressions bound the combinations further', async (t) => {
  const names = Array.from({ length: 100 }, (_, i) => `'p${i}'`)
  const script = `stream|from()|combine(${names.map(() => 'lambda: TRUE').join(', ')}).as(${names.join(', ')})`
  const harness = new Harness(script)
  harness.write([...names, 'x'].map((_, v) => `m v=${v} 1s`).join('\n') + '\nm v=5 2s')
  t.equal(harness.failure, undefined)
  harness.write([...names, 'x', 'y'].map((_, v) => `m v=${v} 3s`).join('\n') + '\nm v=5 4s')
  t.match(harness.failure, /total combinations 5151 exceeds max combinations 1000/)
})

t.test('combines that make no sense are refused', async (t) => {
  const node = new GraphNode(combine, {}, 'stream')
  const validate = (as?: string[], delimiter = '.', max = 10) =>
    combine.spec.validate!({ quiet: false, expressions: [TRUE, TRUE], as, delimiter, max } as never, node)
  t.equal(validate(), 'a call to combine.as() is required to specify the output stream prefixes.')
  t.equal(validate(['a']), 'number of prefixes specified by combine.as() must match the number of combine expressions')
  t.equal(validate(['', 'a']), 'must provide a prefix name for the combine node, see .as() property method')
  t.equal(validate(['a.x', 'b']), 'cannot use name a.x as field prefix, it contains the delimiter character .')
  t.equal(validate(['a', 'a']), 'cannot use the same prefix name see .as() property method')
  t.equal(validate(['a', 'b'], ''), undefined)
  t.equal(validate(['a', 'b'], '.', 2_000_001), 'combine max must be at most 2000000, not 2000001')
  t.throws(() => new Harness(`stream|from()|combine(lambda: 'a' > 1).as('a')`), {
    message: /^Failed to compile 0 expression: /
  })
})

t.test('it reads what its expressions read and what something below reads under a prefix', async (t) => {
  const reads = (name: string): LambdaNode => ({ kind: 'lambda', at, body: { kind: 'reference', name, at } })
  const options = { quiet: false, expressions: [reads('x'), reads('y')], as: ['a', 'b'], delimiter: '.' }
  t.same(combine.spec.requiredFields!(options as never, new Set(['b.v'])), new Set(['x', 'y', 'v']))
})
