import { type RequiredFields, unionOfFields } from '../model/required-fields.ts'
import type { GraphNode } from './graph.ts'
import type { NodeSpec } from './spec.ts'

/** Fields of its input that each node, or anything below it, reads. A stats node counts, it does not read. */
export function requiredFieldsOf(nodes: readonly GraphNode[]): ReadonlyMap<GraphNode, RequiredFields> {
  const found = new Map<GraphNode, RequiredFields>()
  // Children before parents.
  for (const node of nodes.toReversed()) {
    let below: RequiredFields = new Set()
    for (const child of node.children) below = unionOfFields(below, found.get(child)!)
    const { requiredFields }: NodeSpec = node.spec
    found.set(
      node,
      requiredFields === undefined ? 'all' : requiredFields(node.options as Parameters<typeof requiredFields>[0], below)
    )
  }
  return found
}
