import type { GraphBuilder, GraphNode } from './graph.ts'

/**
 * How a chaining method puts its nodes into the graph, where linking one child to one parent is not it.
 * @param self The node made for the call, not linked yet; its options hold the arguments.
 * @returns The node that the method's result stands for.
 */
export type LinkHook = (builder: GraphBuilder, parent: GraphNode, self: GraphNode) => GraphNode
