import type { AppError } from '../core/errors.ts'
import { messageOf } from '../core/errors.ts'
import { within } from '../core/within.ts'
import type { EngineGauges, EngineSettings, HttpEndpoints, InhibitorChange } from '../engine/contract.ts'
import type { ReplayOutcome, ReplaySpec } from '../graph/replay-spec.ts'
import type { ClusterSettings } from '../influxdb/settings.ts'
import type { Precision } from '../lineproto/precision.ts'
import type { AlertEvent } from '../model/event.ts'
import type { LoopedLines, LoopedRefusal } from '../model/looped.ts'
import type { RecorderStart } from '../archive/recorders.ts'
import type { IngressCount, RunnableTask, TaskRunner, TaskStats, TopicState } from '../graph/task.ts'
import { isOfDeadShard, ShardSilent } from './errors.ts'
import { Placement } from './placement.ts'
import type { Answer, FromShard, ToShard, WriteMessage } from './protocol.ts'
import { type Ending, Shard } from './shard.ts'
import { type ShardKeeper, ShardThreads, type ShardThreadsOptions } from './threads.ts'

export interface ShardPoolOptions extends ShardThreadsOptions {
  readonly engine: EngineSettings
  readonly maxInFlightBytes: number
  readonly logGate: Int32Array<SharedArrayBuffer>
  /** Events of one shard that wait to be stored at which its writers wait. */
  readonly maxUncommitted: number
  /** Resolves when they are stored: until then the write that caused them is not answered. */
  readonly onEvents: (events: readonly AlertEvent[]) => Promise<void>
  /** Levels that topics hold, for tasks that start again. */
  readonly topicStates: (topics: readonly string[]) => readonly TopicState[]
  /** Takes over events of a lane of a replay; never rejects. */
  readonly onReplayEvents: (lane: string, events: readonly AlertEvent[]) => Promise<void>
  /** Takes in what loopback nodes write; see `LoopedFate`. */
  readonly onLoopback: (looped: LoopedLines, onProcessed: () => void) => Promise<LoopedRefusal | undefined>
}

/** How long shards may take over what they are asked: somebody waits for the answer. */
const READING_MS = 2000
const START_MS = 5000
const STOP_MS = 5000
const CLOSE_MS = 3000
/** All shards start together; the server does not wait for more before it answers. */
const OPEN_MAX_MS = 30_000

const NO_GAUGES: EngineGauges = {
  ...{ tasks: 0, series: 0, linesOverLimit: 0, loopbackBytes: 0, loopbackDropped: 0 },
  ...{ heapUsedBytes: 0, heapTotalBytes: 0, externalBytes: 0 }
}

/** A task that runs, or is to run as soon as its shard does. */
interface Run {
  readonly task: RunnableTask
  readonly shard: Shard
  readonly owner: number
  /** Told of the outcome of the first start, until that is known. */
  starting: { accept(): void; refuse(error: unknown): void } | undefined
  /** Statistics that were told last. */
  stats: TaskStats | undefined
}

/** What a shard has told last. */
interface Readings {
  gauges: EngineGauges
  ingress: readonly IngressCount[]
}

/**
 * The shards and what runs in them. Whatever a thread does, whoever asks gets an answer in time: one that died is
 * started again with its tasks while the others go on, and one that does not answer is spoken for by what it told last.
 */
export class ShardPool implements TaskRunner {
  readonly #options: ShardPoolOptions
  readonly #shards: readonly Shard[]
  readonly #threads: ShardThreads
  readonly #placement: Placement
  readonly #running = new Map<string, Run>()
  readonly #readings = new Map<Shard, Readings>()
  readonly #failedListeners: ((id: string, message: string) => void)[] = []
  readonly #inhibitors = new Map<string, { readonly from: Shard; readonly change: InhibitorChange }>()
  readonly #page: NodeJS.Timeout
  #endpoints: HttpEndpoints
  #clusters: readonly ClusterSettings[]
  readonly #opened: Promise<unknown>
  #tellOpened: () => void = () => {}

  constructor(options: ShardPoolOptions) {
    this.#options = options
    this.#endpoints = options.engine.endpoints
    this.#clusters = options.engine.influxdb
    this.#opened = new Promise<void>((resolve) => (this.#tellOpened = resolve))
    this.#shards = Array.from(
      { length: options.count },
      (_, index) => new Shard(`shard-${index}`, options, (shard, message) => this.#hear(shard, message))
    )
    this.#placement = new Placement(this.#shards)
    const keeper: ShardKeeper = {
      start: ({ name }) => ({
        name,
        settings: { ...options.engine, endpoints: this.#endpoints, influxdb: this.#clusters },
        logGate: options.logGate
      }),
      describe: (owner) => describe(this.#placement.findOwner(owner)),
      died: (shard) => this.#forgetInhibitors(shard),
      setAside: (owner, error) => this.#setAside(owner, error)
    }
    this.#threads = new ShardThreads(options, keeper)
    for (const shard of this.#shards) {
      this.#readings.set(shard, { gauges: NO_GAUGES, ingress: [] })
      this.#threads.run(shard)
    }
    this.#page = setInterval(() => this.#placement.turnPage(), 10_000).unref()
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

  /** Resolves also where the shard takes too long: then the task runs as soon as the shard does, or has failed. */
  async start(task: RunnableTask): Promise<void> {
    const { shard, owner } = this.#placement.place(task.id, task.type === 'stream' ? task.dbrps : [])
    const run: Run = { task: { ...task, owner }, shard, owner, starting: undefined, stats: undefined }
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

  async stats(id: string): Promise<TaskStats | undefined> {
    const run = this.#running.get(id)
    if (run === undefined) return undefined
    const stats = (await this.#read(run.shard, { kind: 'stats', id })) as TaskStats | undefined
    if (stats !== undefined) run.stats = stats
    return run.stats
  }

  async httpOut(id: string, path: string): Promise<string | undefined> {
    const shard = this.#placement.shardOf(id)
    return shard && ((await askSoon(shard, { kind: 'httpOut', id, path })) as string | undefined)
  }

  /** Starts a recorder where the streams are read; resolves when it reads. Its port is transferred. */
  async record(start: RecorderStart): Promise<void> {
    const key = recorderKey(start.id)
    const { shard, owner } = this.#placement.place(key, start.dbrps)
    try {
      await shard.ask({ kind: 'record', owner, ...start }, { owner, transfer: [start.port], withinMs: START_MS })
    } catch (error) {
      this.cutRecording(start.id, messageOf(error))
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
    const { shard, owner } = this.#placement.place(key, [])
    const lanes = spec.lanes.map((lane) => ({ ...lane, task: { ...lane.task, owner } }))
    try {
      return (await shard.ask({ kind: 'replay', spec: { ...spec, lanes } }, { owner })) as ReplayOutcome
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
    return shard && ((await askSoon(shard, { kind: 'laneStats', lane })) as TaskStats | undefined)
  }

  async laneHttpOut(replay: string, lane: string, path: string): Promise<string | undefined> {
    const shard = this.#placement.shardOf(replayKey(replay))
    return shard && ((await askSoon(shard, { kind: 'laneHttpOut', lane, path })) as string | undefined)
  }

  onFailed(listener: (id: string, message: string) => void): void {
    this.#failedListeners.push(listener)
  }

  /**
   * Sends a body to every shard that reads it.
   * @param bytes Transferred where one shard wants it, copied to shared memory where several do.
   * @param deadlineMs How long it may wait for room, and then for an answer as long as its shards get on.
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
      /** Whether its points are counted by measurement. */
      readonly isCounted: boolean
    },
    deadlineMs: number,
    giveBack: (bytes: ArrayBuffer) => void
  ): Promise<string | undefined> {
    const readers = this.#placement.readersOf(body.db, body.rp)
    await this.#admit(readers, body.length, deadlineMs)
    return (await this.#send(readers, { ...body, hop: 0 }, deadlineMs, giveBack)) as string | undefined
  }

  /**
   * The same for what a loopback node wrote, which waits for no writer.
   * @param onProcessed Called once, when its readers have read it; what they do on account of it may go on.
   * @returns What was refused of it.
   */
  async writeLooped(
    body: {
      readonly db: string
      readonly rp: string
      readonly bytes: ArrayBuffer
      readonly length: number
      readonly hop: number
    },
    deadlineMs: number,
    giveBack: (bytes: ArrayBuffer) => void,
    onProcessed: () => void
  ): Promise<LoopedRefusal | undefined> {
    const readers = this.#placement.readersOf(body.db, body.rp)
    for (const shard of readers) await shard.admitLooped(deadlineMs)
    const whole = { ...body, precision: 'n', isCounted: true } as const
    const refusal = await this.#send(readers, whole, deadlineMs, giveBack, onProcessed)
    return refusal as LoopedRefusal | undefined
  }

  async #send(
    readers: readonly Shard[],
    body: Omit<WriteMessage, 'kind' | 'request' | 'bytes'> & { readonly bytes: ArrayBuffer },
    deadlineMs: number,
    giveBack: (bytes: ArrayBuffer) => void,
    onProcessed: () => void = () => {}
  ): Promise<Answer> {
    const [only] = readers
    const told = readers.map((shard) => shard.told)
    const withinMs = Math.max(deadlineMs, this.#options.stallLimitMs)
    let unprocessed = readers.length
    const send = (shard: Shard, part: Parameters<Shard['write']>[0], give: (bytes: ArrayBuffer) => void) =>
      new Promise<Answer>((accept, refuse: (error: AppError) => void) => {
        let isHeld = false
        const held = (): void => {
          isHeld = true
          if (--unprocessed === 0) onProcessed()
        }
        const end: Ending = (complaints, bytes) => {
          if (!isHeld) held()
          if (bytes !== undefined) give(bytes)
          accept(complaints)
        }
        shard.write(part, withinMs, end, refuse, held)
      })
    if (readers.length === 1) {
      const complaints = await send(only!, body, giveBack)
      await only!.stored(told[0]!)
      return complaints
    }
    const shared = new SharedArrayBuffer(body.length)
    new Uint8Array(shared).set(new Uint8Array(body.bytes, 0, body.length))
    giveBack(body.bytes)
    const answers = await Promise.all(
      readers.map((shard, index) =>
        send(shard, { ...body, bytes: shared, isCounted: body.isCounted && index === 0 }, () => {})
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

  /** Gives all shards the endpoints of httppost as they are from now on: what is started next finds them there. */
  setEndpoints(endpoints: HttpEndpoints): void {
    this.#endpoints = endpoints
    for (const shard of this.#shards) shard.tell({ kind: 'endpoints', endpoints })
  }

  /** Gives all shards the credentials of clusters of InfluxDB as they are from now on. */
  setClusters(clusters: readonly ClusterSettings[]): void {
    this.#clusters = clusters
    for (const shard of this.#shards) shard.tell({ kind: 'clusters', clusters })
  }

  /** Lets nodes read their sources anew (sideload). Rejects with what the first says that cannot. */
  async reload(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => shard.ask({ kind: 'reload' }, { withinMs: START_MS })))
  }

  async gauges(): Promise<readonly (EngineGauges & { readonly name: string; readonly inFlightBytes: number })[]> {
    return await Promise.all(
      this.#shards.map(async (shard) => {
        const last = this.#readings.get(shard)!
        last.gauges = ((await this.#read(shard, { kind: 'gauges' })) as EngineGauges | undefined) ?? last.gauges
        return { name: shard.name, inFlightBytes: shard.inFlightBytes, ...last.gauges }
      })
    )
  }

  /** Points that came in, by where they go. */
  async ingress(): Promise<readonly IngressCount[]> {
    const counts = await Promise.all(
      this.#shards.map(async (shard) => {
        const last = this.#readings.get(shard)!
        last.ingress = ((await this.#read(shard, { kind: 'ingress' })) as IngressCount[] | undefined) ?? last.ingress
        return last.ingress
      })
    )
    return counts.flat()
  }

  /** Drains and stops all tasks, then the threads; none of which is waited for long. */
  async close(): Promise<void> {
    this.#threads.closing()
    clearInterval(this.#page)
    await Promise.all(
      this.#shards.map(async (shard) => {
        if (!shard.isReady) return
        const closed = shard.ask({ kind: 'close' }).catch(() => undefined) // Its thread has died: nothing runs.
        const isLate = await within(CLOSE_MS, closed, () => true)
        if (isLate === true) this.#options.log('error', 'a shard did not stop its tasks in time', { shard: shard.name })
      })
    )
    await this.#threads.close()
    for (const shard of this.#shards) shard.close()
  }

  /** @returns undefined where the shard does not say. */
  async #read(shard: Shard, question: Parameters<Shard['ask']>[0]): Promise<unknown> {
    return await askSoon(shard, question).catch(() => undefined)
  }

  /** Takes in what a loopback node wrote, and tells its shard what becomes of that. */
  async #loop(shard: Shard, loopback: number, looped: LoopedLines): Promise<void> {
    const { generation } = shard
    const tell = (message: ToShard): void => {
      // The thread that wrote it may have died.
      if (shard.generation === generation) shard.tell(message)
    }
    let isProcessed = false
    const processed = (): void => {
      if (isProcessed) return
      isProcessed = true
      tell({ kind: 'loopedProcessed', loopback })
    }
    const refused = await this.#options.onLoopback(looped, processed).catch((error: unknown) => ({
      points: looped.points,
      reason: messageOf(error)
    }))
    processed()
    tell({ kind: 'loopedEnded', loopback, refused })
  }

  /** Starts a task, for the first time or again. */
  async #startIn(shard: Shard, run: Run, task: RunnableTask): Promise<void> {
    const { owner } = run
    try {
      await shard.ask({ kind: 'start', task: { ...task, owner } }, { owner })
    } catch (error) {
      // It starts with the next thread.
      if (!isOfDeadShard(error)) this.#failed(run, error)
      return
    }
    run.starting?.accept()
    run.starting = undefined
  }

  /** Starts what the shard's last thread has left, one after the other, so that one that makes it hang is found. */
  async #restoreTasks(shard: Shard): Promise<void> {
    const { generation } = shard
    const runs = [...this.#running.values()].filter((run) => run.shard === shard)
    for (const { from, change } of this.#inhibitors.values()) {
      if (from !== shard) shard.tell({ kind: 'inhibitor', change })
    }
    for (const run of runs) {
      if (this.#running.get(run.task.id) !== run) continue
      const topicStates = this.#options.topicStates(run.task.topics ?? [])
      await this.#startIn(shard, run, { ...run.task, topicStates })
      // The thread has died meanwhile.
      if (shard.generation !== generation) return
    }
    shard.open()
    if (generation > 0) this.#options.log('info', 'shard is back', { shard: shard.name, tasks: runs.length })
    if (this.#shards.every(({ isOpen }) => isOpen)) this.#tellOpened()
  }

  /** What its tasks kept quiet is not quiet any more until they say so again. */
  #forgetInhibitors(shard: Shard): void {
    for (const { from, change } of [...this.#inhibitors.values()]) {
      if (from === shard) this.#spreadInhibitor(shard, { ...change, isActive: false })
    }
  }

  #spreadInhibitor(from: Shard, change: InhibitorChange): void {
    if (change.isActive) this.#inhibitors.set(change.key, { from, change })
    else this.#inhibitors.delete(change.key)
    for (const other of this.#shards) if (other !== from) other.tell({ kind: 'inhibitor', change })
  }

  #setAside(owner: number, error: AppError): void {
    const id = this.#placement.findOwner(owner)
    const run = id === undefined ? undefined : this.#running.get(id)
    if (run !== undefined) this.#failed(run, error)
  }

  /** A task has not started, or has ended by itself. */
  #failed(run: Run, error: unknown): void {
    const { id } = run.task
    if (this.#running.get(id) !== run) return
    this.#running.delete(id)
    this.#placement.remove(id)
    if (run.starting !== undefined) return run.starting.refuse(error)
    for (const listener of this.#failedListeners) listener(id, messageOf(error))
  }

  #hear(shard: Shard, message: FromShard): void {
    switch (message.kind) {
      case 'ready':
        shard.ready()
        void this.#restoreTasks(shard)
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
      case 'failed': {
        const run = this.#running.get(message.id)
        if (run?.shard === shard) this.#failed(run, message.message)
        return
      }
      case 'log':
        return this.#options.log(message.level, message.message, message.details)
      case 'loopback':
        return void this.#loop(shard, message.loopback, message.looped)
      case 'inhibitor':
        return this.#spreadInhibitor(shard, message.change)
      case 'done':
      case 'held':
        return
    }
  }
}

/** Asks what somebody waits for. Fails with SHARD_SILENT where the shard does not answer soon. */
async function askSoon(shard: Shard, question: Parameters<Shard['ask']>[0]): Promise<unknown> {
  if (!shard.isResponsive) throw ShardSilent()
  return await shard.ask(question, { withinMs: READING_MS })
}

/** Recorders and replays are placed like tasks; no task has such an id. */
function recorderKey(id: string): string {
  return `recording\0${id}`
}

function replayKey(id: string): string {
  return `replay\0${id}`
}

/** What is placed under a key, as the log names it. */
function describe(key: string | undefined): string {
  if (key === undefined) return 'something that has ended'
  return key.includes('\0') ? key.replace('\0', ' ') : `task ${key}`
}
