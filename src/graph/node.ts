import { AppError } from '../core/errors.ts'
import type { LogFields } from '../core/logger.ts'
import type { Barrier, Batch } from '../model/batch.ts'
import type { Dbrp } from '../model/dbrp.ts'
import type { Group, GroupRegistry } from '../model/group.ts'
import type { Point } from '../model/point.ts'
import type { Edge } from './edge.ts'
import type { EdgeType, NodeRef } from './link.ts'
import type { Ports } from './ports.ts'
import type { BatchFolder, Receiver } from './receiver.ts'
import type { NodeState } from './state.ts'
import type { NodeSpec, OptionsOf, Params, Properties } from './spec.ts'

/**
 * The contract of a running node. Nodes of a task call each other directly and synchronously, one message at a time;
 * a node may also emit later (timers, answers to requests), from the same thread. Messages are shared: never change
 * one. A point's error is told by `error` and dropped, never thrown; what is thrown ends the task.
 */
export abstract class Node<O = unknown> implements Receiver {
  readonly options: O & { readonly quiet: boolean }
  readonly context: NodeContext
  /** One edge a child, in the order of linking. */
  readonly out: Edge[] = []
  /** Statistic `errors`. */
  errors = 0

  constructor(options: O & { readonly quiet: boolean }, context: NodeContext) {
    this.options = options
    this.context = context
  }

  /** @param _source Index of the parent that it comes from. */
  point(_point: Point, _source: number): void {
    throw new Error(`${this.context.name} takes no points`)
  }

  batch(_batch: Batch, _source: number): void {
    throw new Error(`${this.context.name} takes no batches`)
  }

  /** Unless a node says otherwise, barriers and deleted groups are passed on after it has dealt with them. */
  barrier(barrier: Barrier, _source: number): void {
    this.emitBarrier(barrier)
  }

  deleteGroup(group: Group, _source: number): void {
    this.emitDelete(group)
  }

  /** Lets a window hand over points as they come, where a batch need not exist. */
  get folder(): BatchFolder | undefined {
    return undefined
  }

  /** What the node keeps for groups, as it is stored; undefined where it keeps nothing, or cannot store it. */
  get state(): NodeState | undefined {
    return undefined
  }

  /** Starts timers and registers routes, before the first message comes. Children are started before their parents. */
  start(): void {}

  /** No more messages will come (parents before children): emit what may still go out. */
  finish(): void {}

  /** Releases timers and routes, after `finish` of all nodes, also when the task failed. */
  stop(): void {}

  /** Reads again what it read from files when it was made. Throws where that fails; then it goes on with the old. */
  reload(): void {}

  /** Statistic `working_cardinality`. */
  get cardinality(): number {
    return 0
  }

  /** Statistic `collected` of a node that counts by itself what it takes; undefined: what came along its edges. */
  get collected(): number | undefined {
    return undefined
  }

  /** Statistics beyond those that every node has, by name. */
  counters(): Readonly<Record<string, number>> {
    return {}
  }

  // What follows is for use by nodes. Children get messages in reverse order of definition, as in Kapacitor.

  protected emit(point: Point): void {
    const { out } = this
    for (let i = out.length - 1; i >= 0; i--) out[i]!.point(point)
  }

  protected emitBatch(batch: Batch): void {
    const { out } = this
    for (let i = out.length - 1; i >= 0; i--) out[i]!.batch(batch)
  }

  protected emitBarrier(barrier: Barrier): void {
    const { out } = this
    for (let i = out.length - 1; i >= 0; i--) out[i]!.barrier(barrier)
  }

  protected emitDelete(group: Group): void {
    const { out } = this
    for (let i = out.length - 1; i >= 0; i--) out[i]!.deleteGroup(group)
  }

  /** Counts an error in the data and logs it, unless the script said `.quiet()`. */
  protected error(message: string, details?: LogFields): void {
    this.errors++
    if (!this.options.quiet) this.context.ports.log.pointError(this.context.name, message, details)
  }
}

export interface NodeContext {
  /** `window2`. */
  readonly name: string
  readonly taskId: string
  /** `main`, or the id of a replay: first part of anonymous topic names. */
  readonly taskMaster: string
  readonly node: NodeRef
  /** Type of the edge that it reads. */
  readonly edge: EdgeType
  readonly groups: GroupRegistry
  readonly ports: Ports
  readonly dbrps: readonly Dbrp[]
  /** A number of its own, in this graph, below which a node keeps state on groups (`Group.states`). */
  newSlot(): number
  /** A number of its own, in this shard, below which a node keeps what it derives from series (`Series.slots`). */
  newSeriesSlot(): number
  /** The running node of another node of the graph (stats reads the one that it observes). */
  running(node: NodeRef): Node
  /** Ends the task from a timer or an answer; in a message handler throw `NodeError` instead. */
  fail(message: string): void
}

/** Thrown while a message is handled: the task stops with `NODE: MESSAGE`. */
export class NodeError extends Error {
  readonly node: string
  constructor(node: string, message: string) {
    super(message)
    this.name = 'NodeError'
    this.node = node
  }
}

/** Thrown by a node's constructor or `start`: the task does not start; the message is Kapacitor's whole text. */
export class StartError extends AppError {
  constructor(message: string) {
    super('TASK_START', 500, message)
  }
}

export interface NodeDefinition {
  readonly spec: NodeSpec
  create(options: unknown, context: NodeContext): Node
}

type NodeClass<O> = new (options: O, context: NodeContext) => Node

/** Ties a specification to the class that runs it; the default export of a node's file. */
export function defineNode<A extends Params, P extends Properties>(
  spec: NodeSpec<A, P>,
  Class: NodeClass<OptionsOf<{ args: A; properties: P }>>
): NodeDefinition {
  return defineNodeBy(spec, (options, context) => new Class(options, context))
}

/** Defines a node whose options decide on its class. */
export function defineNodeBy<A extends Params, P extends Properties>(
  spec: NodeSpec<A, P>,
  create: (options: OptionsOf<{ args: A; properties: P }>, context: NodeContext) => Node
): NodeDefinition {
  return {
    spec: spec as unknown as NodeSpec,
    create: (options, context) => create(options as OptionsOf<{ args: A; properties: P }>, context)
  }
}
