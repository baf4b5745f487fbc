import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Instant } from '../core/instant.ts'
import { checkEdges } from '../graph/build.ts'
import { compileScript } from '../graph/compile.ts'
import { Effort } from '../graph/effort.ts'
import { instantiate, type RunningGraph } from '../graph/instantiate.ts'
import { type Node, NodeError, StartError } from '../graph/node.ts'
import type { HttpPort, InfluxPort, LoopbackPort, Ports } from '../graph/ports.ts'
import type { Batch } from '../model/batch.ts'
import { type RequiredFields, unionOfReaders } from '../model/required-fields.ts'
import type { GroupRegistry } from '../model/group.ts'
import type { PointColumns } from '../model/point-columns.ts'
import { nodes } from '../nodes/index.ts'
import { queriesOf, type ScheduledOptions, type ScheduledQuery } from '../nodes/query/scheduled.ts'
import { measurementsBelow, type StreamSource } from '../nodes/stream.ts'
import type { RunnableTask, TaskStats } from '../graph/task.ts'
import { activity, NOBODY } from './activity.ts'
import type { AlertOutlet } from './alert-outlet.ts'
import type { EngineHost, EngineSettings } from './contract.ts'
import type { HttpRoutes } from './http-routes.ts'
import type { LoopingTask } from './loopback.ts'
import { makePorts } from './ports.ts'
import type { SeriesSlots } from './series-slots.ts'

/** Where a task runs: what is otherwise in a replay than in life. */
export interface TaskWorld {
  /** First part of anonymous topic names: `main`, or a replay's id. */
  readonly taskMaster: string
  readonly settings: Pick<EngineSettings, 'deadman' | 'maxEffortMs' | 'timeZone' | 'server'>
  readonly log: EngineHost['log']
  readonly clock: Clock
  /** See `Ports.queries`. */
  readonly queries: Ports['queries']
  readonly alerts: AlertOutlet
  readonly routes: HttpRoutes
  readonly http: HttpPort
  readonly influx: InfluxPort
  readonly loopbackOf: (task: LoopingTask) => LoopbackPort
  /** Numbers for `TaskHost.slots`. */
  readonly slots: Pick<SeriesSlots, 'take' | 'release'>
  /** The task has ended by itself; everything of it has been released, or will be. */
  readonly onFailed: (task: TaskHost, message: string) => void
}

/**
 * A task at work, live or in a replay: its graph, the ports by which that reaches the world, its start and end, and the
 * wall between its failures and the rest of the process.
 */
export class TaskHost {
  readonly id: string
  /** Number under which the thread's activity tells of it. */
  readonly owner: number
  /** What the task reads of the stream: a batch task nothing. */
  readonly reads: RunnableTask['dbrps']
  readonly isDeferred = false
  /** Numbers below which its nodes keep things on series; free again once it is released. */
  readonly slots: readonly number[]
  /** Unfinished work that its nodes have reported, and points that they have written back. */
  pending = 0
  /** How many times tasks have written back what it works on, or read last: its timers and answers come of that. */
  hop = 0
  /** Points that it has written back and that are under way, by their hop. */
  readonly #looped = new Map<number, number>()
  readonly #graph: RunningGraph
  readonly #world: TaskWorld
  readonly #effort: Effort
  readonly #source: Node
  readonly measurements: ReadonlySet<string>
  readonly #queries: readonly ScheduledQuery<ScheduledOptions>[]
  /** Measurement of each node that reads the stream ('' reads all), with the fields that it wants. */
  readonly #readers: readonly { readonly measurement: string; readonly requiredFields: RequiredFields }[]
  /** Whether the task takes no more points. */
  #hasEnded = false
  #hasFailed = false
  /** Nodes have let out what they held. */
  #hasFinished = false
  /** Whether all nodes have been stopped. */
  #hasStopped = false
  /** Resolves when nothing of the task is left. */
  readonly released: Promise<void>
  #resolveReleased: () => void = () => {}
  /** Who waits until it has finished what writers of a hop wait for. */
  readonly #drained = new Map<number, (() => void)[]>()
  #throughput = 0
  #collectedBefore = 0

  /** Makes it, and lets the thread's activity tell of it. @throws StartError, as the constructor. */
  static start(task: RunnableTask, world: TaskWorld): TaskHost {
    const slots: number[] = []
    try {
      return activity.during(task.owner ?? NOBODY, () => new TaskHost(task, world, slots))
    } catch (error) {
      world.slots.release(slots)
      throw error
    }
  }

  /** @throws StartError in Kapacitor's words; nothing of the task is left then. */
  private constructor(task: RunnableTask, world: TaskWorld, slots: number[]) {
    this.id = task.id
    this.owner = task.owner ?? NOBODY
    this.reads = task.type === 'stream' ? task.dbrps : []
    this.slots = slots
    this.#world = world
    this.#effort = new Effort(world.settings.maxEffortMs, () => world.clock.elapsedMs())
    this.released = new Promise((resolve) => (this.#resolveReleased = resolve))
    const { script, type, vars, dbrps } = task
    const built = compileScript({ script, type, vars, dbrps, nodes, deadman: world.settings.deadman })
    if (!built.ok) throw new StartError(built.error.message)
    const { graph } = built.value
    checkEdges(graph)
    this.#graph = instantiate(graph, {
      taskId: task.id,
      taskMaster: world.taskMaster,
      ports: this.#ports(task),
      newSeriesSlot: () => {
        const slot = world.slots.take()
        slots.push(slot)
        return slot
      },
      fail: (message) => this.#fail(message)
    })
    const source = graph.sources[0]!
    this.#source = this.#graph.running(source)
    this.measurements = new Set(measurementsBelow(source))
    this.#queries = queriesOf(this.#graph)
    this.#readers = source.children.map((child) => ({
      measurement: (child.options['measurement'] as string | undefined) ?? '',
      requiredFields: this.#graph.requiredFields(child)
    }))
    try {
      this.#graph.start()
    } catch (error) {
      this.#graph.stop()
      throw error
    }
  }

  /** Fields of a measurement that the task reads; undefined where it does not read the measurement. */
  requiredFields(measurement: string): RequiredFields | undefined {
    let requiredFields: RequiredFields | undefined
    for (const reader of this.#readers) {
      if (reader.measurement !== '' && reader.measurement !== measurement) continue
      requiredFields = unionOfReaders(requiredFields, reader.requiredFields)
    }
    return requiredFields
  }

  /** The caller tells the thread's activity of it. */
  read(columns: PointColumns, _now?: Instant, hop = 0): void {
    if (this.#hasEnded) return
    this.hop = hop
    this.#effort.begin()
    try {
      ;(this.#source as StreamSource).readColumns(columns)
    } catch (error) {
      this.#fail(nodeErrorText(error))
    }
  }

  /** Queries of a batch task, in the order of the script. */
  get queryCount(): number {
    return this.#queries.length
  }

  /** Lets a query send on what it would have been answered. */
  feed(query: number, batch: Batch): void {
    if (!this.#hasEnded) this.#guard(() => this.#queries[query]!.feed(batch))
  }

  /** The groups of its graph; whoever makes batches for it takes them from here. */
  get groups(): GroupRegistry {
    return this.#graph.groups
  }

  /** Counts unfinished work; see `Ports.pending`. */
  #addPending(delta: number): void {
    this.pending += delta
    if (delta < 0) this.#resumeDrained()
  }

  addLooped(hop: number, delta: number): void {
    const looped = (this.#looped.get(hop) ?? 0) + delta
    if (looped === 0) this.#looped.delete(hop)
    else this.#looped.set(hop, looped)
    this.#addPending(delta)
  }

  pendingFor(hop: number): number {
    let { pending } = this
    if (this.#looped.size > 0) for (const [other, points] of this.#looped) if (other <= hop) pending -= points
    return pending
  }

  whenDrainedFor(hop: number): Promise<void> {
    if (this.pendingFor(hop) <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const waiting = this.#drained.get(hop)
      if (waiting === undefined) this.#drained.set(hop, [resolve])
      else waiting.push(resolve)
    })
  }

  /** Resolves when nothing is unfinished. */
  whenDrained(): Promise<void> {
    return this.whenDrainedFor(0)
  }

  #resumeDrained(): void {
    for (const [hop, waiting] of this.#drained) {
      if (this.pendingFor(hop) > 0) continue
      this.#drained.delete(hop)
      for (const resolve of waiting) resolve()
    }
  }

  /** Lets the nodes finish what they hold, waits for requests under way, and releases everything. */
  async stop(): Promise<void> {
    if (this.#hasEnded) return
    this.#hasEnded = true
    // Answers that are still awaited may bring messages for nodes that hold theirs until the end.
    await this.whenDrained()
    if (this.#hasStopped) return
    this.#finish()
    if (this.#hasFailed) return
    await this.whenDrained()
    this.#release()
  }

  /** Ends a `stop` that takes too long: nobody waits for what is under way, which may still go out. */
  abandon(): void {
    this.#finish()
    this.#release()
  }

  #finish(): void {
    if (this.#hasFinished) return
    this.#hasFinished = true
    this.#guard(() => this.#graph.finish())
  }

  /** Waits for requests under way and releases everything; nodes let nothing more out. */
  async cancel(): Promise<void> {
    if (!this.#hasEnded) {
      this.#hasEnded = true
      await this.whenDrained()
      this.#release()
    }
    await this.released
  }

  /** @throws what a node says that cannot read its source. */
  reload(): void {
    if (!this.#hasEnded) activity.during(this.owner, () => this.#graph.reload())
  }

  stats(): TaskStats {
    return { throughput: this.#throughput, ...this.#graph.stats() }
  }

  /** Measures the throughput of each node; called once a second. */
  measureThroughput(): void {
    const collected = this.#source.collected ?? 0
    this.#throughput = collected - this.#collectedBefore
    this.#collectedBefore = collected
  }

  #ports({ id, globals }: RunnableTask): Ports {
    const { taskMaster, settings, log, clock, queries, alerts, routes, http, influx, loopbackOf } = this.#world
    return makePorts({
      ...{ taskId: id, taskMaster, settings, log, clock, queries, http, influx },
      alerts: alerts.portOf(globals),
      httpOut: routes.portOf(id),
      loopback: loopbackOf(this),
      effort: this.#effort,
      pending: (delta) => this.#addPending(delta),
      // What a node does outside of a message tells the world at the end of its own turn.
      turn: (work) => {
        this.#guard(work)
        alerts.flush()
      }
    })
  }

  #guard(work: () => void): void {
    if (this.#hasStopped) return
    this.#effort.begin()
    try {
      activity.during(this.owner, work)
    } catch (error) {
      this.#fail(nodeErrorText(error))
    }
  }

  /** Nothing more comes in; what nodes have under way may still go out, then all is released. */
  #fail(message: string): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#hasEnded = true
    void this.whenDrained().then(() => this.#release())
    this.#world.onFailed(this, message)
  }

  #release(): void {
    if (this.#hasStopped) return
    this.#hasStopped = true
    activity.during(this.owner, () => this.#graph.stop())
    this.pending = 0
    this.#looped.clear()
    this.#resumeDrained()
    this.#resolveReleased()
  }
}

function nodeErrorText(error: unknown): string {
  return error instanceof NodeError ? `${error.node}: ${error.message}` : messageOf(error)
}
