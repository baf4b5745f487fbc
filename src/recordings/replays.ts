import { randomUUID } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Instant } from '../core/instant.ts'
import type { Logger } from '../core/logger.ts'
import type { LaneOutcome } from '../graph/replay-spec.ts'
import type { RecordingRecord } from '../store/recordings.ts'
import type { ReplayRecord, ReplayStore } from '../store/replays.ts'
import type { TaskStats } from '../graph/task.ts'
import { isId } from '../tasks/errors.ts'
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
import { LaneTopics, type LaneTopicsOptions } from './lane-topics.ts'
import { Ledger } from './ledger.ts'
import type { ReplayedTask, ReplayPool, ReplayProgress, ReplayRequest } from './replay-contract.ts'
import { type Scan, Scans } from './scans.ts'
import { type Progress, type RecordingService, SHUTDOWN, type Work } from './service.ts'

export interface ReplayServiceOptions extends LaneTopicsOptions {
  readonly store: ReplayStore
  readonly recordings: RecordingService
  readonly archives: Archives
  readonly shards: ReplayPool
  readonly clock: Clock
}

const CANCELLED = 'cancelled'
/** Replays whose httpOut endpoints are kept after their end. */
const KEPT_BODIES = 100

/** Replays: tasks run over recordings, apart from everything that lives. Whatever happens shows in their records. */
export class ReplayService {
  readonly #options: ReplayServiceOptions
  readonly #ledger: Ledger<ReplayRecord>
  readonly #log: Logger
  readonly #scans: Scans
  readonly #topics: LaneTopics
  readonly #bodies = new Map<string, LaneOutcome['httpOut']>()

  private constructor(options: ReplayServiceOptions, ledger: Ledger<ReplayRecord>, log: Logger) {
    this.#options = options
    this.#ledger = ledger
    this.#log = log
    this.#scans = new Scans(options.shards)
    this.#topics = new LaneTopics({ ...options, log })
  }

  /** What ran when the process ended has failed. */
  static async open(options: ReplayServiceOptions): Promise<ReplayService> {
    const log = options.log.child({ service: 'replays' })
    const ledger = await Ledger.open(options.store, log)
    const service = new ReplayService(options, ledger, log)
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
    return this.#scans.find(id)?.record
  }

  /** Points done and in all, and for how long, of one that runs. */
  progressOf(id: string): ReplayProgress | undefined {
    return this.#scans.progressOf(id)
  }

  /** Of one that runs. */
  stats(id: string): Promise<TaskStats | undefined> {
    return this.#scans.stats(id)
  }

  /** Body of an httpOut endpoint of a replay, also after its end, though not for ever. */
  async httpOut(id: string, path: string): Promise<string | undefined> {
    return this.#scans.has(id) ? await this.#scans.httpOut(id, path) : this.#bodies.get(id)?.[path]
  }

  /** The same of a task that is replayed just now. */
  async httpOutOfTask(task: string, path: string): Promise<string | undefined> {
    const lane = this.#scans.findOfTask(task)
    return lane && (await this.httpOut(lane.record.id, path))
  }

  /**
   * Replays a recording into a task, or into several in one scan.
   * Fails with REPLAY_ID_INVALID, REPLAY_EXISTS, REPLAY_TASK_NOT_FOUND, REPLAY_RECORDING_NOT_FOUND or RECORDING_RUNS;
   * other failures are those of the replay.
   */
  async replay(recording: string, requests: readonly ReplayRequest[]): Promise<ReplayRecord[]> {
    const { archives } = this.#options
    const lanes = requests.map((request) => this.#lane(recording, request))
    const path = archives.pathOf(this.#recording(recording).id)
    // As in Kapacitor, a new one of an old id shows when it is done.
    for (const { record } of lanes) if (this.find(record.id) === undefined) await this.#ledger.add(record)
    this.#begin(lanes, (scan) => archives.read(path, (file) => this.#run(scan, file, true)))
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
    await this.#scans.cut(id, CANCELLED)
    this.#bodies.delete(id)
    if (this.find(id) !== undefined) await this.#ledger.remove(id)
  }

  /** Ends what runs; it has failed when the process starts again. */
  async close(): Promise<void> {
    await this.#scans.cutAll(SHUTDOWN)
    await this.#topics.closed()
    await this.#ledger.close()
  }

  #lane(recording: string, { id: asked, task: taskId, delivers, recordingTime, clock }: ReplayRequest): ReplayedTask {
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

  /** Differs: a recording that is still running is not replayed (409); Kapacitor reads what its file has so far. */
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
  async #replayAsked(
    lane: ReplayedTask,
    ask: (path: string, progress: Progress) => Promise<Work>
  ): Promise<ReplayRecord> {
    const { archives } = this.#options
    const path = archives.temporaryPathOf(lane.record.id)
    await this.#ledger.add(lane.record)
    this.#begin([lane], async (scan) => {
      try {
        await scan.asked(await ask(path, new BigInt64Array(new SharedArrayBuffer(16))))
        return await archives.read(path, (file) => this.#run(scan, file, false))
      } finally {
        await archives.remove(path)
      }
    })
    return lane.record
  }

  #begin(lanes: readonly ReplayedTask[], work: (scan: Scan) => Promise<readonly LaneOutcome[]>): void {
    this.#scans.begin(
      lanes,
      (scan) =>
        work(scan).catch((error: unknown) => {
          return lanes.map(() => failed(scan.cutFor || `running replay: ${messageOf(error)}`))
        }),
      async ({ record }, { error, stats, httpOut }) => {
        this.#keepBodies(record.id, httpOut)
        await this.#end(record, error, stats === undefined ? '' : JSON.stringify(stats))
      }
    )
  }

  /** Those that cannot run have failed; the others run. */
  async #run(scan: Scan, path: string, dropsEmptyBatches: boolean): Promise<readonly LaneOutcome[]> {
    const refusals = scan.lanes.map((lane) => this.#refusalOf(lane))
    const going = scan.lanes.filter((_, i) => refusals[i] === undefined)
    const outcomes = going.length === 0 ? [] : await this.#scan(scan, path, going, dropsEmptyBatches)
    let next = 0
    return refusals.map((refusal) => (refusal === undefined ? outcomes[next++]! : failed(refusal)))
  }

  async #scan(
    scan: Scan,
    path: string,
    lanes: readonly ReplayedTask[],
    dropsEmptyBatches: boolean
  ): Promise<readonly LaneOutcome[]> {
    if (scan.cutFor !== '') throw new Error(scan.cutFor)
    const { shards, tasks } = this.#options
    const globals = this.#options.globals()
    const { clock, recordingTime } = lanes[0]!.record
    try {
      for (const lane of lanes) this.#topics.open(lane)
      const specs = lanes.map(({ record, task, delivers }) => {
        const { type, vars, dbrps } = tasks.definitionOf(task)
        const runnable = { id: task.id, script: task.script, type, vars, dbrps, globals }
        return { id: record.id, task: runnable, isMuted: !delivers, tellsAll: false }
      })
      const { id, progress } = scan
      const spec = { id, path, lanes: specs, clock, recordingTime, dropsEmptyBatches, progress }
      const { lanes: outcomes, wasCancelled } = await shards.replay(spec)
      const error = scan.cutFor || CANCELLED
      return wasCancelled ? outcomes.map((outcome) => ({ ...outcome, error })) : outcomes
    } finally {
      for (const { record } of lanes) this.#topics.close(record.id)
    }
  }

  /** As in Kapacitor, an endpoint belongs to one run of the task at a time. */
  #refusalOf({ task }: ReplayedTask): string | undefined {
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
    if (error !== '' && error !== CANCELLED) this.#log.error('replay failed', { replay: record.id, err: error })
    const status = error === '' ? 'finished' : 'failed'
    await this.#ledger.update({ ...record, error, status, statsJson, progress: 1, date: this.#options.clock.now() })
  }
}

function failed(error: string): LaneOutcome {
  return { stats: undefined, error, httpOut: {} }
}
