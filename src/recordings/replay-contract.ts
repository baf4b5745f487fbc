import type { ReplayOutcome, ReplaySpec } from '../graph/replay-spec.ts'
import type { HandlerCall } from '../graph/spec.ts'
import type { AlertEvent, StateCopy } from '../model/event.ts'
import type { ReplayRecord } from '../store/replays.ts'
import type { TaskRecord } from '../store/tasks.ts'
import type { TaskStats } from '../graph/task.ts'

/** Where replays run: the shards. */
export interface ReplayPool {
  /** Resolves when it has ended. */
  replay(spec: ReplaySpec): Promise<ReplayOutcome>
  cancelReplay(id: string): void
  replayTaskStats(replay: string, replayTask: string): Promise<TaskStats | undefined>
  replayTaskHttpOut(replay: string, replayTask: string, path: string): Promise<string | undefined>
}

/** Topics of one replay, apart from the live ones. */
export interface ReplayTopicsPort {
  open(topic: string, handlers: readonly HandlerCall[]): void
  /** Resolves when there is room for more. */
  collect(events: readonly AlertEvent[]): Promise<void>
  copyState(copy: StateCopy): void
  /** Delivers what it has, though it does not wait for ever. */
  close(): Promise<void>
}

export interface ReplayRequest {
  /** '': a new one. */
  readonly id: string
  readonly task: string
  readonly recordingTime: boolean
  readonly clock: ReplayRecord['clock']
  /** Whether alerts reach their handlers, and other nodes the world. */
  readonly delivers: boolean
}

export interface ReplayProgress {
  readonly points: number
  /** Points of the recording. */
  readonly total: number
  readonly elapsedMs: number
}

/** A task that is replayed. */
export interface ReplayedTask {
  readonly record: ReplayRecord
  readonly task: TaskRecord
  readonly delivers: boolean
}
