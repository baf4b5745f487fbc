import type { Dbrp } from '../model/dbrp.ts'
import type { EdgeType, NodeRef } from './link.ts'
import type { NodeDefinition } from './node.ts'
import type { NodeSpec } from './spec.ts'

/**
 * What a script means: nodes and who feeds whom. Built by `graph/build.ts` in the main thread (to check) and again
 * in the shard (to run); holds no state of a run.
 */
export class GraphNode implements NodeRef {
  readonly definition: NodeDefinition
  /** Options by argument and property name, as `OptionsOf` its spec types them. */
  readonly options: Record<string, unknown>
  /** Given at linking, counting from 0; a node with several parents keeps the last. -1 before. */
  id = -1
  /** Edge that the node passes on; undefined for a terminal node. */
  provides: EdgeType | undefined
  /** Type of the edge that it reads. */
  wants: EdgeType
  /** Parents in the order of linking: the index of a parent is the `source` of its messages. */
  readonly parents: GraphNode[] = []
  /** Children in the order of linking. */
  readonly children: GraphNode[] = []

  constructor(definition: NodeDefinition, options: Record<string, unknown>, wants: EdgeType) {
    this.definition = definition
    this.options = options
    this.wants = wants
    const provides = definition.spec.provides
    this.provides = provides === 'none' ? undefined : provides === 'same' ? wants : provides
  }

  get spec(): NodeSpec {
    return this.definition.spec
  }

  /** `window2`: in DOT, statistics, logs and topic names. */
  get name(): string {
    return `${this.spec.kind}${this.id}`
  }

  /** Host type in error messages. */
  get hostType(): string {
    return `*pipeline.${this.spec.hostType}`
  }
}

export interface Graph {
  readonly type: EdgeType
  /** `stream0` or `batch0` first, then stats nodes in the order of creation. */
  readonly sources: readonly GraphNode[]
  /** Reached from the sources, parents before children: `dot.ts` gives the order. */
  readonly nodes: readonly GraphNode[]
  readonly dbrps: readonly Dbrp[]
}
