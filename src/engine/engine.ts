import { getHeapStatistics } from 'node:v8'
import { wallClock, type Clock, type Timer } from '../core/clock.ts'
import { defineError } from '../core/errors.ts'
import { forAll } from '../core/for-all.ts'
import { within } from '../core/within.ts'
import type { IngressCount, RunnableTask, TaskStats } from '../graph/task.ts'
import type { ClusterSettings } from '../influxdb/settings.ts'
import type { Precision } from '../lineproto/precision.ts'
import type { Dbrp } from '../model/dbrp.ts'
import type { LoopedLoss } from '../model/looped.ts'
import { activity } from './activity.ts'
import { AlertOutlet } from './alert-outlet.ts'
import type {
  EngineGauges,
  EngineHost,
  EngineSettings,
  HttpEndpoints,
  InhibitorChange,
  StreamReader
} from './contract.ts'
import { NodeHttp } from './http.ts'
import { HttpRoutes } from './http-routes.ts'
import { InfluxClusters } from './influx.ts'
import { Inhibitors } from './inhibitors.ts'
import { Loopback } from './loopback.ts'
import { LoopbackQueue } from './loopback-queue.ts'
import { Replays } from './replay/replays.ts'
import { Streams } from './streams.ts'
import { TaskHost, type TaskWorld } from './task-host.ts'

export const TaskRuns = defineError('TASK_RUNS', 500, (id: string) => `task ${id} is already executing`)

/**
 * How long a task that is stopped may take over what it has under way, alone and with all others of the shard.
 * Differs: a task that is disabled or deleted has ended after 4 seconds, whatever it waits for; in the original the request
 * waits as long as that takes.
 */
const STOP_MS = 4000
const CLOSE_MS = 2500

/**
 * The tasks of one shard and what they read. Everything happens synchronously on one thread: a body is parsed, goes
 * through all graphs, and what they tell the world leaves before the writer gets its answer.
 */
export class Engine {
  readonly replays: Replays
  readonly #host: EngineHost
  readonly #tasks = new Map<string, TaskHost>()
  readonly #streams: Streams
  readonly #inhibitors: Inhibitors
  readonly #alerts: AlertOutlet
  readonly #routes = new HttpRoutes()
  readonly #loopback: LoopbackQueue
  readonly #influx: InfluxClusters
  readonly #http: NodeHttp
  /** Where tasks live. */
  readonly #world: TaskWorld
  #endpoints: HttpEndpoints
  readonly #ticker: Timer

  /** @param name Unique among the shards. */
  constructor(name: string, settings: EngineSettings, host: EngineHost, clock: Clock = wallClock) {
    this.#host = host
    this.#streams = new Streams(settings, () => host.now())
    this.#influx = new InfluxClusters(settings.influxdb)
    this.#endpoints = settings.endpoints
    this.#http = new NodeHttp(() => this.#endpoints, settings.blockedNetworks)
    this.#inhibitors = new Inhibitors(name, (change) => host.inhibitor(change))
    this.#alerts = new AlertOutlet(this.#inhibitors, host)
    this.#loopback = new LoopbackQueue(settings.loopback, (looped, fate) => host.loopback(looped, fate))
    const common = { settings, clock, http: this.#http, influx: this.#influx }
    this.#world = {
      ...common,
      ...{ taskMaster: 'main', queries: 'scheduled', alerts: this.#alerts, routes: this.#routes },
      log: (level, message, details) => host.log(level, message, details),
      loopbackOf: (task) => new Loopback(this.#loopback, task),
      slots: this.#streams.slots,
      onFailed: (task, message) => this.#failed(task, message)
    }
    this.replays = new Replays({ ...common, host, loopback: this.#loopback })
    this.#ticker = clock.every(1000, () => {
      clock.now() // Those who wait for a time hear of a jump of the clock at once.
      for (const task of this.#tasks.values()) task.measureThroughput()
      this.replays.measureThroughput()
    })
  }

  /** @throws StartError */
  start(task: RunnableTask): void {
    if (this.#tasks.has(task.id)) throw TaskRuns(task.id)
    this.#alerts.load(task.topics ?? [], task.topicStates ?? [])
    const running = TaskHost.start(task, this.#world)
    this.#tasks.set(task.id, running)
    this.#streams.add(running, running.reads)
  }

  /** @param withinMs What the task has under way is not waited for any longer. */
  async stop(id: string, withinMs = STOP_MS): Promise<void> {
    const task = this.#tasks.get(id)
    if (task === undefined) return
    this.#forget(task)
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
    const slot = this.#streams.slots.take()
    const reader = open(slot)
    this.#streams.add(reader, dbrps)
    return () => {
      this.#streams.remove(reader, dbrps)
      this.#streams.releaseSlots([slot])
    }
  }

  /** Takes a body in; see `Streams.write`. */
  write(
    db: string,
    rp: string,
    precision: Precision,
    body: Buffer,
    isCounted = true
  ): string | undefined | Promise<undefined> {
    const problems = this.#streams.write(db, rp, precision, body, isCounted)
    this.#alerts.flush()
    return problems
  }

  /** Takes in what a loopback node wrote; see `Streams.writeLooped`. */
  writeLooped(
    db: string,
    rp: string,
    body: Buffer,
    isCounted: boolean,
    hop: number
  ): LoopedLoss | undefined | Promise<undefined> {
    const loss = this.#streams.writeLooped(db, rp, body, isCounted, hop)
    this.#alerts.flush()
    return loss
  }

  /** Ends a write; called when its answer is on its way, before anything else. */
  finishWrite(): void {
    this.#streams.finishWrite()
  }

  stats(id: string): TaskStats | undefined {
    return this.#tasks.get(id)?.stats()
  }

  httpOut(id: string, path: string): string | undefined {
    const body = this.#routes.find(id, path)
    const owner = this.#tasks.get(id)?.owner
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
    forAll(this.#tasks.values(), (task) => task.reload())
  }

  /** Points that came in since the start of the shard. */
  get ingress(): readonly IngressCount[] {
    return this.#streams.ingress
  }

  /** Numbers for `/metrics`. */
  gauges(): EngineGauges {
    const heap = getHeapStatistics()
    return {
      tasks: this.#tasks.size,
      series: this.#streams.seriesCount,
      linesOverLimit: this.#streams.linesOverLimit,
      loopbackBytes: this.#loopback.bytes,
      loopbackDropped: this.#loopback.dropped,
      heapUsedBytes: heap.used_heap_size,
      heapTotalBytes: heap.total_heap_size,
      externalBytes: heap.external_memory
    }
  }

  async close(): Promise<void> {
    this.replays.cancelAll()
    await Promise.all([...this.#tasks.keys()].map((id) => this.stop(id, CLOSE_MS)))
    this.#alerts.flush()
    this.#ticker.cancel()
    this.#influx.close()
    this.#http.close()
  }

  #failed(task: TaskHost, message: string): void {
    const running = this.#tasks.get(task.id)
    // Another one of that name has been started since.
    if (running !== undefined && running !== task) return
    this.#forget(task)
    this.#host.failed(task.id, message)
  }

  #forget(task: TaskHost): void {
    if (this.#tasks.get(task.id) !== task) return
    this.#tasks.delete(task.id)
    this.#streams.remove(task, task.reads)
    // Until then its nodes may still look at series.
    void task.released.then(() => this.#streams.releaseSlots(task.slots))
  }
}
