import t from 'tap'
import type { Stored } from '../../src/graph/state.ts'
import type { NodeDefinition } from '../../src/graph/node.ts'
import derivative from '../../src/nodes/derivative.ts'
import stateCount from '../../src/nodes/state-count.ts'
import stateDuration from '../../src/nodes/state-duration.ts'
import window from '../../src/nodes/window.ts'
import type { LambdaNode } from '../../src/tick/ast.ts'
import { parseLambda } from '../../src/tick/parser.ts'
import { Rig } from './rig.ts'

interface Case {
  readonly node: NodeDefinition
  readonly options: Record<string, unknown>
  readonly input: readonly string[]
}

const S = 1_000_000_000n
const GROUPS = ['m,host=a', 'm,host=b']

const ramp = [
  'm,host=a v=1 1s',
  'm,host=b v=7i,s="é" 1500ms',
  'm,host=a,dc=x v=7 3s',
  'm,host=b v=9007199254740993i 4s',
  'm,host=a v=-0 6s',
  'n,host=a v=9 7s',
  'm,host=b v="?" 8s',
  'm,host=a v=2 11s',
  'm,host=a v=4 2s',
  'm,host=b v=8i 12s',
  'm,host=a v=6 13s',
  'm,host=b v=1 19s'
]

const cases: Readonly<Record<string, Case>> = {
  derivative: { node: derivative, options: { field: 'v' }, input: ramp },
  stateDuration: { node: stateDuration, options: { state: lambdaOf('"v" > 5') }, input: ramp },
  stateCount: { node: stateCount, options: { state: lambdaOf('"v" > 5') }, input: ramp },
  'a condition that remembers': {
    node: stateDuration,
    options: { state: lambdaOf('spread(float("v")) > 3.0 AND count() > 2') },
    input: ramp
  },
  'a tumbling window': { node: window, options: { period: 5n * S, every: 5n * S, align: true }, input: ramp },
  'a sliding window': { node: window, options: { period: 7n * S, every: 2n * S, fillPeriod: true }, input: ramp },
  'a window without every': { node: window, options: { period: 4n * S }, input: ramp },
  'a window of points': { node: window, options: { periodCount: 3, everyCount: 2, fillPeriod: true }, input: ramp }
}

function lambdaOf(text: string): LambdaNode {
  const parsed = parseLambda(text)
  if (!parsed.ok) throw new Error(parsed.error.message)
  return parsed.value
}

const rigOf = ({ node, options }: Case): Rig => new Rig(node, { options, groupBy: ['host'] })

/** What a node keeps, by group, as another thread would get it. */
function stateOf(rig: Rig): Map<string, Stored | undefined> {
  return structuredClone(new Map(GROUPS.map((key) => [key, rig.node.state!.save(rig.group(key))])))
}

for (const [name, one] of Object.entries(cases)) {
  t.test(`${name}: a node that loads what another saved goes on as that one does, wherever it is cut`, (t) => {
    for (let cut = 0; cut <= one.input.length; cut++) {
      const first = rigOf(one)
      for (const line of one.input.slice(0, cut)) first.point(line)
      void first.out
      const stored = stateOf(first)

      for (const line of one.input.slice(cut)) first.point(line)
      const second = rigOf(one)
      for (const [key, state] of stored) {
        if (state !== undefined) second.node.state!.load(second.group(key), state)
      }
      for (const line of one.input.slice(cut)) second.point(line)
      t.same(second.out, first.out, `after ${cut} points`)
      t.equal(second.node.cardinality, first.node.cardinality)
    }
    t.end()
  })
}

t.test('a group that was never seen has no state, nor has one that was deleted', (t) => {
  const rig = rigOf(cases['derivative']!)
  const { state } = rig.node
  t.equal(state!.version, 1)
  t.equal(state!.save(rig.group('m,host=a')), undefined)
  rig.point('m,host=a v=1 1s').delete('m,host=a')
  t.equal(state!.save(rig.group('m,host=a')), undefined)
  t.end()
})
