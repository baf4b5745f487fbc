import type { Clock } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import type { HttpPort, InfluxPort, LoopbackPort } from '../../graph/ports.ts'
import type { ReplayTaskOutcome, ReplayTaskSpec } from '../../graph/replay-spec.ts'
import type { RunnableTask, TaskStats } from '../../graph/task.ts'
import type { InfluxCluster } from '../../influxdb/query/cluster.ts'
import type { AlertEvent } from '../../model/event.ts'
import type { PointColumns } from '../../model/point-columns.ts'
import { activity } from '../activity.ts'
import { AlertOutlet } from '../alert-outlet.ts'
import type { EngineHost, EngineSettings } from '../contract.ts'
import { HttpRoutes } from '../http-routes.ts'
import { Inhibitors } from '../inhibitors.ts'
import { Loopback } from '../loopback.ts'
import type { LoopbackQueue } from '../loopback-queue.ts'
import type { SeriesSlots } from '../series-slots.ts'
import { TaskHost } from '../task-host.ts'

/** What a replay takes from the engine. */
export interface ReplayHost {
  readonly settings: EngineSettings
  readonly host: Pick<EngineHost, 'log' | 'replayEvents' | 'replayStateCopied'>
  readonly http: HttpPort
  readonly influx: InfluxPort
  readonly clock: Clock
  readonly loopback: LoopbackQueue
}

/**
 * One task of a replay. It has levels, inhibitors and httpOut endpoints of its own, all empty in the beginning, so that
 * a replay neither depends on what lives nor changes it.
 */
export class ReplayTask {
  readonly id: string
  /** undefined where it did not start. */
  readonly running: TaskHost | undefined
  /** Events that nobody has taken over yet. */
  unacknowledged = 0
  readonly #taskId: string
  readonly #replay: ReplayHost
  readonly #alerts: AlertOutlet
  readonly #routes: HttpRoutes
  /** What its endpoints had in the end, by path. */
  readonly #bodies: Record<string, string> = {}
  #error = ''

  constructor(task: ReplayTaskSpec, replay: ReplayHost, clock: Clock, slots: SeriesSlots) {
    const { id, isMuted } = task
    const { settings, host, http, influx, loopback } = replay
    this.id = id
    this.#taskId = task.task.id
    this.#replay = replay
    this.#alerts = new AlertOutlet(new Inhibitors(id, () => {}), {
      events: (events) => this.#send(events),
      stateCopied: (copy) => host.replayStateCopied(id, copy)
    })
    this.#routes = new HttpRoutes((path, body) => (this.#bodies[path] = body()))
    try {
      this.running = TaskHost.start(taskOf(task), {
        ...{ taskMaster: id, settings, log: host.log, clock, queries: 'fed', slots },
        ...{ alerts: this.#alerts, routes: this.#routes },
        http: isMuted ? mutedHttp(http) : http,
        influx: isMuted ? mutedInflux(influx) : influx,
        loopbackOf: (task) => (isMuted ? MUTED_LOOPBACK : new Loopback(loopback, task)),
        onFailed: (_task, message) => (this.#error = `task run: ${message}`)
      })
      host.log('info', 'started task', this.#origin)
    } catch (error) {
      this.#error = `task start: ${messageOf(error)}`
    }
  }

  /** Whether the task takes no more points. */
  get hasFailed(): boolean {
    return this.#error !== ''
  }

  fail(error: string): void {
    if (!this.hasFailed) this.#error = error
  }

  read(columns: PointColumns): void {
    if (this.running !== undefined) {
      const before = activity.begin(this.running.owner)
      this.running.read(columns)
      activity.end(before)
    }
    this.flush()
  }

  /** Sends on the events that have been raised. */
  flush(): void {
    this.#alerts.flush()
  }

  /** No more will come: nodes let out what they hold. */
  async finish(): Promise<ReplayTaskOutcome> {
    await this.running?.stop()
    await this.running?.released
    return this.#end()
  }

  /** Nodes let nothing more out. */
  async cancel(): Promise<ReplayTaskOutcome> {
    await this.running?.cancel()
    return this.#end()
  }

  stats(): TaskStats | undefined {
    return this.running?.stats()
  }

  httpOut(path: string): string | undefined {
    return this.#routes.find(this.#taskId, path)?.()
  }

  #send(events: readonly AlertEvent[]): void {
    this.unacknowledged += events.length
    this.#replay.host.replayEvents(this.id, events)
  }

  #end(): ReplayTaskOutcome {
    if (this.running !== undefined) this.#replay.host.log('info', 'stopped task', this.#origin)
    this.flush()
    return { stats: this.stats(), error: this.#error, httpOut: this.#bodies }
  }

  /** What lines of the log say of where they come from. */
  get #origin(): Readonly<Record<string, string>> {
    return { task_master: this.id, task: this.#taskId }
  }
}

/** The task with what makes all of its alerts tell their events, where that is asked for. */
function taskOf({ task, emitsAll }: ReplayTaskSpec): RunnableTask {
  if (!emitsAll) return task
  const { globals } = task
  return { ...task, globals: { stateChangesOnly: false, ...globals, kinds: [...(globals?.kinds ?? []), 'log'] } }
}

const MUTED_LOOPBACK: LoopbackPort = { write() {} }

function mutedHttp(http: HttpPort): HttpPort {
  return { findEndpoint: (name) => http.findEndpoint(name), post: () => Promise.resolve({ status: 200, body: '' }) }
}

function mutedInflux(influx: InfluxPort): InfluxPort {
  const muted: InfluxCluster = {
    query: () => Promise.resolve([]),
    flux: () => Promise.resolve(''),
    write: () => Promise.resolve()
  }
  return { findCluster: (name) => influx.findCluster(name) && muted }
}
