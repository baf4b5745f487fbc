import { forAll } from '../core/for-all.ts'
import type { RequiredFields } from '../model/required-fields.ts'
import { GroupRegistry } from '../model/group.ts'
import type { TaskStats } from './task.ts'
import { requiredFieldsOf } from './required-fields.ts'
import { Edge } from './edge.ts'
import type { Graph, GraphNode } from './graph.ts'
import type { NodeRef } from './link.ts'
import type { Node } from './node.ts'
import type { Ports } from './ports.ts'
import { probe } from './probe.ts'

export interface RunInput {
  readonly taskId: string
  /** `main`, or the id of a replay. */
  readonly taskMaster: string
  readonly ports: Ports
  /** See `NodeContext`; the caller knows when the numbers are free again. */
  readonly newSeriesSlot: () => number
  /** A node ends the task from a timer or an answer. `message` is `NODE: TEXT`. */
  readonly fail: (message: string) => void
}

/**
 * Makes the nodes of a graph and ties them together. Nothing runs before `start`.
 * @throws StartError in the original's words, after what had been made was stopped.
 */
export function instantiate(graph: Graph, input: RunInput): RunningGraph {
  return new RunningGraph(graph, input)
}

export class RunningGraph {
  readonly graph: Graph
  readonly groups = new GroupRegistry()
  /** The running sources, in the order of the graph's. */
  readonly sources: readonly Node[]
  readonly #nodes = new Map<NodeRef, Node>()
  readonly #edges: readonly RunningEdge[]
  readonly #input: RunInput
  #slots = 0
  #hasStopped = false
  #requiredFields: ReadonlyMap<GraphNode, RequiredFields> | undefined

  constructor(graph: Graph, input: RunInput) {
    this.graph = graph
    this.#input = input
    try {
      for (const node of graph.nodes) this.#nodes.set(node, this.#create(node))
    } catch (error) {
      try {
        this.stop()
      } catch {
        // Why a node did not start says more than why another one did not stop.
      }
      throw error
    }
    this.#edges = this.#connect()
    this.groups.slotCount = this.#slots
    this.sources = graph.sources.map((node) => this.running(node))
  }

  /** The running node of a node of the graph. */
  running(node: NodeRef): Node {
    const running = this.#nodes.get(node)
    if (running === undefined) throw new Error(`${node.name} does not run`)
    return running
  }

  /** Children before their parents. @throws StartError after all nodes were stopped. */
  start(): void {
    try {
      for (const node of [...this.#nodes.values()].reverse()) node.start()
    } catch (error) {
      try {
        this.stop()
      } catch {
        // Why a node did not start says more than why another one did not stop.
      }
      throw error
    }
  }

  /** Lets nodes read their sources anew. Throws what the first of them says; the others have read theirs. */
  reload(): void {
    forAll(this.#nodes.values(), (node) => node.reload())
  }

  /** No more messages will come: parents before their children. */
  finish(): void {
    for (const node of this.#nodes.values()) node.finish()
  }

  /** Stops every node, whatever some of them say; the first error is thrown in the end. Does nothing again. */
  stop(): void {
    if (this.#hasStopped) return
    this.#hasStopped = true
    forAll(this.#nodes.values(), (node) => node.stop())
  }

  stats(): Pick<TaskStats, 'nodes' | 'edges'> {
    const collected = new Map<NodeRef, number>()
    const emitted = new Map<NodeRef, number>()
    const edges = this.#edges.map(({ parent, child, edge: { count } }) => {
      collected.set(child, (collected.get(child) ?? 0) + count)
      emitted.set(parent, (emitted.get(parent) ?? 0) + count)
      return { parent: parent.name, child: child.name, count }
    })
    const nodes: Record<string, Readonly<Record<string, number>>> = {}
    for (const [node, running] of this.#nodes) {
      nodes[node.name] = {
        avg_exec_time_ns: probe.highestAverageNs(running),
        collected: running.collected ?? collected.get(node) ?? 0,
        emitted: emitted.get(node) ?? 0,
        errors: running.errors,
        working_cardinality: running.cardinality,
        ...running.counters()
      }
    }
    return { nodes, edges }
  }

  /** Fields of its input that a node or anything below it reads. */
  requiredFields(node: GraphNode): RequiredFields {
    this.#requiredFields ??= requiredFieldsOf(this.graph.nodes)
    return this.#requiredFields.get(node) ?? 'all'
  }

  #create(node: GraphNode): Node {
    const { taskId, taskMaster, ports, newSeriesSlot, fail } = this.#input
    return node.definition.create(node.options, {
      name: node.name,
      taskId,
      taskMaster,
      node,
      edge: node.wants,
      groups: this.groups,
      ports,
      dbrps: this.graph.dbrps,
      newSlot: () => this.#slots++,
      newSeriesSlot,
      running: (other) => this.running(other),
      fail: (message) => fail(`${node.name}: ${message}`)
    })
  }

  /** Each node sends to its children in the order of the script. @returns All edges as DOT lists them. */
  #connect(): RunningEdge[] {
    const position = new Map(this.graph.nodes.map((node, i) => [node, i]))
    return this.graph.nodes.flatMap((parent) => {
      const { out } = this.running(parent)
      // A child may have the same parent twice.
      const taken = new Map<NodeRef, number>()
      const edges = parent.children.map((child) => {
        const source = child.parents.indexOf(parent, taken.get(child) ?? 0)
        taken.set(child, source + 1)
        const edge = new Edge(this.running(child), source)
        out.push(edge)
        return { parent, child, edge }
      })
      return edges.sort((a, b) => position.get(a.child)! - position.get(b.child)!)
    })
  }
}

interface RunningEdge {
  readonly parent: GraphNode
  readonly child: GraphNode
  readonly edge: Edge
}
