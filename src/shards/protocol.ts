import type { MessagePort } from 'node:worker_threads'
import type { WireError } from '../core/errors.ts'
import type { LogFields } from '../core/logger.ts'
import type { ActivityCells } from '../engine/activity.ts'
import type { LogLevel } from '../core/log-level.ts'
import type { EngineGauges, EngineSettings, HttpEndpoints, InhibitorChange } from '../engine/contract.ts'
import type { ReplayOutcome, ReplaySpec } from '../graph/replay-spec.ts'
import type { ClusterSettings } from '../influxdb/settings.ts'
import type { Precision } from '../lineproto/precision.ts'
import type { AlertEvent, StateCopy } from '../model/event.ts'
import type { LoopedLines, LoopedLoss } from '../model/looped.ts'
import type { RecorderStart } from '../archive/recorders.ts'
import type { IngressCount, RunnableTask, TaskStats } from '../graph/task.ts'

/** What a shard thread is started with; the port speaks the messages below. */
export interface ShardStart {
  readonly name: string
  readonly settings: EngineSettings
  readonly port: MessagePort
  /** See `RootLogger.gate`. */
  readonly logGate: Int32Array<SharedArrayBuffer>
  /** Where the thread tells its activity. */
  readonly activity: ActivityCells
}

/** A message to a shard. A `request` number is answered by exactly one `done` that bears it. */
export type ToShard =
  | { readonly kind: 'start'; readonly request: number; readonly task: RunnableTask }
  | { readonly kind: 'stop'; readonly request: number; readonly id: string }
  | { readonly kind: 'stats'; readonly request: number; readonly id: string }
  | { readonly kind: 'httpOut'; readonly request: number; readonly id: string; readonly path: string }
  | WriteMessage
  | { readonly kind: 'gauges'; readonly request: number }
  | { readonly kind: 'ingress'; readonly request: number }
  | { readonly kind: 'reload'; readonly request: number }
  | { readonly kind: 'endpoints'; readonly endpoints: HttpEndpoints }
  | { readonly kind: 'clusters'; readonly clusters: readonly ClusterSettings[] }
  | { readonly kind: 'inhibitor'; readonly change: InhibitorChange }
  /** What becomes of a shard's `loopback`, see `LoopedFate`. */
  | { readonly kind: 'loopedProcessed'; readonly loopback: number }
  | { readonly kind: 'loopedEnded'; readonly loopback: number; readonly refused: LoopedLoss | undefined }
  | RecordMessage
  /** End a recording that goes on. */
  | { readonly kind: 'cut'; readonly id: string; readonly reason: string }
  /** Answered when it has ended. */
  | { readonly kind: 'replay'; readonly request: number; readonly spec: ReplaySpec }
  | { readonly kind: 'cancelReplay'; readonly id: string }
  | { readonly kind: 'replayTaskStats'; readonly request: number; readonly replayTask: string }
  | { readonly kind: 'replayTaskHttpOut'; readonly request: number; readonly replayTask: string; readonly path: string }
  /** Answer to `replayEvents`. */
  | { readonly kind: 'replayEventsTaken'; readonly replayTask: string; readonly events: number }
  /** Asks for a sign of life in the thread's activity, and for no answer. */
  | { readonly kind: 'ping' }
  /** Drain, stop all tasks, end the thread's job. */
  | { readonly kind: 'close'; readonly request: number }

export interface WriteMessage {
  readonly kind: 'write'
  readonly request: number
  readonly db: string
  readonly rp: string
  readonly precision: Precision
  /** An ArrayBuffer is transferred, and comes back with the answer; a SharedArrayBuffer is read by several shards. */
  readonly bytes: ArrayBuffer | SharedArrayBuffer
  readonly length: number
  /** Whether this shard counts the points: one does of the several that get a body. */
  readonly isCounted: boolean
  /** How many times tasks have written it back; 0 for what comes from outside. */
  readonly hop: number
}

/** The port is transferred. */
export interface RecordMessage extends RecorderStart {
  readonly kind: 'record'
  /** Number under which the thread's activity tells of the recorder. */
  readonly owner: number
  readonly request: number
}

export type ShardAnswer =
  TaskStats | ReplayOutcome | EngineGauges | readonly IngressCount[] | LoopedLoss | string | undefined

/** A message from a shard. */
export type FromShard =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'done'
      readonly request: number
      readonly answer?: ShardAnswer
      readonly error?: WireError
      /** The buffer of a write, to be used again. */
      readonly bytes?: ArrayBuffer
    }
  /** A body has been processed; its answer waits until its readers have less under way. */
  | { readonly kind: 'held'; readonly request: number }
  | { readonly kind: 'events'; readonly events: readonly AlertEvent[] }
  | { readonly kind: 'stateCopied'; readonly copy: StateCopy }
  | { readonly kind: 'replayEvents'; readonly replayTask: string; readonly events: readonly AlertEvent[] }
  | { readonly kind: 'replayStateCopied'; readonly replayTask: string; readonly copy: StateCopy }
  | { readonly kind: 'failed'; readonly id: string; readonly message: string }
  | { readonly kind: 'loopback'; readonly loopback: number; readonly looped: LoopedLines }
  | { readonly kind: 'inhibitor'; readonly change: InhibitorChange }
  | {
      readonly kind: 'log'
      readonly level: LogLevel
      readonly message: string
      readonly details: LogFields
    }
