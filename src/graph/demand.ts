import { type FieldDemand, unionOfDemands } from '../model/demand.ts'
import type { GraphNode } from './graph.ts'
import type { NodeSpec } from './spec.ts'

/** Fields of its input that each node, or anything below it, reads. A stats node counts, it does not read. */
export function demands(nodes: readonly GraphNode[]): ReadonlyMap<GraphNode, FieldDemand> {
  const found = new Map<GraphNode, FieldDemand>()
  // Children before parents.
  for (const node of nodes.toReversed()) {
    let below: FieldDemand = new Set()
    for (const child of node.children) below = unionOfDemands(below, found.get(child)!)
    const { demand }: NodeSpec = node.spec
    found.set(node, demand === undefined ? 'all' : demand(node.options as Parameters<typeof demand>[0], below))
  }
  return found
}
