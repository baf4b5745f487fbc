import { randomUUID } from 'node:crypto'
import type { ReplayTaskOutcome } from '../graph/replay-spec.ts'
import type { TaskStats } from '../graph/task.ts'
import type { ReplayedTask, ReplayPool, ReplayProgress } from './replay-contract.ts'
import type { RecordWork } from './service.ts'

/** A scan of an archive under way, with the tasks that are replayed in it. */
export class ReplayScan {
  readonly id = randomUUID()
  /** Points done and in all. */
  readonly progress = new BigInt64Array(new SharedArrayBuffer(16))
  readonly startedMs = performance.now()
  readonly replays: readonly ReplayedTask[]
  /** Why the scan ends early; '' where it does not. */
  cutFor = ''
  readonly #shards: ReplayPool
  #recording: RecordWork | undefined

  constructor(replays: readonly ReplayedTask[], shards: ReplayPool) {
    this.replays = replays
    this.#shards = shards
  }

  cut(reason: string): void {
    this.cutFor ||= reason
    this.#recording?.cut(reason)
    this.#shards.cancelReplay(this.id)
  }

  /** Waits for the recording of its points. */
  async recorded(recording: RecordWork): Promise<void> {
    this.#recording = recording
    if (this.cutFor !== '') recording.cut(this.cutFor)
    const { error } = await recording.outcome
    this.#recording = undefined
    if (error !== '') throw new Error(error)
  }
}

interface RunningReplay {
  readonly scan: ReplayScan
  readonly replayed: ReplayedTask
  readonly ended: Promise<void>
}

/** The scans under way, by their replays. */
export class ReplayScans {
  readonly #shards: ReplayPool
  readonly #running = new Map<string, RunningReplay>()

  constructor(shards: ReplayPool) {
    this.#shards = shards
  }

  has(replay: string): boolean {
    return this.#running.has(replay)
  }

  /** The replay of an id, while it runs. */
  find(replay: string): ReplayedTask | undefined {
    return this.#running.get(replay)?.replayed
  }

  /** A replay of a task, while it runs. */
  findOfTask(task: string): ReplayedTask | undefined {
    return [...this.#running.values()].find(({ replayed }) => replayed.task.id === task)?.replayed
  }

  progressOf(replay: string): ReplayProgress | undefined {
    const scan = this.#running.get(replay)?.scan
    if (scan === undefined) return undefined
    const [points, total] = scan.progress
    return { points: Number(points), total: Number(total), elapsedMs: performance.now() - scan.startedMs }
  }

  async stats(replay: string): Promise<TaskStats | undefined> {
    const scan = this.#running.get(replay)?.scan
    return scan && (await this.#shards.replayTaskStats(scan.id, replay))
  }

  async httpOut(replay: string, path: string): Promise<string | undefined> {
    const scan = this.#running.get(replay)?.scan
    return scan && (await this.#shards.replayTaskHttpOut(scan.id, replay, path))
  }

  /**
   * Lets tasks be replayed in the background.
   * @param work Never rejects; gives what became of each, in their order.
   * @param end Told of each when it is not among the running ones any more; never rejects.
   */
  begin(
    replays: readonly ReplayedTask[],
    work: (scan: ReplayScan) => Promise<readonly ReplayTaskOutcome[]>,
    end: (replayed: ReplayedTask, outcome: ReplayTaskOutcome) => Promise<void>
  ): void {
    const scan = new ReplayScan(replays, this.#shards)
    const ended = work(scan).then(async (outcomes) => {
      for (const { record } of replays) this.#running.delete(record.id)
      for (const [i, replayed] of replays.entries()) await end(replayed, outcomes[i]!)
    })
    for (const replayed of replays) this.#running.set(replayed.record.id, { scan, replayed, ended })
  }

  /** Ends the scan of a replay; resolves when it has ended. */
  async cut(replay: string, reason: string): Promise<void> {
    const running = this.#running.get(replay)
    running?.scan.cut(reason)
    await running?.ended
  }

  async cutAll(reason: string): Promise<void> {
    await Promise.all([...this.#running.keys()].map((replay) => this.cut(replay, reason)))
  }
}
