import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import { Effort } from '../graph/effort.ts'
import type { GlobalAlerts, HttpOutPort, HttpPort, InfluxPort, LoopbackPort, Ports } from '../graph/ports.ts'
import type { InfluxCluster } from '../influxdb/query/cluster.ts'
import type { AlertEvent, StateCopy } from '../model/event.ts'
import type { Staged } from '../model/staged.ts'
import type { TaskStats } from '../graph/task.ts'
import { activity } from './activity.ts'
import type { EngineHost, EngineSettings } from './contract.ts'
import { EventRoom } from './event-room.ts'
import { Inhibitors } from './inhibitors.ts'
import { Loopback } from './loopback.ts'
import type { LoopbackQueue } from './loopback-queue.ts'
import { makePorts } from './ports.ts'
import type { LaneOutcome, LaneSpec } from '../graph/replay-spec.ts'
import { RunningTask } from './running-task.ts'
import { TopicMirror } from './topic-mirror.ts'

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
 * One task of a replay at work. It has levels, inhibitors and httpOut endpoints of its own, all empty in the
 * beginning, so that a replay neither depends on what lives nor changes it.
 */
export class ReplayLane {
  readonly id: string
  readonly task: RunningTask | undefined
  readonly #replay: ReplayHost
  readonly #isMuted: boolean
  readonly #globals: GlobalAlerts | undefined
  readonly #topics = new TopicMirror()
  readonly #inhibitors: Inhibitors
  readonly #routes = new Map<string, () => string>()
  readonly #bodies: Record<string, string> = {}
  #events: AlertEvent[] = []
  readonly #room = new EventRoom()
  /** Events that nobody has taken over yet. */
  untaken = 0
  #error = ''

  constructor(
    { id, task, isMuted, tellsAll }: LaneSpec,
    replay: ReplayHost,
    clock: Clock,
    takeSeriesSlot: () => number
  ) {
    this.id = id
    this.#replay = replay
    this.#isMuted = isMuted
    const { globals } = task
    this.#globals = tellsAll
      ? { stateChangesOnly: false, ...globals, kinds: [...(globals?.kinds ?? []), 'log'] }
      : globals
    this.#inhibitors = new Inhibitors(id, () => {})
    try {
      const effort = new Effort(replay.settings.maxEffortMs, () => replay.clock.elapsedMs())
      this.task = RunningTask.start(task, {
        effort,
        deadman: replay.settings.deadman,
        taskMaster: id,
        takeSeriesSlot,
        portsFor: (guard, owner) => this.#ports(task.id, clock, effort, guard, owner),
        onFailed: (_task, message) => (this.#error = `task run: ${message}`)
      })
      replay.host.log('info', 'started task', this.#origin(task.id))
    } catch (error) {
      this.#error = `task start: ${messageOf(error)}`
    }
  }

  /** Takes no more points. */
  get hasFailed(): boolean {
    return this.#error !== ''
  }

  fail(error: string): void {
    if (!this.hasFailed) this.#error = error
  }

  read(staged: Staged): void {
    if (this.task !== undefined) {
      const before = activity.begin(this.task.owner)
      this.task.read(staged)
      activity.end(before)
    }
    this.flush()
  }

  /** Tells the events that have been raised. */
  flush(): void {
    if (this.#events.length === 0) return
    this.untaken += this.#events.length
    this.#replay.host.replayEvents(this.id, this.#events)
    this.#events = []
    this.#room.clear()
  }

  /** No more will come: nodes let out what they hold. */
  async finish(): Promise<LaneOutcome> {
    await this.task?.stop()
    await this.task?.released
    return this.#end()
  }

  /** Nodes let nothing more out. */
  async cancel(): Promise<LaneOutcome> {
    await this.task?.cancel()
    return this.#end()
  }

  stats(): TaskStats | undefined {
    return this.task?.stats()
  }

  httpOut(path: string): string | undefined {
    return this.#routes.get(path)?.()
  }

  #end(): LaneOutcome {
    if (this.task !== undefined) this.#replay.host.log('info', 'stopped task', this.#origin(this.task.id))
    this.flush()
    return { stats: this.stats(), error: this.#error, httpOut: this.#bodies }
  }

  /** What lines of the log say of where they come from. */
  #origin(task: string): Readonly<Record<string, string>> {
    return { task_master: this.id, task }
  }

  #ports(taskId: string, clock: Clock, effort: Effort, guard: (work: () => void) => void, owner: RunningTask): Ports {
    const { settings, host, http, influx } = this.#replay
    const pending = (delta: number): void => owner.addPending(delta)
    const loopback = new Loopback(this.#replay.loopback, owner)
    return makePorts({
      ...{ taskId, taskMaster: this.id, settings, host, clock, effort, pending },
      alerts: {
        ...(this.#globals !== undefined && { globals: this.#globals }),
        emit: (event) => {
          if (!this.#room.take(event)) return false
          this.#topics.note(event)
          this.#events.push(event)
          return true
        },
        findState: (topic, eventId) => this.#topics.find(topic, eventId),
        copyState: (copy) => this.#copyState(copy),
        setInhibitor: (one, category, tags, active) => this.#inhibitors.set(one, category, tags, active),
        removeInhibitor: (one) => this.#inhibitors.remove(one),
        isInhibited: (category, tags) => this.#inhibitors.isInhibited(category, tags)
      },
      http: this.#isMuted ? { ...http, post: () => Promise.resolve({ status: 200, body: '' }) } : http,
      httpOut: this.#httpOut(taskId),
      influx: this.#isMuted ? mutedInflux(influx) : influx,
      loopback: this.#isMuted ? MUTED_LOOPBACK : loopback,
      turn: (work) => {
        guard(work)
        this.flush()
      }
    })
  }

  #copyState(copy: StateCopy): void {
    this.#topics.copy(copy)
    this.flush()
    this.#replay.host.replayStateCopied(this.id, copy)
  }

  #httpOut(taskId: string): HttpOutPort {
    return {
      register: (path, body) => {
        if (this.#routes.has(path)) {
          throw new Error(`http: multiple registrations for /kapacitor/v1/tasks/${taskId}/${path}`)
        }
        this.#routes.set(path, body)
      },
      unregister: (path) => {
        this.#bodies[path] = this.#routes.get(path)!()
        this.#routes.delete(path)
      }
    }
  }
}

const MUTED_LOOPBACK: LoopbackPort = { write() {} }

function mutedInflux(influx: InfluxPort): InfluxPort {
  const muted: InfluxCluster = {
    query: () => Promise.resolve([]),
    flux: () => Promise.resolve(''),
    write: () => Promise.resolve()
  }
  return { findCluster: (name) => influx.findCluster(name) && muted }
}
