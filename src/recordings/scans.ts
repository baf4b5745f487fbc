import { randomUUID } from 'node:crypto'
import type { LaneOutcome } from '../graph/replay-spec.ts'
import type { TaskStats } from '../graph/task.ts'
import type { ReplayedTask, ReplayPool, ReplayProgress } from './replay-contract.ts'
import type { Work } from './service.ts'

/** A scan of an archive under way, with the tasks that are replayed in it. */
export class Scan {
  readonly id = randomUUID()
  /** Points done and in all. */
  readonly progress = new BigInt64Array(new SharedArrayBuffer(16))
  readonly startedMs = performance.now()
  readonly lanes: readonly ReplayedTask[]
  /** Why it ends early; '' where it does not. */
  cutFor = ''
  readonly #shards: ReplayPool
  #asking: Work | undefined

  constructor(lanes: readonly ReplayedTask[], shards: ReplayPool) {
    this.lanes = lanes
    this.#shards = shards
  }

  cut(reason: string): void {
    this.cutFor ||= reason
    this.#asking?.cut(reason)
    this.#shards.cancelReplay(this.id)
  }

  /** Waits for what asks for its points. */
  async asked(asking: Work): Promise<void> {
    this.#asking = asking
    if (this.cutFor !== '') asking.cut(this.cutFor)
    const { error } = await asking.outcome
    this.#asking = undefined
    if (error !== '') throw new Error(error)
  }
}

interface Running {
  readonly scan: Scan
  readonly lane: ReplayedTask
  readonly ended: Promise<void>
}

/** The scans under way, by their replays. */
export class Scans {
  readonly #shards: ReplayPool
  readonly #running = new Map<string, Running>()

  constructor(shards: ReplayPool) {
    this.#shards = shards
  }

  has(replay: string): boolean {
    return this.#running.has(replay)
  }

  /** That it is of. */
  find(replay: string): ReplayedTask | undefined {
    return this.#running.get(replay)?.lane
  }

  /** One of a task. */
  findOfTask(task: string): ReplayedTask | undefined {
    return [...this.#running.values()].find(({ lane }) => lane.task.id === task)?.lane
  }

  progressOf(replay: string): ReplayProgress | undefined {
    const scan = this.#running.get(replay)?.scan
    if (scan === undefined) return undefined
    const [points, total] = scan.progress
    return { points: Number(points), total: Number(total), elapsedMs: performance.now() - scan.startedMs }
  }

  async stats(replay: string): Promise<TaskStats | undefined> {
    const scan = this.#running.get(replay)?.scan
    return scan && (await this.#shards.laneStats(scan.id, replay))
  }

  async httpOut(replay: string, path: string): Promise<string | undefined> {
    const scan = this.#running.get(replay)?.scan
    return scan && (await this.#shards.laneHttpOut(scan.id, replay, path))
  }

  /**
   * Lets tasks be replayed in the background.
   * @param work Never rejects; gives what became of each, in their order.
   * @param end Told of each when it is not among the running ones any more; never rejects.
   */
  begin(
    lanes: readonly ReplayedTask[],
    work: (scan: Scan) => Promise<readonly LaneOutcome[]>,
    end: (lane: ReplayedTask, outcome: LaneOutcome) => Promise<void>
  ): void {
    const scan = new Scan(lanes, this.#shards)
    const ended = work(scan).then(async (outcomes) => {
      for (const { record } of lanes) this.#running.delete(record.id)
      for (const [i, lane] of lanes.entries()) await end(lane, outcomes[i]!)
    })
    for (const lane of lanes) this.#running.set(lane.record.id, { scan, lane, ended })
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
