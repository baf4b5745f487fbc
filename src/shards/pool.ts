import { Piscina } from 'piscina'
import { type AppError, messageOf } from '../core/errors.ts'
import type { LogLevel } from '../core/log-level.ts'
import type { EngineSettings, InhibitorChange } from '../engine/contract.ts'
import type { Precision } from '../lineproto/precision.ts'
import type { AlertEvent } from '../model/event.ts'
import type { ReplayOutcome, ReplaySpec } from '../engine/replay-spec.ts'
import type { RecorderStart } from '../recordings/archive/recorders.ts'
import type { IngressCount, RunnableTask, TaskRunner, TaskStats, TopicState } from '../tasks/contract.ts'
import { Placement } from './placement.ts'
import type { FromShard, ShardGauges, ShardStart } from './protocol.ts'
import { Shard } from './shard.ts'

export interface ShardPoolOptions {
  /** Number of threads, at least 1. */
  readonly count: number
  readonly engine: EngineSettings
  readonly maxInFlightBytes: number
  /** Heap of a thread, in MiB; past it the thread dies and is started anew. */
  readonly maxHeapMib: number
  readonly logGate: Int32Array<SharedArrayBuffer>
  readonly log: (level: LogLevel, message: string, details: Readonly<Record<string, unknown>>) => void
  /** Events of one shard that wait to be stored at which its writers wait. */
  readonly maxUncommitted: number
  /** Resolves when they are stored: until then the write that caused them is not answered. */
  readonly onEvents: (events: readonly AlertEvent[]) => Promise<void>
  /** Levels that topics hold, for tasks that start again. */
  readonly topicStates: (topics: readonly string[]) => readonly TopicState[]
  /** Takes over events of a lane of a replay; never rejects. */
  readonly onReplayEvents: (lane: string, events: readonly AlertEvent[]) => Promise<void>
  /** Takes in what loopback nodes write. */
  readonly onLoopback: (db: string, rp: string, lines: string) => Promise<void>
}

/** Wait before a thread that died is started again: doubles with each death in a row. */
const RESTART_MIN_MS = 100
const RESTART_MAX_MS = 10_000
/** A thread that has lived so long starts with a clean record. */
const SOUND_AFTER_MS = 60_000

const WORKER = new URL(`../../workers/shard${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

/**
 * The shard threads, each with one endless job on a Piscina thread. A thread that dies is started again with its
 * tasks while the others go on; whoever waits for an answer of it is told.
 */
export class ShardPool implements TaskRunner {
  readonly #options: ShardPoolOptions
  readonly #piscina: Piscina
  readonly #shards: readonly Shard[]
  readonly #placement: Placement
  readonly #running = new Map<string, RunnableTask>()
  readonly #failedListeners: ((id: string, message: string) => void)[] = []
  readonly #inhibitors = new Map<string, { readonly from: Shard; readonly change: InhibitorChange }>()
  readonly #page: NodeJS.Timeout
  readonly #opened: Promise<void>[] = []
  #isClosing = false
  /** Times that a thread died. */
  deaths = 0

  constructor(options: ShardPoolOptions) {
    this.#options = options
    this.#piscina = new Piscina({
      filename: WORKER.href,
      minThreads: options.count,
      maxThreads: options.count,
      idleTimeout: Infinity,
      atomics: 'disabled', // its blocking wait would stop the shard's event loop
      resourceLimits: { maxOldGenerationSizeMb: options.maxHeapMib, maxYoungGenerationSizeMb: 32 }
    })
    // A thread that dies ends its job, which is dealt with there; that it also says so here must not end the process.
    this.#piscina.on('error', (error: unknown) =>
      this.#options.log('error', 'thread failed', { err: messageOf(error) })
    )
    this.#shards = Array.from(
      { length: options.count },
      (_, index) => new Shard(`shard-${index}`, options, (shard, message) => this.#hear(shard, message))
    )
    this.#placement = new Placement(this.#shards)
    for (const shard of this.#shards) this.#opened.push(this.#run(shard, 0).then(() => shard.open()))
    this.#page = setInterval(() => this.#placement.turnPage(), 10_000).unref()
  }

  /** Resolves when all threads are there. */
  async ready(): Promise<void> {
    await Promise.all(this.#opened)
  }

  async start(task: RunnableTask): Promise<void> {
    const shard = this.#placement.place(task.id, task.type === 'stream' ? task.dbrps : [])
    try {
      await shard.ask({ kind: 'start', task })
      this.#running.set(task.id, task)
    } catch (error) {
      this.#placement.remove(task.id)
      throw error
    }
  }

  async stop(id: string): Promise<void> {
    const shard = this.#placement.shardOf(id)
    if (shard === undefined) return
    this.#running.delete(id)
    this.#placement.remove(id)
    await shard.ask({ kind: 'stop', id })
  }

  async stats(id: string): Promise<TaskStats | undefined> {
    return (await this.#placement.shardOf(id)?.ask({ kind: 'stats', id })) as TaskStats | undefined
  }

  async httpOut(id: string, path: string): Promise<string | undefined> {
    return (await this.#placement.shardOf(id)?.ask({ kind: 'httpOut', id, path })) as string | undefined
  }

  /** Starts a recorder where the streams are read; resolves when it reads. Its port is transferred. */
  async record(start: RecorderStart): Promise<void> {
    const key = recorderKey(start.id)
    const shard = this.#placement.place(key, start.dbrps)
    try {
      await shard.ask({ kind: 'record', ...start }, [start.port])
    } catch (error) {
      this.#placement.remove(key)
      throw error
    }
  }

  /** Ends a recording that goes on. */
  cutRecording(id: string, reason: string): void {
    this.#placement.shardOf(recorderKey(id))?.tell({ kind: 'cut', id, reason })
  }

  /** A recorder has ended. */
  forgetRecording(id: string): void {
    this.#placement.remove(recorderKey(id))
  }

  /** Runs a replay in the idlest shard; resolves when it has ended, rejects where the shard died. */
  async replay(spec: ReplaySpec): Promise<ReplayOutcome> {
    const key = replayKey(spec.id)
    const shard = this.#placement.place(key, [])
    try {
      return (await shard.ask({ kind: 'replay', spec })) as ReplayOutcome
    } finally {
      this.#placement.remove(key)
    }
  }

  cancelReplay(id: string): void {
    this.#placement.shardOf(replayKey(id))?.tell({ kind: 'cancelReplay', id })
  }

  /** Of one task of a replay; undefined where it does not run. */
  async laneStats(replay: string, lane: string): Promise<TaskStats | undefined> {
    const shard = this.#placement.shardOf(replayKey(replay))
    return (await shard?.ask({ kind: 'laneStats', lane })) as TaskStats | undefined
  }

  async laneHttpOut(replay: string, lane: string, path: string): Promise<string | undefined> {
    const shard = this.#placement.shardOf(replayKey(replay))
    return (await shard?.ask({ kind: 'laneHttpOut', lane, path })) as string | undefined
  }

  onFailed(listener: (id: string, message: string) => void): void {
    this.#failedListeners.push(listener)
  }

  /**
   * Sends a body to every shard that reads it.
   * @param bytes Transferred where one shard wants it, copied to shared memory where several do.
   * @param giveBack Gets the buffer where it can be used again.
   * @returns The complaints about a bad body, of which nothing was processed.
   */
  async write(
    body: {
      readonly db: string
      readonly rp: string
      readonly precision: Precision
      readonly bytes: ArrayBuffer
      readonly length: number
    },
    deadlineMs: number,
    giveBack: (bytes: ArrayBuffer) => void
  ): Promise<string | undefined> {
    const readers = this.#placement.readersOf(body.db, body.rp)
    await this.#admit(readers, body.length, deadlineMs)
    const [only] = readers
    const told = readers.map((shard) => shard.told)
    if (readers.length === 1) {
      const complaints = await new Promise<string | undefined>((accept, refuse: (error: AppError) => void) => {
        only!.write(
          { ...body, isCounted: true },
          (complaints, bytes) => {
            if (bytes !== undefined) giveBack(bytes)
            accept(complaints as string | undefined)
          },
          refuse
        )
      })
      await only!.stored(told[0]!)
      return complaints
    }
    const shared = new SharedArrayBuffer(body.length)
    new Uint8Array(shared).set(new Uint8Array(body.bytes, 0, body.length))
    giveBack(body.bytes)
    const answers = await Promise.all(
      readers.map(
        (shard, index) =>
          new Promise<string | undefined>((accept, refuse: (error: AppError) => void) =>
            shard.write(
              { ...body, bytes: shared, isCounted: index === 0 },
              (complaints) => accept(complaints as string | undefined),
              refuse
            )
          )
      )
    )
    for (const [index, shard] of readers.entries()) await shard.stored(told[index]!)
    return answers.find((complaints) => complaints !== undefined)
  }

  /** Into all of the shards or into none. */
  async #admit(shards: readonly Shard[], bytes: number, deadlineMs: number): Promise<void> {
    const admitted: Shard[] = []
    try {
      for (const shard of shards) {
        await shard.admit(bytes, deadlineMs)
        admitted.push(shard)
      }
    } catch (error) {
      for (const shard of admitted) shard.release(bytes)
      throw error
    }
  }

  /** Lets nodes read their sources anew (sideload). Rejects with what the first says that cannot. */
  async reload(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => shard.ask({ kind: 'reload' })))
  }

  async gauges(): Promise<readonly (ShardGauges & { readonly name: string; readonly inFlightBytes: number })[]> {
    return await Promise.all(
      this.#shards.map(async (shard) => ({
        name: shard.name,
        inFlightBytes: shard.inFlightBytes,
        ...((await shard.ask({ kind: 'gauges' })) as ShardGauges)
      }))
    )
  }

  /** Points that came in, by where they go. */
  async ingress(): Promise<readonly IngressCount[]> {
    const counts = await Promise.all(this.#shards.map((shard) => shard.ask({ kind: 'ingress' })))
    return counts.flat() as IngressCount[]
  }

  /** Drains and stops all tasks, then the threads. */
  async close(): Promise<void> {
    this.#isClosing = true
    clearInterval(this.#page)
    await Promise.all(this.#shards.filter(({ isOpen }) => isOpen).map((shard) => shard.ask({ kind: 'close' })))
    await this.#piscina.destroy()
    for (const shard of this.#shards) shard.close()
  }

  /** Gives a shard's job to a thread; resolves when the thread is ready for the first time. */
  #run(shard: Shard, deathsInARow: number): Promise<void> {
    const start: ShardStart = {
      name: shard.name,
      settings: this.#options.engine,
      port: shard.far,
      logGate: this.#options.logGate
    }
    const startedAt = Date.now()
    const ready = new Promise<void>((resolve) => this.#awaited.set(shard, resolve))
    this.#piscina.run(start, { transferList: [shard.far] }).then(
      () => this.#ended(shard, startedAt, deathsInARow, 'its job ended'),
      (error: unknown) => this.#ended(shard, startedAt, deathsInARow, messageOf(error))
    )
    return ready
  }

  readonly #awaited = new Map<Shard, () => void>()

  #ended(shard: Shard, startedAt: number, deathsInARow: number, why: string): void {
    if (this.#isClosing) return
    this.deaths++
    const wasSound = Date.now() - startedAt > SOUND_AFTER_MS
    const deaths = wasSound ? 1 : deathsInARow + 1
    const waitMs = Math.min(RESTART_MAX_MS, RESTART_MIN_MS * 2 ** (deaths - 1))
    this.#options.log('error', 'shard died', { shard: shard.name, err: why, 'restart-in-ms': waitMs })
    shard.renew()
    setTimeout(() => {
      if (!this.#isClosing) void this.#run(shard, deaths).then(() => this.#restoreTasks(shard))
    }, waitMs)
  }

  async #restoreTasks(shard: Shard): Promise<void> {
    for (const { from, change } of this.#inhibitors.values()) {
      if (from !== shard) shard.tell({ kind: 'inhibitor', change })
    }
    for (const task of this.#running.values()) {
      if (this.#placement.shardOf(task.id) !== shard) continue
      try {
        const topicStates = this.#options.topicStates(task.topics ?? [])
        await shard.ask({ kind: 'start', task: { ...task, topicStates } })
      } catch (error) {
        this.#taskFailed(task.id, messageOf(error))
      }
    }
    shard.open()
    this.#options.log('info', 'shard is back', { shard: shard.name })
  }

  #taskFailed(id: string, message: string): void {
    this.#running.delete(id)
    this.#placement.remove(id)
    for (const listener of this.#failedListeners) listener(id, message)
  }

  #hear(shard: Shard, message: FromShard): void {
    switch (message.kind) {
      case 'ready':
        this.#awaited.get(shard)?.()
        return
      case 'events':
        return shard.committing(message.events.length, this.#options.onEvents(message.events))
      case 'replayEvents': {
        const { lane, events } = message
        void this.#options.onReplayEvents(lane, events).finally(() => {
          shard.tell({ kind: 'replayEventsTaken', lane, events: events.length })
        })
        return
      }
      case 'failed':
        return this.#taskFailed(message.id, message.message)
      case 'log':
        return this.#options.log(message.level, message.message, message.details)
      case 'loopback':
        void this.#options
          .onLoopback(message.db, message.rp, message.lines)
          .catch((error: unknown) => this.#options.log('error', 'loopback failed', { err: messageOf(error) }))
          .finally(() => shard.tell({ kind: 'taken', loopback: message.loopback }))
        return
      case 'inhibitor':
        if (message.change.isActive) this.#inhibitors.set(message.change.key, { from: shard, change: message.change })
        else this.#inhibitors.delete(message.change.key)
        for (const other of this.#shards) if (other !== shard) other.tell({ kind: 'inhibitor', change: message.change })
        return
      case 'done':
        return
    }
  }
}

/** Recorders and replays are placed like tasks; no task has such an id. */
function recorderKey(id: string): string {
  return `recording\0${id}`
}

function replayKey(id: string): string {
  return `replay\0${id}`
}
