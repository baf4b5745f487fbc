import type { RecorderStart } from '../archive/recorders.ts'
import { messageOf } from '../core/errors.ts'
import type { ReplayOutcome, ReplaySpec } from '../graph/replay-spec.ts'
import type { TaskStats } from '../graph/task.ts'
import { jobKey, type Placement } from './placement.ts'

const RECORD_MS = 5000

/** What runs in shards for a while and ends with the thread: recorders of streams, and replays. */
export class ShardJobs {
  readonly #placement: Placement

  constructor(placement: Placement) {
    this.#placement = placement
  }

  /** Starts a recorder where the streams are read; resolves when it reads. Its port is transferred. */
  async record(start: RecorderStart): Promise<void> {
    const key = jobKey('recording', start.id)
    const { shard, owner } = this.#placement.place(key, start.dbrps)
    try {
      await shard.ask({ kind: 'record', owner, ...start }, { owner, transfer: [start.port], withinMs: RECORD_MS })
    } catch (error) {
      this.cutRecording(start.id, messageOf(error))
      this.#placement.remove(key)
      throw error
    }
  }

  /** Ends a recording that goes on. */
  cutRecording(id: string, reason: string): void {
    this.#placement.shardOf(jobKey('recording', id))?.post({ kind: 'cut', id, reason })
  }

  /** A recorder has ended. */
  forgetRecording(id: string): void {
    this.#placement.remove(jobKey('recording', id))
  }

  /** Runs a replay in the idlest shard; resolves when it has ended, rejects where the shard died. */
  async replay(spec: ReplaySpec): Promise<ReplayOutcome> {
    const key = jobKey('replay', spec.id)
    const { shard, owner } = this.#placement.place(key, [])
    const tasks = spec.tasks.map((replayTask) => ({ ...replayTask, task: { ...replayTask.task, owner } }))
    try {
      return (await shard.ask({ kind: 'replay', spec: { ...spec, tasks } }, { owner })) as ReplayOutcome
    } finally {
      this.#placement.remove(key)
    }
  }

  cancelReplay(id: string): void {
    this.#placement.shardOf(jobKey('replay', id))?.post({ kind: 'cancelReplay', id })
  }

  /** Statistics of one task of a replay; undefined where it does not run. */
  async replayTaskStats(replay: string, replayTask: string): Promise<TaskStats | undefined> {
    const shard = this.#placement.shardOf(jobKey('replay', replay))
    return shard && ((await shard.askSoon({ kind: 'replayTaskStats', replayTask })) as TaskStats | undefined)
  }

  async replayTaskHttpOut(replay: string, replayTask: string, path: string): Promise<string | undefined> {
    const shard = this.#placement.shardOf(jobKey('replay', replay))
    return shard && ((await shard.askSoon({ kind: 'replayTaskHttpOut', replayTask, path })) as string | undefined)
  }
}
