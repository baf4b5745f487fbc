import type { Dbrp } from '../model/dbrp.ts'
import type { Level } from '../model/event.ts'
import type { GlobalAlerts } from './ports.ts'
import type { EdgeType } from './link.ts'
import type { ScriptValue } from '../tick/value.ts'

/**
 * What the task service asks of whatever runs tasks; `shards/pool.ts` is it, a test brings a fake.
 * It stands here, below both. All of it is plain data, since it crosses to worker threads.
 */
export interface TaskRunner {
  /** Resolves when the task is ready for points. Rejects with the start error in Kapacitor's words. */
  start(task: RunnableTask): Promise<void>
  /** Drains and ends a task; resolves also where it does not run. */
  stop(id: string): Promise<void>
  /** undefined where the task does not run. */
  stats(id: string): Promise<TaskStats | undefined>
  /** Body of an httpOut endpoint of a running task; undefined where there is none of that path. */
  httpOut(id: string, path: string): Promise<string | undefined>
  /** Told once when a running task ends by itself; `message` is `NODE: TEXT`. */
  onFailed(listener: (id: string, message: string) => void): void
}

export interface RunnableTask {
  readonly id: string
  readonly type: EdgeType
  readonly script: string
  readonly vars: ReadonlyMap<string, ScriptValue>
  readonly dbrps: readonly Dbrp[]
  /** Topics of its alert nodes, and the levels that these hold: where the nodes go on from. */
  readonly topics?: readonly string[]
  readonly topicStates?: readonly TopicState[]
  /** What the configuration lays upon its alert nodes, as it was when the task was started. */
  readonly globals?: GlobalAlerts
  /** Number under which a shard tells that it works for the task; set by whoever watches the shards. */
  readonly owner?: number
}

/** Level that a topic holds for an event id. */
export interface TopicState {
  readonly topic: string
  readonly eventId: string
  readonly level: Level
  readonly timeNs: bigint
}

export interface TaskStats {
  /** Points (stream) or batches (batch) that entered in the last full second. */
  readonly throughput: number
  /**
   * Statistics by node name. Every node has avg_exec_time_ns, collected, emitted, errors, working_cardinality, and its
   * own.
   */
  readonly nodes: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Messages that went along each edge, in the order in which DOT prints them. */
  readonly edges: readonly { readonly parent: string; readonly child: string; readonly count: number }[]
}

/** Points that have come in for one measurement. */
export interface IngressCount {
  readonly db: string
  readonly rp: string
  readonly measurement: string
  readonly points: number
}
