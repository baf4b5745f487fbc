export type EdgeType = 'stream' | 'batch'

/** A node of a graph as specifications and running nodes see it; `GraphNode` is what it is. */
export interface NodeRef {
  readonly spec: { readonly name: string; readonly kind: string }
  /** Options by argument and property name. */
  readonly options: Record<string, unknown>
  /** `window2`: in DOT, statistics, logs and topic names. */
  readonly name: string
  /** Host type in error messages. */
  readonly hostType: string
  /** Type of what it passes on; undefined for a terminal node. */
  readonly provides: EdgeType | undefined
  /** Type of the edge that it reads. */
  readonly wants: EdgeType
  /** Parents in the order of linking: the index of a parent is the `source` of its messages. */
  readonly parents: readonly NodeRef[]
  /** Children in the order of linking. */
  readonly children: readonly NodeRef[]
}

/** A graph under construction; link hooks get it. All nodes that it is given are those that it has made. */
export interface GraphBuilder {
  readonly deadman: DeadmanDefaults
  /** Makes a node by the TICKscript name of its spec, not linked yet. */
  create(name: string, options: Record<string, unknown>, wants: EdgeType): NodeRef
  /** Gives `child` the next id and an edge from `parent`. */
  link(parent: NodeRef, child: NodeRef): void
  /** Gives a new source (stats) the next id. */
  addSource(node: NodeRef): void
}

/** The `[deadman]` section. */
export interface DeadmanDefaults {
  readonly interval: bigint
  readonly threshold: number
  readonly id: string
  readonly message: string
  readonly global: boolean
}

/**
 * How a chaining method puts its nodes into the graph, where linking one child to one parent is not it.
 * @param self The node made for the call, not linked yet; its options hold the arguments.
 * @returns The node that the method's result stands for.
 */
export type LinkHook = (builder: GraphBuilder, parent: NodeRef, self: NodeRef) => NodeRef
