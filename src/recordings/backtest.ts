import { randomUUID } from 'node:crypto'
import { defineError } from '../core/errors.ts'
import type { ReplayTaskOutcome } from '../graph/replay-spec.ts'
import type { GlobalAlerts } from '../graph/ports.ts'
import type { RunnableTask } from '../graph/task.ts'
import type { TaskService, TaskVersion } from '../tasks/service.ts'
import { taskTopicsOf } from '../tasks/task-topics.ts'
import type { Archives } from './archives.ts'
import { ReplayRecordingNotFound, RecordingRuns } from './errors.ts'
import type { ReplayEvents } from './replay-events.ts'
import type { ReplayPool } from './replay-contract.ts'
import type { RecordingService } from './service.ts'
import { compareTransitions, type Transition, type TransitionDiff, TransitionLog } from './transitions.ts'

export interface BacktestOptions {
  readonly recordings: RecordingService
  readonly archives: Archives
  readonly shards: ReplayPool
  readonly events: ReplayEvents
  readonly tasks: TaskService
  /** What the configuration, as it is now, lays upon every alert node. */
  readonly globals: () => GlobalAlerts
}

export interface VersionResult {
  /** Why the version did not run to the end; '' where it did. */
  readonly error: string
  readonly events: number
  readonly transitions: readonly Transition[]
  /** Whether the version had more transitions than are kept. */
  readonly isCut: boolean
  readonly stats: ReplayTaskOutcome['stats']
}

export interface BacktestResult {
  readonly points: number
  readonly before: VersionResult
  readonly after: VersionResult
  readonly diff: TransitionDiff
}

/** Backtests that run at a time: each keeps a shard busy. */
const AT_A_TIME = 2
/** Gives every alert node a topic of its own, so that it tells its events. */
const TELLING_KIND = 'log'

export const BacktestsBusy = defineError('BACKTESTS_BUSY', 503, () => 'too many backtests run, try again later')

/** Runs two versions of a task over a recording, in one scan, and compares what they tell. Nothing leaves. */
export class Backtests {
  readonly #options: BacktestOptions
  #running = 0

  constructor(options: BacktestOptions) {
    this.#options = options
  }

  /**
   * Fails with what a definition fails with, REPLAY_RECORDING_NOT_FOUND, RECORDING_RUNS or BACKTESTS_BUSY; failures of
   * a version are in its result.
   * @param signal Ends it early.
   */
  async run(recording: string, before: TaskVersion, after: TaskVersion, signal: AbortSignal): Promise<BacktestResult> {
    const record = this.#options.recordings.find(recording)
    if (record === undefined) throw ReplayRecordingNotFound()
    if (record.status === 'running') throw RecordingRuns(recording)
    const versions = [this.#replayed(before), this.#replayed(after)]
    if (this.#running >= AT_A_TIME) throw BacktestsBusy()
    this.#running++
    try {
      return await this.#scan(recording, versions, signal)
    } finally {
      this.#running--
    }
  }

  async #scan(recording: string, versions: readonly ReplayedVersion[], signal: AbortSignal): Promise<BacktestResult> {
    const { archives, shards, events } = this.#options
    const id = randomUUID()
    const progress = new BigInt64Array(new SharedArrayBuffer(16))
    const cancel = (): void => shards.cancelReplay(id)
    for (const { id: replayed, log } of versions) events.open(replayed, log)
    signal.addEventListener('abort', cancel)
    try {
      const common = { clock: 'fast', recordingTime: true, dropsEmptyBatches: true, progress } as const
      const specs = versions.map(({ id: replayed, task }) => ({ id: replayed, task, isMuted: true, emitsAll: true }))
      const { outcomes: outcomes } = await archives.read(archives.pathOf(recording), (path) =>
        shards.replay({ id, path, tasks: specs, ...common })
      )
      const [before, after] = versions.map(({ log }, i): VersionResult => {
        const { error, stats } = outcomes[i]!
        return { error, stats, events: log.events, transitions: log.list, isCut: log.isCut }
      })
      const diff = compareTransitions(before!.transitions, after!.transitions)
      return { points: Number(progress[1]), before: before!, after: after!, diff }
    } finally {
      signal.removeEventListener('abort', cancel)
      for (const { id: replayed } of versions) events.close(replayed)
    }
  }

  #replayed(version: TaskVersion): ReplayedVersion {
    const { tasks } = this.#options
    const { graph, ...task } = tasks.version(version)
    const globals = this.#options.globals()
    const id = randomUUID()
    const topics = taskTopicsOf(id, task.id, graph, [...globals.kinds, TELLING_KIND])
    return { id, task: { ...task, globals }, log: new TransitionLog(topics.map(({ topic }) => topic)) }
  }
}

interface ReplayedVersion {
  readonly id: string
  readonly task: RunnableTask
  readonly log: TransitionLog
}
