import { within } from '../core/within.ts'
import type { EngineSettings, HttpEndpoints } from '../engine/contract.ts'
import type { ClusterSettings } from '../influxdb/settings.ts'
import type { AlertEvent, StateCopy } from '../model/event.ts'
import { ShardJobs } from './jobs.ts'
import { passLooped, type TakeLooped } from './looped.ts'
import { Placement } from './placement.ts'
import type { FromShard } from './protocol.ts'
import { ShardReadings } from './readings.ts'
import { Shard } from './shard.ts'
import { SharedInhibitors } from './shared-inhibitors.ts'
import { ShardTasks, type ShardTasksOptions } from './tasks.ts'
import { type ShardKeeper, ShardThreads, type ShardThreadsOptions } from './threads.ts'
import { ShardWrites } from './writes.ts'

export interface ShardPoolOptions extends ShardThreadsOptions, ShardTasksOptions {
  readonly engine: EngineSettings
  readonly maxInFlightBytes: number
  readonly logGate: Int32Array<SharedArrayBuffer>
  /** Events of one shard that wait to be stored at which its writers wait. */
  readonly maxUncommitted: number
  /** Resolves when they are stored: until then the write that caused them is not answered. */
  readonly onEvents: (events: readonly AlertEvent[]) => Promise<void>
  /** Resolves when it is stored. */
  readonly onStateCopied: (copy: StateCopy) => Promise<void>
  /** Takes over events of a task of a replay; never rejects. */
  readonly onReplayEvents: (replayTask: string, events: readonly AlertEvent[]) => Promise<void>
  readonly onReplayStateCopied: (replayTask: string, copy: StateCopy) => void
  readonly onLoopback: TakeLooped
}

/** How long shards may take over what they are asked: somebody waits for the answer. */
const RELOAD_MS = 5000
const CLOSE_MS = 3000
/** All shards start together; the server does not wait for more before it answers. */
const OPEN_MAX_MS = 30_000

/**
 * The shards and what runs in them. Whatever a thread does, whoever asks gets an answer in time: one that died is
 * started again with its tasks while the others go on, and one that does not answer is spoken for by what it told last.
 */
export class ShardPool {
  readonly tasks: ShardTasks
  readonly jobs: ShardJobs
  readonly writes: ShardWrites
  readonly readings: ShardReadings
  readonly #options: ShardPoolOptions
  readonly #shards: readonly Shard[]
  readonly #threads: ShardThreads
  readonly #inhibitors: SharedInhibitors
  readonly #page: NodeJS.Timeout
  #endpoints: HttpEndpoints
  #clusters: readonly ClusterSettings[]
  readonly #opened: Promise<unknown>
  #resolveOpened: () => void = () => {}

  constructor(options: ShardPoolOptions) {
    this.#options = options
    this.#endpoints = options.engine.endpoints
    this.#clusters = options.engine.influxdb
    this.#opened = new Promise<void>((resolve) => (this.#resolveOpened = resolve))
    this.#shards = Array.from(
      { length: options.count },
      (_, index) => new Shard(`shard-${index}`, options, (shard, message) => this.#onMessage(shard, message))
    )
    const placement = new Placement(this.#shards)
    this.tasks = new ShardTasks(placement, options)
    this.jobs = new ShardJobs(placement)
    this.writes = new ShardWrites(placement, options.stallLimitMs)
    this.readings = new ShardReadings(this.#shards)
    this.#inhibitors = new SharedInhibitors(this.#shards)
    const keeper: ShardKeeper = {
      start: ({ name }) => ({
        name,
        settings: { ...options.engine, endpoints: this.#endpoints, influxdb: this.#clusters },
        logGate: options.logGate
      }),
      describe: (owner) => placement.describe(owner),
      died: (shard) => this.#inhibitors.forget(shard),
      setAside: (owner, error) => this.tasks.setAside(owner, error)
    }
    this.#threads = new ShardThreads(options, keeper)
    for (const shard of this.#shards) this.#threads.run(shard)
    this.#page = setInterval(() => placement.resetLoad(), 10_000).unref()
  }

  /** Resolves when all threads are there, or do not come: writers wait for them then. */
  async ready(): Promise<void> {
    const isLate = await within(OPEN_MAX_MS, this.#opened, () => true)
    if (isLate === true) this.#options.log('error', 'shards do not start', { 'after-ms': OPEN_MAX_MS })
  }

  /** Times that a thread died. */
  get deaths(): number {
    return this.#threads.deaths
  }

  /** How many of these it was ended since it hung. */
  get stalls(): number {
    return this.#threads.stalls
  }

  /** Gives all shards the endpoints of httppost as they are from now on: what is started next finds them there. */
  setEndpoints(endpoints: HttpEndpoints): void {
    this.#endpoints = endpoints
    for (const shard of this.#shards) shard.post({ kind: 'endpoints', endpoints })
  }

  /** Gives all shards the credentials of clusters of InfluxDB as they are from now on. */
  setClusters(clusters: readonly ClusterSettings[]): void {
    this.#clusters = clusters
    for (const shard of this.#shards) shard.post({ kind: 'clusters', clusters })
  }

  /** Lets nodes read their sources anew (sideload). Rejects with what the first says that cannot. */
  async reload(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => shard.ask({ kind: 'reload' }, { withinMs: RELOAD_MS })))
  }

  /** Drains and stops all tasks, then the threads; none of which is waited for long. */
  async close(): Promise<void> {
    this.#threads.closing()
    clearInterval(this.#page)
    await Promise.all(
      this.#shards.map(async (shard) => {
        if (!shard.isReady) return
        const closed = shard.ask({ kind: 'close' }).catch(() => undefined) // Nothing runs where its thread has died.
        const isLate = await within(CLOSE_MS, closed, () => true)
        if (isLate === true) this.#options.log('error', 'a shard did not stop its tasks in time', { shard: shard.name })
      })
    )
    await this.#threads.close()
    for (const shard of this.#shards) shard.close()
  }

  /** A thread answers: it gets what its predecessor had, then writers may come in. */
  async #restore(shard: Shard): Promise<void> {
    const { generation } = shard
    this.#inhibitors.restore(shard)
    const tasks = await this.tasks.restore(shard)
    // The thread has died meanwhile.
    if (shard.generation !== generation) return
    shard.open()
    if (generation > 0) this.#options.log('info', 'shard is back', { shard: shard.name, tasks })
    if (this.#shards.every(({ isOpen }) => isOpen)) this.#resolveOpened()
  }

  #onMessage(shard: Shard, message: FromShard): void {
    switch (message.kind) {
      case 'ready':
        shard.ready()
        void this.#restore(shard)
        return
      case 'events':
        return shard.commits.track(message.events.length, this.#options.onEvents(message.events))
      case 'stateCopied':
        return shard.commits.track(1, this.#options.onStateCopied(message.copy))
      case 'replayStateCopied':
        return this.#options.onReplayStateCopied(message.replayTask, message.copy)
      case 'replayEvents': {
        const { replayTask, events } = message
        void this.#options.onReplayEvents(replayTask, events).finally(() => {
          shard.post({ kind: 'replayEventsTaken', replayTask, events: events.length })
        })
        return
      }
      case 'failed':
        return this.tasks.failed(shard, message.id, this.#options.redact(message.message))
      case 'log':
        return this.#options.log(message.level, message.message, message.details)
      case 'loopback':
        return void passLooped(shard, message.loopback, message.looped, this.#options.onLoopback)
      case 'inhibitor':
        return this.#inhibitors.spread(shard, message.change)
      case 'done':
      case 'held':
        return
    }
  }
}
