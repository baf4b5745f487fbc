import { randomUUID } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Instant } from '../core/instant.ts'
import type { Logger } from '../core/logger.ts'
import type { LaneOutcome, ReplayOutcome, ReplaySpec } from '../engine/replay-spec.ts'
import type { HandlerCall } from '../graph/spec.ts'
import type { AlertEvent } from '../model/event.ts'
import type { RecordingRecord } from '../store/recordings.ts'
import type { ReplayRecord, ReplayStore } from '../store/replays.ts'
import type { TaskRecord } from '../store/tasks.ts'
import type { TaskStats } from '../tasks/contract.ts'
import { isId } from '../tasks/errors.ts'
import type { TaskService } from '../tasks/service.ts'
import { taskTopicsOf } from '../tasks/task-topics.ts'
import type { Archives } from './archives.ts'
import {
  InvalidReplayId,
  RecordingRuns,
  ReplayExists,
  ReplayNeedsBatchTask,
  ReplayNotFound,
  ReplayRecordingNotFound,
  ReplayTaskNotFound,
  UnmatchedReplayId
} from './errors.ts'
import type { LaneEvents } from './lane-events.ts'
import { Ledger } from './ledger.ts'
import { type Progress, type RecordingService, SHUTDOWN, type Work } from './service.ts'

/** Where replays run: the shards. */
export interface ReplayPool {
  /** Resolves when it has ended. */
  replay(spec: ReplaySpec): Promise<ReplayOutcome>
  cancelReplay(id: string): void
  laneStats(replay: string, lane: string): Promise<TaskStats | undefined>
  laneHttpOut(replay: string, lane: string, path: string): Promise<string | undefined>
}

/** Topics of one replay, apart from the live ones. */
export interface ReplayTopicsPort {
  open(topic: string, handlers: readonly HandlerCall[]): void
  /** Resolves when there is room for more. */
  collect(events: readonly AlertEvent[]): Promise<void>
  /** Delivers what it has, though it does not wait for ever. */
  close(): Promise<void>
}

export interface ReplayServiceOptions {
  readonly store: ReplayStore
  readonly recordings: RecordingService
  readonly archives: Archives
  readonly shards: ReplayPool
  readonly tasks: TaskService
  readonly events: LaneEvents
  /** Makes topics for a replay. */
  readonly topics: () => ReplayTopicsPort
  /** Kinds of the handlers that every alert gets. */
  readonly globalKinds: readonly string[]
  readonly clock: Clock
  readonly log: Logger
}

export interface ReplayOptions {
  readonly recordingTime: boolean
  readonly clock: ReplayRecord['clock']
  /** Whether alerts reach their handlers, and other nodes the world. */
  readonly delivers: boolean
}

export interface ReplayRequest extends ReplayOptions {
  /** '': a new one. */
  readonly id: string
  readonly task: string
}

export interface ReplayProgress {
  readonly points: number
  /** Of the recording. */
  readonly total: number
  readonly elapsedMs: number
}

/** A scan of an archive under way, with its lanes. */
interface Scan {
  readonly id: string
  readonly progress: BigInt64Array<SharedArrayBuffer>
  readonly startedMs: number
  readonly ended: Promise<void>
}

interface Lane {
  readonly record: ReplayRecord
  readonly task: TaskRecord
  readonly delivers: boolean
}

/** Replays whose httpOut endpoints are kept after their end. */
const KEPT_BODIES = 100

/** Replays: tasks run over recordings, apart from everything that lives. */
export class ReplayService {
  readonly #options: ReplayServiceOptions
  readonly #ledger: Ledger<ReplayRecord>
  readonly #log: Logger
  readonly #scans = new Map<string, Scan>()
  readonly #running = new Map<string, ReplayRecord>()
  /** By scan: what asks for its data. */
  readonly #asking = new Map<string, Work>()
  readonly #topics = new Map<string, ReplayTopicsPort>()
  readonly #bodies = new Map<string, LaneOutcome['httpOut']>()
  readonly #closing = new Set<Promise<void>>()
  #isClosing = false

  private constructor(options: ReplayServiceOptions, ledger: Ledger<ReplayRecord>) {
    this.#options = options
    this.#ledger = ledger
    this.#log = options.log.child({ service: 'replays' })
  }

  /** What ran when the process ended has failed. */
  static async open(options: ReplayServiceOptions): Promise<ReplayService> {
    const ledger = await Ledger.open(options.store, options.log.child({ service: 'replays' }))
    const service = new ReplayService(options, ledger)
    for (const record of ledger.all) if (record.status === 'running') await service.#end(record, SHUTDOWN)
    return service
  }

  /** Newest first. */
  get all(): readonly ReplayRecord[] {
    return this.#ledger.all
  }

  find(id: string): ReplayRecord | undefined {
    return this.#ledger.find(id)
  }

  /** Fails with REPLAY_NOT_FOUND. */
  get(id: string): ReplayRecord {
    const record = this.find(id)
    if (record === undefined) throw ReplayNotFound()
    return record
  }

  /** One that runs, which may be another one than that of its id that is shown. */
  findRunning(id: string): ReplayRecord | undefined {
    return this.#running.get(id)
  }

  /** Points done and in all, and for how long, of one that runs. */
  progressOf(id: string): ReplayProgress | undefined {
    const scan = this.#scans.get(id)
    if (scan === undefined) return undefined
    const { progress, startedMs } = scan
    return { points: Number(progress[0]), total: Number(progress[1]), elapsedMs: Date.now() - startedMs }
  }

  /** Of one that runs. */
  async stats(id: string): Promise<TaskStats | undefined> {
    const scan = this.#scans.get(id)
    return scan && (await this.#options.shards.laneStats(scan.id, id))
  }

  /** Body of an httpOut endpoint of a replay, also after its end, though not for ever. */
  async httpOut(id: string, path: string): Promise<string | undefined> {
    const scan = this.#scans.get(id)
    if (scan !== undefined) return await this.#options.shards.laneHttpOut(scan.id, id, path)
    return this.#bodies.get(id)?.[path]
  }

  /** The same of a task that is replayed just now. */
  async httpOutOfTask(task: string, path: string): Promise<string | undefined> {
    for (const { id, task: replayed } of this.#running.values()) {
      if (replayed === task) return await this.httpOut(id, path)
    }
    return undefined
  }

  /**
   * Replays a recording into a task, or into several in one scan.
   * Fails with REPLAY_ID_INVALID, REPLAY_EXISTS, REPLAY_TASK_NOT_FOUND, REPLAY_RECORDING_NOT_FOUND or RECORDING_RUNS;
   * other failures are those of the replay.
   */
  async replay(recording: string, requests: readonly ReplayRequest[]): Promise<ReplayRecord[]> {
    const lanes = requests.map((request) => this.#lane(recording, request))
    const { id } = this.#recording(recording)
    // As in Kapacitor, a new one of an old id shows when it is done.
    for (const { record } of lanes) if (this.find(record.id) === undefined) await this.#ledger.add(record)
    this.#begin(lanes, async (scan) => {
      const path = this.#options.archives.pathOf(id)
      await this.#options.archives.released(path)
      return await this.#run(scan, path, lanes, true)
    })
    return lanes.map(({ record }) => record)
  }

  /** Replays what the queries of a batch task are answered. Fails like `replay`. */
  async replayBatch(request: ReplayRequest, start: Instant, stop: Instant): Promise<ReplayRecord> {
    const id = this.#freeId(request.id, 'replay')
    const lane = this.#lane('', { ...request, id })
    if (lane.task.type !== 'batch') throw ReplayNeedsBatchTask(lane.task.id)
    const { recordings } = this.#options
    return await this.#replayAsked(lane, (path, progress) => {
      return recordings.askTask(path, lane.task, start, stop, progress)
    })
  }

  /** Replays what one query is answered. Fails like `replay`. */
  async replayQuery(request: ReplayRequest, query: string, cluster: string): Promise<ReplayRecord> {
    // [sic]
    const id = this.#freeId(request.id, 'recording')
    const lane = this.#lane('', { ...request, id })
    const { recordings } = this.#options
    return await this.#replayAsked(lane, (path, progress) => {
      return recordings.askQuery(path, lane.task.type, query, cluster, progress)
    })
  }

  /** Ends it where it runs, and forgets it. Differs: deleting a replay that runs ends it; in Kapacitor it goes on. */
  async remove(id: string): Promise<void> {
    const scan = this.#scans.get(id)
    if (scan !== undefined) {
      this.#cancel(scan)
      await scan.ended
    }
    this.#bodies.delete(id)
    if (this.find(id) !== undefined) await this.#ledger.remove(id)
  }

  /** Ends what runs; it has failed when the process starts again. */
  async close(): Promise<void> {
    this.#isClosing = true
    const scans = [...this.#scans.values()]
    for (const scan of scans) this.#cancel(scan)
    await Promise.all(scans.map(({ ended }) => ended))
    await Promise.all(this.#closing)
    await this.#ledger.close()
  }

  #lane(recording: string, { id: asked, task: taskId, delivers, recordingTime, clock }: ReplayRequest): Lane {
    const id = asked === '' ? randomUUID() : asked
    if (!isId(id)) throw InvalidReplayId(id)
    const task = this.#options.tasks.find(taskId)
    if (task === undefined) throw ReplayTaskNotFound()
    // Differs: the id of a replay may be used again, but not while that runs.
    if (this.#scans.has(id)) throw ReplayExists()
    const date = this.#options.clock.now()
    const progress = { error: '', status: 'running', progress: 0, statsJson: '' } as const
    return { record: { id, recording, task: taskId, recordingTime, clock, date, ...progress }, task, delivers }
  }

  #recording(id: string): RecordingRecord {
    const record = this.#options.recordings.find(id)
    if (record === undefined) throw ReplayRecordingNotFound()
    if (record.status === 'running') throw RecordingRuns(id)
    return record
  }

  /** @param what As Kapacitor says it of a wrong id. */
  #freeId(asked: string, what: 'replay' | 'recording'): string {
    const id = asked === '' ? randomUUID() : asked
    if (!isId(id)) throw UnmatchedReplayId(what, id)
    if (this.find(id) !== undefined) throw ReplayExists()
    return id
  }

  /** Asks into a file of its own, replays that and removes it. */
  async #replayAsked(lane: Lane, ask: (path: string, progress: Progress) => Promise<Work>): Promise<ReplayRecord> {
    const { archives } = this.#options
    const path = archives.temporaryPathOf(lane.record.id)
    await this.#ledger.add(lane.record)
    this.#begin([lane], async (scan) => {
      try {
        const asking = await ask(path, new BigInt64Array(new SharedArrayBuffer(16)))
        this.#asking.set(scan.id, asking)
        const { error } = await asking.outcome
        if (error !== '') throw new Error(error)
        await archives.released(path)
        return await this.#run(scan, path, [lane], false)
      } finally {
        this.#asking.delete(scan.id)
        await archives.remove(path)
      }
    })
    return lane.record
  }

  #cancel({ id }: Scan): void {
    this.#asking.get(id)?.cut(this.#isClosing ? SHUTDOWN : 'cancelled')
    this.#options.shards.cancelReplay(id)
  }

  /** Lets lanes run in the background; whatever happens shows in their records. */
  #begin(lanes: readonly Lane[], work: (scan: Omit<Scan, 'ended'>) => Promise<readonly LaneOutcome[]>): void {
    const progress = new BigInt64Array(new SharedArrayBuffer(16))
    const scan = { id: randomUUID(), progress, startedMs: Date.now() }
    const ended = work(scan)
      .catch((error: unknown) => lanes.map(() => failed(`running replay: ${messageOf(error)}`)))
      .then(async (outcomes) => {
        for (const [i, { record }] of lanes.entries()) {
          const { error, stats, httpOut } = outcomes[i]!
          this.#forget(record.id)
          this.#keepBodies(record.id, httpOut)
          await this.#end(record, error, stats === undefined ? '' : JSON.stringify(stats))
        }
      })
      .catch((error: unknown) => this.#log.error('failed to store a replay', { error: messageOf(error) }))
      .finally(() => lanes.forEach(({ record }) => this.#forget(record.id)))
    for (const { record } of lanes) {
      this.#scans.set(record.id, { ...scan, ended })
      this.#running.set(record.id, record)
    }
  }

  #forget(id: string): void {
    this.#scans.delete(id)
    this.#running.delete(id)
  }

  async #run(
    { id, progress }: Omit<Scan, 'ended'>,
    path: string,
    lanes: readonly Lane[],
    dropsEmptyBatches: boolean
  ): Promise<readonly LaneOutcome[]> {
    const refusals = lanes.map((lane) => this.#refusalOf(lane))
    const going = lanes.filter((_, i) => refusals[i] === undefined)
    const outcomes = going.length === 0 ? [] : await this.#scan(id, path, going, progress, dropsEmptyBatches)
    let next = 0
    return refusals.map((refusal) => (refusal === undefined ? outcomes[next++]! : failed(refusal)))
  }

  async #scan(
    id: string,
    path: string,
    lanes: readonly Lane[],
    progress: BigInt64Array<SharedArrayBuffer>,
    dropsEmptyBatches: boolean
  ): Promise<readonly LaneOutcome[]> {
    const { shards, tasks } = this.#options
    const [first] = lanes
    const { clock, recordingTime } = first!.record
    try {
      for (const lane of lanes) this.#openTopics(lane)
      const specs = lanes.map(({ record, task, delivers }) => {
        const { type, vars, dbrps } = tasks.definitionOf(task)
        return {
          id: record.id,
          task: { id: task.id, script: task.script, type, vars, dbrps },
          isMuted: !delivers,
          tellsAll: false
        }
      })
      const spec = { id, path, lanes: specs, clock, recordingTime, dropsEmptyBatches, progress }
      const { lanes: outcomes, wasCancelled } = await shards.replay(spec)
      const error = this.#isClosing ? SHUTDOWN : 'cancelled'
      return wasCancelled ? outcomes.map((outcome) => ({ ...outcome, error })) : outcomes
    } finally {
      for (const { record } of lanes) this.#closeTopics(record.id)
    }
  }

  #openTopics({ record, task, delivers }: Lane): void {
    if (!delivers) return
    const topics = this.#options.topics()
    this.#topics.set(record.id, topics)
    this.#options.events.open(record.id, (events) => topics.collect(events))
    const { graph } = this.#options.tasks.definitionOf(task)
    for (const { topic, handlers } of taskTopicsOf(record.id, task.id, graph, this.#options.globalKinds)) {
      topics.open(topic, handlers)
    }
  }

  /** Receivers may be slow; the replay has ended all the same. */
  #closeTopics(id: string): void {
    const topics = this.#topics.get(id)
    if (topics === undefined) return
    this.#topics.delete(id)
    this.#options.events.close(id)
    const closing = topics
      .close()
      .catch((error: unknown) => this.#log.error('failed to end handlers', { replay: id, error: messageOf(error) }))
      .finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  /** As in Kapacitor, an endpoint belongs to one run of the task at a time. */
  #refusalOf({ task }: Lane): string | undefined {
    const { tasks } = this.#options
    const running = tasks.runs.findRunning(task.id)
    if (running === undefined) return undefined
    const taken = new Set(tasks.endpointsOf(running).map(({ path }) => path))
    const clash = tasks.endpointsOf(task).find(({ path }) => taken.has(path))
    return (
      clash && `task run: ${clash.node}: http: multiple registrations for /kapacitor/v1/tasks/${task.id}/${clash.path}`
    )
  }

  #keepBodies(id: string, bodies: LaneOutcome['httpOut']): void {
    this.#bodies.set(id, bodies)
    const [oldest] = this.#bodies.keys()
    if (this.#bodies.size > KEPT_BODIES) this.#bodies.delete(oldest!)
  }

  async #end(record: ReplayRecord, error: string, statsJson = ''): Promise<void> {
    if (error !== '') this.#log.error('replay failed', { replay: record.id, error })
    const status = error === '' ? 'finished' : 'failed'
    await this.#ledger.update({ ...record, error, status, statsJson, progress: 1, date: this.#options.clock.now() })
  }
}

function failed(error: string): LaneOutcome {
  return { stats: undefined, error, httpOut: {} }
}
