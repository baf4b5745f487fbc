import type { RunnableTask, TaskStats } from './task.ts'

/** A replay for a shard: one scan of an archive for any number of tasks. Plain data. */
export interface ReplaySpec {
  readonly id: string
  /** File of the archive. */
  readonly path: string
  readonly tasks: readonly ReplayTaskSpec[]
  /** `fast` waits for nothing; `real` keeps the distances of the points. */
  readonly clock: 'fast' | 'real'
  /** Points keep their times; otherwise the first one gets the time of the replay. */
  readonly recordingTime: boolean
  /** Whether batches without points are left out. */
  readonly dropsEmptyBatches: boolean
  /** Points done and points in all, to be looked at while it goes on. */
  readonly progress: BigInt64Array<SharedArrayBuffer>
}

/** One task of a replay, apart from everything that lives. */
export interface ReplayTaskSpec {
  /** Unique in the process; first part of the names of anonymous topics. */
  readonly id: string
  readonly task: RunnableTask
  /** Whether nothing of the task reaches the world. Its events are told in any case. */
  readonly isMuted: boolean
  /** Whether alerts without handlers and topic tell their events, too. */
  readonly emitsAll: boolean
}

export interface ReplayOutcome {
  /** Outcomes in the order of the tasks. */
  readonly outcomes: readonly ReplayTaskOutcome[]
  readonly wasCancelled: boolean
}

export interface ReplayTaskOutcome {
  /** undefined where it did not start. */
  readonly stats: TaskStats | undefined
  /** '' where all went well. */
  readonly error: string
  /** What its httpOut endpoints had in the end, by path. */
  readonly httpOut: Readonly<Record<string, string>>
}
