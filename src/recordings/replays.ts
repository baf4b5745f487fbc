import { randomUUID } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Instant } from '../core/instant.ts'
import type { Logger } from '../core/logger.ts'
import type { ReplayTaskOutcome } from '../graph/replay-spec.ts'
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
import { OpenReplayTopics, type OpenReplayTopicsOptions } from './open-replay-topics.ts'
import { RunRegistry } from './run-registry.ts'
import type { ReplayedTask, ReplayPool, ReplayProgress, ReplayRequest } from './replay-contract.ts'
import { type ReplayScan, ReplayScans } from './replay-scans.ts'
import { type Progress, type RecordingService, type RecordWork, SHUTDOWN } from './service.ts'
import { untilEnded } from './until-ended.ts'

export interface ReplayServiceOptions extends OpenReplayTopicsOptions {
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
  readonly #registry: RunRegistry<ReplayRecord>
  readonly #log: Logger
  readonly #scans: ReplayScans
  readonly #topics: OpenReplayTopics
  readonly #bodies = new Map<string, ReplayTaskOutcome['httpOut']>()

  private constructor(options: ReplayServiceOptions, registry: RunRegistry<ReplayRecord>, log: Logger) {
    this.#options = options
    this.#registry = registry
    this.#log = log
    this.#scans = new ReplayScans(options.shards)
    this.#topics = new OpenReplayTopics({ ...options, log })
  }

  /** What ran when the process ended has failed. */
  static async open(options: ReplayServiceOptions): Promise<ReplayService> {
    const log = options.log.child({ service: 'replays' })
    const registry = await RunRegistry.open(options.store, log)
    const service = new ReplayService(options, registry, log)
    for (const record of registry.all) if (record.status === 'running') await service.#end(record, SHUTDOWN)
    return service
  }

  /** Newest first. */
  get all(): readonly ReplayRecord[] {
    return this.#registry.all
  }

  find(id: string): ReplayRecord | undefined {
    return this.#registry.find(id)
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

  /** Statistics of a replay that runs. */
  stats(id: string): Promise<TaskStats | undefined> {
    return this.#scans.stats(id)
  }

  /** Body of an httpOut endpoint of a replay, also after its end, though not for ever. */
  async httpOut(id: string, path: string): Promise<string | undefined> {
    return this.#scans.has(id) ? await this.#scans.httpOut(id, path) : this.#bodies.get(id)?.[path]
  }

  /** What an endpoint of a task has that is replayed just now. */
  async httpOutOfTask(task: string, path: string): Promise<string | undefined> {
    const replayed = this.#scans.findOfTask(task)
    return replayed && (await this.httpOut(replayed.record.id, path))
  }

  /**
   * Replays a recording into a task, or into several in one scan.
   * Fails with REPLAY_ID_INVALID, REPLAY_EXISTS, REPLAY_TASK_NOT_FOUND, REPLAY_RECORDING_NOT_FOUND or RECORDING_RUNS;
   * other failures are those of the replay.
   */
  async replay(recording: string, requests: readonly ReplayRequest[]): Promise<ReplayRecord[]> {
    const { archives } = this.#options
    const replays = requests.map((request) => this.#replayed(recording, request))
    const path = archives.pathOf(this.#recording(recording).id)
    // A new replay of an old id shows when it is done, as in Kapacitor.
    for (const { record } of replays) if (this.find(record.id) === undefined) await this.#registry.add(record)
    this.#begin(replays, (scan) => archives.read(path, (file) => this.#run(scan, file, true)))
    return replays.map(({ record }) => record)
  }

  /** Replays what the queries of a batch task are answered. Fails like `replay`. */
  async replayBatch(request: ReplayRequest, start: Instant, stop: Instant): Promise<ReplayRecord> {
    const id = this.#freeId(request.id, 'replay')
    const replayed = this.#replayed('', { ...request, id })
    if (replayed.task.type !== 'batch') throw ReplayNeedsBatchTask(replayed.task.id)
    const { recordings } = this.#options
    return await this.#recordAndReplay(replayed, (path, progress) => {
      return recordings.writeTaskQueries(path, replayed.task, start, stop, progress)
    })
  }

  /** Replays what one query is answered. Fails like `replay`. */
  async replayQuery(request: ReplayRequest, query: string, cluster: string): Promise<ReplayRecord> {
    // [sic]
    const id = this.#freeId(request.id, 'recording')
    const replayed = this.#replayed('', { ...request, id })
    const { recordings } = this.#options
    return await this.#recordAndReplay(replayed, (path, progress) => {
      return recordings.writeQuery(path, replayed.task.type, query, cluster, progress)
    })
  }

  /**
   * Ends a replay where it runs, and forgets it. Fails with STILL_ENDING, and forgets nothing then.
   * Differs: deleting a replay that runs ends it; in Kapacitor it goes on.
   */
  async remove(id: string): Promise<void> {
    await untilEnded(`replay ${id}`, this.#scans.cut(id, CANCELLED), this.#options.clock)
    this.#bodies.delete(id)
    if (this.find(id) !== undefined) await this.#registry.remove(id)
  }

  /** Ends what runs; it has failed when the process starts again. */
  async close(): Promise<void> {
    await this.#scans.cutAll(SHUTDOWN)
    await this.#topics.closed()
    await this.#registry.close()
  }

  #replayed(
    recording: string,
    { id: asked, task: taskId, delivers, recordingTime, clock }: ReplayRequest
  ): ReplayedTask {
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

  /** Records into a file of its own, replays that and removes it. */
  async #recordAndReplay(
    replayed: ReplayedTask,
    record: (path: string, progress: Progress) => Promise<RecordWork>
  ): Promise<ReplayRecord> {
    const { archives } = this.#options
    const path = archives.temporaryPathOf(replayed.record.id)
    await this.#registry.add(replayed.record)
    this.#begin([replayed], async (scan) => {
      try {
        await scan.recorded(await record(path, new BigInt64Array(new SharedArrayBuffer(16))))
        return await archives.read(path, (file) => this.#run(scan, file, false))
      } finally {
        await archives.remove(path)
      }
    })
    return replayed.record
  }

  #begin(replays: readonly ReplayedTask[], work: (scan: ReplayScan) => Promise<readonly ReplayTaskOutcome[]>): void {
    this.#scans.begin(
      replays,
      (scan) =>
        work(scan).catch((error: unknown) => {
          return replays.map(() => failed(scan.cutFor || `running replay: ${messageOf(error)}`))
        }),
      async ({ record }, { error, stats, httpOut }) => {
        this.#keepBodies(record.id, httpOut)
        await this.#end(record, error, stats === undefined ? '' : JSON.stringify(stats))
      }
    )
  }

  /** Runs the replays of a scan. Those that cannot run have failed; the others run. */
  async #run(scan: ReplayScan, path: string, dropsEmptyBatches: boolean): Promise<readonly ReplayTaskOutcome[]> {
    const errors = scan.replays.map((replayed) => this.#startErrorOf(replayed))
    const going = scan.replays.filter((_, i) => errors[i] === undefined)
    const outcomes = going.length === 0 ? [] : await this.#scan(scan, path, going, dropsEmptyBatches)
    let next = 0
    return errors.map((error) => (error === undefined ? outcomes[next++]! : failed(error)))
  }

  async #scan(
    scan: ReplayScan,
    path: string,
    replays: readonly ReplayedTask[],
    dropsEmptyBatches: boolean
  ): Promise<readonly ReplayTaskOutcome[]> {
    if (scan.cutFor !== '') throw new Error(scan.cutFor)
    const { shards, tasks } = this.#options
    const globals = this.#options.globals()
    const { clock, recordingTime } = replays[0]!.record
    try {
      for (const replayed of replays) this.#topics.open(replayed)
      const specs = replays.map(({ record, task, delivers }) => {
        const { type, vars, dbrps } = tasks.definitionOf(task)
        const runnable = { id: task.id, script: task.script, type, vars, dbrps, globals }
        return { id: record.id, task: runnable, isMuted: !delivers, emitsAll: false }
      })
      const { id, progress } = scan
      const spec = { id, path, tasks: specs, clock, recordingTime, dropsEmptyBatches, progress }
      const { outcomes, wasCancelled } = await shards.replay(spec)
      const error = scan.cutFor || CANCELLED
      return wasCancelled ? outcomes.map((outcome) => ({ ...outcome, error })) : outcomes
    } finally {
      for (const { record } of replays) this.#topics.close(record.id)
    }
  }

  /** Why a replay cannot start. As in Kapacitor, an endpoint belongs to one run of the task at a time. */
  #startErrorOf({ task }: ReplayedTask): string | undefined {
    const { tasks } = this.#options
    const running = tasks.runs.findRunning(task.id)
    if (running === undefined) return undefined
    const taken = new Set(tasks.endpointsOf(running).map(({ path }) => path))
    const clash = tasks.endpointsOf(task).find(({ path }) => taken.has(path))
    return (
      clash && `task run: ${clash.node}: http: multiple registrations for /kapacitor/v1/tasks/${task.id}/${clash.path}`
    )
  }

  #keepBodies(id: string, bodies: ReplayTaskOutcome['httpOut']): void {
    this.#bodies.set(id, bodies)
    const [oldest] = this.#bodies.keys()
    if (this.#bodies.size > KEPT_BODIES) this.#bodies.delete(oldest!)
  }

  async #end(record: ReplayRecord, error: string, statsJson = ''): Promise<void> {
    if (error !== '' && error !== CANCELLED) this.#log.error('replay failed', { replay: record.id, err: error })
    const status = error === '' ? 'finished' : 'failed'
    await this.#registry.update({ ...record, error, status, statsJson, progress: 1, date: this.#options.clock.now() })
  }
}

function failed(error: string): ReplayTaskOutcome {
  return { stats: undefined, error, httpOut: {} }
}
