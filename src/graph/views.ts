import type { HostObject, ScriptValue } from '../tick/value.ts'
import { GraphNode } from './graph.ts'
import type { HandlerCall, HandlerSpec } from './spec.ts'

/**
 * What a script can hold of a node: the node, its data (what property methods of a node with handlers return), or
 * one of its handlers. All of them lead to the node's members; they differ in their host type.
 */
export type View = GraphNode | NodeData | HandlerView

export class NodeData implements HostObject {
  readonly node: GraphNode

  constructor(node: GraphNode) {
    this.node = node
  }

  get hostType(): string {
    return `${this.node.hostType}Data`
  }
}

/** A handler: its own members come before those of the node. */
export class HandlerView implements HostObject {
  readonly node: GraphNode
  readonly spec: HandlerSpec
  readonly call: HandlerCall

  constructor(node: GraphNode, spec: HandlerSpec, call: HandlerCall) {
    this.node = node
    this.spec = spec
    this.call = call
  }

  get hostType(): string {
    return `*pipeline.${this.spec.hostType}`
  }
}

/** The only global function, as a value. */
export const TIME_FUNCTION: HostObject = {
  hostType: 'func(time.Duration, ...time.Duration) (kapacitor.TimeDimension, error)'
}

export function viewOf(value: ScriptValue): View | undefined {
  if (value.type !== 'object') return undefined
  const { value: object } = value
  if (object instanceof GraphNode || object instanceof NodeData || object instanceof HandlerView) return object
  return undefined
}

export function nodeOf(view: View): GraphNode {
  return view instanceof GraphNode ? view : view.node
}
