import { type AppError, messageOf } from '../core/errors.ts'
import { within } from '../core/within.ts'
import type { RunnableTask, TaskRunner, TaskStats, TopicState } from '../graph/task.ts'
import { isOfDeadShard } from './errors.ts'
import type { Placement } from './placement.ts'
import type { Shard } from './shard.ts'
import type { ShardThreadsOptions } from './threads.ts'

export interface ShardTasksOptions extends Pick<ShardThreadsOptions, 'log'> {
  /** Levels that topics hold, for tasks that start again. */
  readonly topicStates: (topics: readonly string[]) => readonly TopicState[]
}

/** How long shards may take over what they are asked: somebody waits for the answer. */
const START_MS = 5000
const STOP_MS = 5000

/** A task that runs, or is to run as soon as its shard does. */
interface PlacedTask {
  readonly task: RunnableTask
  readonly shard: Shard
  readonly owner: number
  /** Told of the outcome of the first start, until that is known. */
  starting: { accept(): void; refuse(error: unknown): void } | undefined
  /** Statistics that were told last. */
  stats: TaskStats | undefined
}

/** The tasks that run in shards, each in one: through the deaths of their threads until they are stopped or fail. */
export class ShardTasks implements TaskRunner {
  readonly #placement: Placement
  readonly #options: ShardTasksOptions
  readonly #running = new Map<string, PlacedTask>()
  readonly #failedListeners: ((id: string, message: string) => void)[] = []

  constructor(placement: Placement, options: ShardTasksOptions) {
    this.#placement = placement
    this.#options = options
  }

  /** Resolves also where the shard takes too long: then the task runs as soon as the shard does, or has failed. */
  async start(task: RunnableTask): Promise<void> {
    const { shard, owner } = this.#placement.place(task.id, task.type === 'stream' ? task.dbrps : [])
    const run: PlacedTask = { task: { ...task, owner }, shard, owner, starting: undefined, stats: undefined }
    this.#running.set(task.id, run)
    const started = new Promise<void>((accept, refuse) => (run.starting = { accept, refuse }))
    // Otherwise it starts with all others of the shard.
    if (shard.isReady) void this.#startIn(shard, run, task)
    await within(START_MS, started, () => {
      run.starting = undefined
      this.#options.log('warn', 'a task starts late: its shard does not answer', { task: task.id, shard: shard.name })
    })
  }

  /** Fails with SHARD_SILENT where the task goes on until its shard comes to it. */
  async stop(id: string): Promise<void> {
    const shard = this.#placement.shardOf(id)
    if (shard === undefined) return
    this.#running.delete(id)
    this.#placement.remove(id)
    if (shard.isReady) await shard.ask({ kind: 'stop', id }, { withinMs: STOP_MS })
  }

  /** What the shard told last, where it does not answer. */
  async stats(id: string): Promise<TaskStats | undefined> {
    const run = this.#running.get(id)
    if (run === undefined) return undefined
    const stats = (await run.shard.askOrForgo({ kind: 'stats', id })) as TaskStats | undefined
    if (stats !== undefined) run.stats = stats
    return run.stats
  }

  async httpOut(id: string, path: string): Promise<string | undefined> {
    const shard = this.#placement.shardOf(id)
    return shard && ((await shard.askSoon({ kind: 'httpOut', id, path })) as string | undefined)
  }

  onFailed(listener: (id: string, message: string) => void): void {
    this.#failedListeners.push(listener)
  }

  /**
   * Starts what the shard's last thread has left, one after the other, so that one that makes it hang is found.
   * @returns How many tasks these were. They are not all started where the thread has died meanwhile.
   */
  async restore(shard: Shard): Promise<number> {
    const { generation } = shard
    const runs = [...this.#running.values()].filter((run) => run.shard === shard)
    for (const run of runs) {
      if (this.#running.get(run.task.id) !== run) continue
      const topicStates = this.#options.topicStates(run.task.topics ?? [])
      await this.#startIn(shard, run, { ...run.task, topicStates })
      if (shard.generation !== generation) break
    }
    return runs.length
  }

  /** A shard says that a task of its has ended by itself. */
  failed(shard: Shard, id: string, message: string): void {
    const run = this.#running.get(id)
    if (run?.shard === shard) this.#end(run, message)
  }

  /** The task that has this number is not to run again. */
  setAside(owner: number, error: AppError): void {
    const id = this.#placement.findOwner(owner)
    const run = id === undefined ? undefined : this.#running.get(id)
    if (run !== undefined) this.#end(run, error)
  }

  /** Starts a task, for the first time or again. */
  async #startIn(shard: Shard, run: PlacedTask, task: RunnableTask): Promise<void> {
    const { owner } = run
    try {
      await shard.ask({ kind: 'start', task: { ...task, owner } }, { owner })
    } catch (error) {
      // The task starts with the next thread.
      if (!isOfDeadShard(error)) this.#end(run, error)
      return
    }
    run.starting?.accept()
    run.starting = undefined
  }

  /** A task has not started, or has ended by itself. */
  #end(run: PlacedTask, error: unknown): void {
    const { id } = run.task
    if (this.#running.get(id) !== run) return
    this.#running.delete(id)
    this.#placement.remove(id)
    if (run.starting !== undefined) return run.starting.refuse(error)
    for (const listener of this.#failedListeners) listener(id, messageOf(error))
  }
}
