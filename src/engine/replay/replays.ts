import type { ReplayOutcome, ReplaySpec } from '../../graph/replay-spec.ts'
import { ReplayRun } from './run.ts'
import type { ReplayHost, ReplayTask } from './task.ts'

/** The replays of a shard. */
export class Replays {
  readonly #host: ReplayHost
  readonly #runs = new Map<string, ReplayRun>()

  constructor(host: ReplayHost) {
    this.#host = host
  }

  /** Runs tasks over an archive; see `ReplayRun`. */
  async run(spec: ReplaySpec): Promise<ReplayOutcome> {
    const run = new ReplayRun(spec, this.#host)
    this.#runs.set(spec.id, run)
    try {
      return await run.run()
    } finally {
      this.#runs.delete(spec.id)
    }
  }

  cancel(id: string): void {
    this.#runs.get(id)?.cancel()
  }

  cancelAll(): void {
    for (const run of this.#runs.values()) run.cancel()
  }

  /** A task of a replay that goes on. */
  findTask(id: string): ReplayTask | undefined {
    for (const run of this.#runs.values()) {
      const task = run.findTask(id)
      if (task !== undefined) return task
    }
    return undefined
  }

  /** Events of a task have been taken over. */
  acknowledge(id: string, events: number): void {
    for (const run of this.#runs.values()) run.acknowledge(id, events)
  }

  /** Measures the throughput of all tasks; called once a second. */
  measureThroughput(): void {
    for (const run of this.#runs.values()) run.measureThroughput()
  }
}
