import { getHeapStatistics } from 'node:v8'
import { wallClock, type Clock, type Timer } from '../core/clock.ts'
import { defineError } from '../core/errors.ts'
import { within } from '../core/within.ts'
import { Effort } from '../graph/effort.ts'
import type { HttpOutPort, Ports } from '../graph/ports.ts'
import type { AlertEvent, StateCopy } from '../model/event.ts'
import { type Dbrp, dbrpKey } from '../model/dbrp.ts'
import type { LoopedRefusal } from '../model/looped.ts'
import type { Precision } from '../lineproto/precision.ts'
import type { IngressCount, RunnableTask, TaskStats } from '../graph/task.ts'
import { activity } from './activity.ts'
import type {
  EngineGauges,
  EngineHost,
  EngineSettings,
  HttpEndpoints,
  InhibitorChange,
  StreamReader
} from './contract.ts'
import { EventRoom } from './event-room.ts'
import { NodeHttp } from './http.ts'
import type { ClusterSettings } from '../influxdb/settings.ts'
import { InfluxClusters } from './influx.ts'
import { IngestTable, type TableOptions } from './ingest-table.ts'
import { Ingress } from './ingress.ts'
import { Inhibitors } from './inhibitors.ts'
import { Loopback } from './loopback.ts'
import { LoopbackQueue } from './loopback-queue.ts'
import { makePorts } from './ports.ts'
import { Replay } from './replay.ts'
import type { ReplayLane } from './replay-lane.ts'
import type { ReplayOutcome, ReplaySpec } from '../graph/replay-spec.ts'
import { RunningTask } from './running-task.ts'
import { SeriesSlots } from './series-slots.ts'
import { TopicMirror } from './topic-mirror.ts'

export const TaskRuns = defineError('TASK_RUNS', 500, (id: string) => `task ${id} is already executing`)

/** Series that are remembered of what nobody reads. */
const MAX_UNREAD_SERIES = 10_000
/**
 * How long a task that is stopped may take over what it has under way, alone and with all others of the shard.
 * Differs: a task that is disabled or deleted has ended after 4 seconds, whatever it waits for; in the original the request
 * waits as long as that takes.
 */
const STOP_MS = 4000
const CLOSE_MS = 2500
/** So much is told of why lines of a loopback node were refused. */
const MAX_REASON_CHARS = 500

/**
 * The tasks of one shard and what they read. Everything happens synchronously on one thread: a body is parsed, goes
 * through all graphs, and what they tell the world leaves before the writer gets its answer.
 */
export class Engine {
  readonly #settings: EngineSettings
  readonly #host: EngineHost
  readonly #clock: Clock
  readonly #tasks = new Map<string, { readonly task: RunningTask; readonly slots: number[] }>()
  readonly #tables = new Map<string, IngestTable>()
  readonly #replays = new Map<string, Replay>()
  /** Checks what no task reads. */
  readonly #ingress = new Ingress()
  readonly #unread: IngestTable
  #written: IngestTable
  readonly #slots = new SeriesSlots()
  readonly #topics = new TopicMirror()
  readonly #inhibitors: Inhibitors
  readonly #loopback: LoopbackQueue
  readonly #influx: InfluxClusters
  readonly #http: NodeHttp
  readonly #routes = new Map<string, () => string>()
  #endpoints: HttpEndpoints
  readonly #ticker: Timer
  /** Lines that were refused since they hold more than one line may. */
  #linesOverLimit = 0
  #events: AlertEvent[] = []
  readonly #room = new EventRoom()
  #isFlushing = false

  /** @param name Unique among the shards. */
  constructor(name: string, settings: EngineSettings, host: EngineHost, clock: Clock = wallClock) {
    this.#settings = settings
    this.#host = host
    this.#clock = clock
    this.#unread = new IngestTable('', '', { ...this.#tableOptions(), maxSeries: MAX_UNREAD_SERIES })
    this.#written = this.#unread
    this.#influx = new InfluxClusters(settings.influxdb)
    this.#endpoints = settings.endpoints
    this.#http = new NodeHttp(() => this.#endpoints, settings.blockedNetworks)
    this.#inhibitors = new Inhibitors(name, (change) => host.inhibitor(change))
    this.#loopback = new LoopbackQueue(settings.loopback, (looped, fate) => host.loopback(looped, fate))
    this.#ticker = clock.every(1000, () => {
      clock.now() // Those who wait for a time hear of a jump of the clock at once.
      for (const { task } of this.#tasks.values()) task.measureThroughput()
      for (const replay of this.#replays.values()) replay.measureThroughput()
    })
  }

  /** @throws StartError */
  start(task: RunnableTask): void {
    if (this.#tasks.has(task.id)) throw TaskRuns(task.id)
    this.#topics.load(task.topics ?? [], task.topicStates ?? [])
    const slots: number[] = []
    const effort = new Effort(this.#settings.maxEffortMs, () => this.#clock.elapsedMs())
    const running = RunningTask.start(task, {
      effort,
      deadman: this.#settings.deadman,
      taskMaster: 'main',
      takeSeriesSlot: () => {
        const slot = this.#slots.take()
        slots.push(slot)
        return slot
      },
      portsFor: (guard, owner) => this.#portsFor(task, effort, guard, owner),
      onFailed: (failed, message) => {
        const entry = this.#tasks.get(failed.id)
        // Another one of that name has been started since.
        if (entry !== undefined && entry.task !== failed) return
        this.#forget(failed.id)
        this.#host.failed(failed.id, message)
      }
    })
    this.#tasks.set(task.id, { task: running, slots })
    for (const { db, rp } of running.reads) this.#table(db, rp).add(running)
  }

  /** @param withinMs What the task has under way is not waited for any longer. */
  async stop(id: string, withinMs = STOP_MS): Promise<void> {
    const entry = this.#tasks.get(id)
    if (entry === undefined) return
    this.#forget(id)
    const { task } = entry
    const isLate = await within(withinMs, task.stop(), () => true)
    if (isLate !== true) return
    const details = { task: id, 'after-ms': withinMs, unfinished: task.pending }
    this.#host.log('warn', 'a task was ended while requests or points of it were under way', details)
    task.abandon()
  }

  /**
   * Lets a recorder read what is written to some places.
   * @param open Makes it, with a number below which it may keep things on series.
   * @returns How to end that.
   */
  record(dbrps: readonly Dbrp[], open: (slot: number) => StreamReader): () => void {
    const slot = this.#slots.take()
    const reader = open(slot)
    for (const { db, rp } of dbrps) this.#table(db, rp).add(reader)
    return () => {
      this.#detach(reader, dbrps)
      this.#releaseSlots([slot])
    }
  }

  /**
   * Takes a body in. The answer waits while a task that reads it has too much work under way.
   * @param isCounted False where another shard counts its points.
   * @returns The complaints about a bad body; undefined where all of it has been processed.
   */
  write(
    db: string,
    rp: string,
    precision: Precision,
    body: Buffer,
    isCounted = true
  ): string | undefined | Promise<undefined> {
    const table = this.#tables.get(dbrpKey(db, rp)) ?? this.#unread
    this.#written = table
    return this.#take(table, db, rp, precision, body, isCounted, 0) ?? this.#whenDrained(table, 0)
  }

  /**
   * Takes in what a loopback node wrote, maybe one of another shard. The good lines of a body with bad ones are used.
   * @param hop How many times tasks have written it back, counted from 1.
   * @returns What was refused of it, or undefined; a promise where its readers have too much under way, until that is
   *   finished which comes of points of this hop.
   */
  writeLooped(
    db: string,
    rp: string,
    body: Buffer,
    isCounted: boolean,
    hop: number
  ): LoopedRefusal | undefined | Promise<undefined> {
    const table = this.#tables.get(dbrpKey(db, rp)) ?? this.#unread
    this.#written = table
    const complaints = this.#take(table, db, rp, 'n', body, isCounted, hop)
    if (complaints === undefined) return this.#whenDrained(table, hop)
    return { points: table.badLines, reason: complaints.slice(0, MAX_REASON_CHARS) }
  }

  #take(
    table: IngestTable,
    db: string,
    rp: string,
    precision: Precision,
    body: Buffer,
    isCounted: boolean,
    hop: number
  ): string | undefined {
    const count = (measurement: string, points: number): void => {
      if (isCounted) this.#ingress.add(db, rp, measurement, points)
    }
    const complaints = table.write(body, precision, this.#host.now(), count, hop)
    this.#flushEvents()
    return complaints
  }

  #whenDrained({ readers }: IngestTable, hop: number): undefined | Promise<undefined> {
    for (const reader of readers) {
      if (reader.pendingFor(hop) > this.#settings.maxPending) return reader.whenDrainedFor(hop).then()
    }
    return undefined
  }

  /** To be called when the answer to a write is on its way, before anything else. */
  finishWrite(): void {
    this.#written.finish()
  }

  stats(id: string): TaskStats | undefined {
    return this.#tasks.get(id)?.task.stats()
  }

  httpOut(id: string, path: string): string | undefined {
    const body = this.#routes.get(`${id}/${path}`)
    const owner = this.#tasks.get(id)?.task.owner
    return body !== undefined && owner !== undefined ? activity.during(owner, body) : undefined
  }

  applyInhibitor(change: InhibitorChange): void {
    this.#inhibitors.apply(change)
  }

  /** The endpoints of httppost have changed: nodes go by the new ones from the next request on. */
  setEndpoints(endpoints: HttpEndpoints): void {
    this.#endpoints = endpoints
  }

  /** Clusters of InfluxDB have other credentials: nodes go by them from the next request on. */
  setClusters(clusters: readonly ClusterSettings[]): void {
    this.#influx.renew(clusters)
  }

  /** Lets the nodes of all tasks read their sources anew. @throws what the first says that cannot. */
  reload(): void {
    const complaints: unknown[] = []
    for (const { task } of this.#tasks.values()) {
      try {
        task.reload()
      } catch (error) {
        complaints.push(error)
      }
    }
    if (complaints.length > 0) throw complaints[0]
  }

  /** Runs tasks over an archive; see `Replay`. */
  async replay(spec: ReplaySpec): Promise<ReplayOutcome> {
    const replay = new Replay(spec, {
      settings: this.#settings,
      host: this.#host,
      http: this.#http,
      influx: this.#influx,
      clock: this.#clock,
      loopback: this.#loopback
    })
    this.#replays.set(spec.id, replay)
    try {
      return await replay.run()
    } finally {
      this.#replays.delete(spec.id)
    }
  }

  cancelReplay(id: string): void {
    this.#replays.get(id)?.cancel()
  }

  /** A task of a replay that goes on. */
  findLane(id: string): ReplayLane | undefined {
    for (const replay of this.#replays.values()) {
      const lane = replay.findLane(id)
      if (lane !== undefined) return lane
    }
    return undefined
  }

  /** Events of a lane have been taken over. */
  replayEventsTaken(lane: string, events: number): void {
    for (const replay of this.#replays.values()) replay.taken(lane, events)
  }

  /** Points that came in since the start of the shard. */
  get ingress(): readonly IngressCount[] {
    return this.#ingress.counts
  }

  /** Numbers for `/metrics`. */
  gauges(): EngineGauges {
    let series = 0
    for (const table of this.#tables.values()) series += table.seriesCount
    const heap = getHeapStatistics()
    return {
      tasks: this.#tasks.size,
      series,
      linesOverLimit: this.#linesOverLimit,
      loopbackBytes: this.#loopback.bytes,
      loopbackDropped: this.#loopback.dropped,
      heapUsedBytes: heap.used_heap_size,
      heapTotalBytes: heap.total_heap_size,
      externalBytes: heap.external_memory
    }
  }

  async close(): Promise<void> {
    for (const replay of this.#replays.values()) replay.cancel()
    await Promise.all([...this.#tasks.keys()].map((id) => this.stop(id, CLOSE_MS)))
    this.#flushEvents()
    this.#ticker.cancel()
    this.#influx.close()
    this.#http.close()
  }

  #table(db: string, rp: string): IngestTable {
    const key = dbrpKey(db, rp)
    let table = this.#tables.get(key)
    if (table === undefined) {
      table = new IngestTable(db, rp, { ...this.#tableOptions(), slotCount: () => this.#slots.count })
      this.#tables.set(key, table)
    }
    return table
  }

  #tableOptions(): TableOptions {
    const { maxSeries, maxSeriesBytes, lineLimits } = this.#settings
    return { maxSeries, maxSeriesBytes, limits: lineLimits, onOverLimit: () => this.#linesOverLimit++ }
  }

  #forget(id: string): void {
    const entry = this.#tasks.get(id)
    if (entry === undefined) return
    const { task, slots } = entry
    this.#tasks.delete(id)
    this.#detach(task, task.reads)
    // Until then its nodes may still look at series.
    void task.released.then(() => this.#releaseSlots(slots))
  }

  #detach(reader: StreamReader, dbrps: readonly Dbrp[]): void {
    for (const { db, rp } of dbrps) {
      const key = dbrpKey(db, rp)
      const table = this.#tables.get(key)
      table?.remove(reader)
      if (table?.readers.size === 0) this.#tables.delete(key)
    }
  }

  #releaseSlots(slots: readonly number[]): void {
    for (const table of this.#tables.values()) table.clearSlots(slots)
    this.#slots.release(slots)
  }

  #portsFor(
    { id, globals }: RunnableTask,
    effort: Effort,
    guard: (work: () => void) => void,
    owner: RunningTask
  ): Ports {
    const host = this.#host
    const pending = (delta: number): void => owner.addPending(delta)
    return makePorts({
      taskId: id,
      taskMaster: 'main',
      settings: this.#settings,
      host,
      clock: this.#clock,
      alerts: {
        ...(globals !== undefined && { globals }),
        emit: (event) => this.#emit(event),
        findState: (topic, eventId) => this.#topics.find(topic, eventId),
        copyState: (copy) => this.#copyState(copy),
        setInhibitor: (one, category, tags, active) => this.#inhibitors.set(one, category, tags, active),
        removeInhibitor: (one) => this.#inhibitors.remove(one),
        isInhibited: (category, tags) => this.#inhibitors.isInhibited(category, tags)
      },
      http: this.#http,
      httpOut: this.#httpOutOf(id),
      influx: this.#influx,
      loopback: new Loopback(this.#loopback, owner),
      ...{ effort, pending },
      // What a node does outside of a write tells the world at the end of its own turn.
      turn: (work) => {
        guard(work)
        this.#flushEvents()
      }
    })
  }

  #httpOutOf(id: string): HttpOutPort {
    return {
      register: (path, body) => {
        const key = `${id}/${path}`
        if (this.#routes.has(key)) {
          throw new Error(`http: multiple registrations for /kapacitor/v1/tasks/${key}`)
        }
        this.#routes.set(key, body)
      },
      unregister: (path) => void this.#routes.delete(`${id}/${path}`)
    }
  }

  #emit(event: AlertEvent): boolean {
    if (!this.#room.take(event)) return false
    this.#topics.note(event)
    this.#events.push(event)
    // Nodes also emit from answers and timers; whoever drives the turn flushes, this is for those that nobody drives.
    if (this.#isFlushing) return true
    this.#isFlushing = true
    queueMicrotask(() => this.#flushEvents())
    return true
  }

  #copyState(copy: StateCopy): void {
    this.#topics.copy(copy)
    this.#flushEvents()
    this.#host.stateCopied(copy)
  }

  #flushEvents(): void {
    this.#isFlushing = false
    if (this.#events.length === 0) return
    const events = this.#events
    this.#events = []
    this.#room.clear()
    this.#host.events(events)
  }
}
