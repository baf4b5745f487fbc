import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { MessageChannel } from 'node:worker_threads'
import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import { type Instant, nanosOf } from '../core/instant.ts'
import type { Logger } from '../core/logger.ts'
import type { ClusterSettings } from '../influxdb/settings.ts'
import type { RecordingRecord, RecordingStore } from '../store/recordings.ts'
import type { TaskRecord } from '../store/tasks.ts'
import { isId } from '../tasks/errors.ts'
import type { TaskService } from '../tasks/service.ts'
import { ArchiveReader } from '../archive/reader.ts'
import type { RecordOutcome } from '../archive/record-job.ts'
import type { RecorderStart } from '../archive/recorders.ts'
import type { InfluxRecordJob } from './influxdb/job.ts'
import type { Archives } from './archives.ts'
import { InvalidRecordingId, RecordingExists, RecordingNotFound, RecordingRuns } from './errors.ts'
import { RunRegistry } from './run-registry.ts'
import { untilEnded } from './until-ended.ts'
import type { SqlLimits } from './sql/query.ts'
import type { ExportFormat } from './transfer/export.ts'
import type { ImportSource } from './transfer/import-job.ts'

/** Where streams are read: the shards. */
export interface RecorderPool {
  /** Resolves when the recorder reads. Its port is transferred. */
  record(start: RecorderStart): Promise<void>
  cutRecording(id: string, reason: string): void
  forgetRecording(id: string): void
}

export interface RecordingServiceOptions {
  readonly store: RecordingStore
  readonly archives: Archives
  readonly recorders: RecorderPool
  readonly tasks: TaskService
  /** The configured InfluxDBs. */
  /** Clusters of InfluxDB as they are now. */
  readonly clusters: () => readonly ClusterSettings[]
  /** Zone of cron schedules. */
  readonly timeZone: string
  readonly clock: Clock
  readonly log: Logger
}

/** Points so far; then how much of the whole, of 1000. */
export type Progress = BigInt64Array<SharedArrayBuffer>

/** What is known of a recording while it runs. */
interface RunningRecording {
  readonly progress: Progress
  readonly startedMs: number
  readonly ended: Promise<void>
  cut(reason: string): void
}

/** Kapacitor's words. */
export const SHUTDOWN = 'unexpected Kapacitor shutdown'
const WRONG_TYPE = 'wrong task type'
const DELETED = 'deleted'

/** Recordings: a row in the store and a file each. Whatever happens to one shows in its status and error. */
export class RecordingService {
  readonly #options: RecordingServiceOptions
  readonly #registry: RunRegistry<RecordingRecord>
  readonly #log: Logger
  readonly #runs = new Map<string, RunningRecording>()
  readonly #settling = new Set<Promise<void>>()

  private constructor(options: RecordingServiceOptions, registry: RunRegistry<RecordingRecord>) {
    this.#options = options
    this.#registry = registry
    this.#log = options.log.child({ service: 'recordings' })
  }

  /** What ran when the process ended has failed, and holds what it has; files that nobody knows are taken in. */
  static async open(options: RecordingServiceOptions): Promise<RecordingService> {
    const registry = await RunRegistry.open(options.store, options.log.child({ service: 'recordings' }))
    const service = new RecordingService(options, registry)
    for (const record of registry.all) if (record.status === 'running') await service.#fail(record, SHUTDOWN)
    for (const id of await options.archives.list()) if (registry.find(id) === undefined) await service.#adopt(id)
    return service
  }

  /** Newest first. */
  get all(): readonly RecordingRecord[] {
    return this.#registry.all
  }

  find(id: string): RecordingRecord | undefined {
    return this.#registry.find(id)
  }

  /** Fails with RECORDING_NOT_FOUND. */
  get(id: string): RecordingRecord {
    const record = this.find(id)
    if (record === undefined) throw RecordingNotFound()
    return record
  }

  /** Bytes that it has now, also while it runs. */
  sizeOf(id: string): Promise<number> {
    const { archives } = this.#options
    return archives.sizeOf(archives.pathOf(id))
  }

  /** Points so far and since when, of one that runs. */
  progressOf(id: string): RecordingProgress | undefined {
    const run = this.#runs.get(id)
    if (run === undefined) return undefined
    const [points, share] = run.progress
    return { points: Number(points), share: Number(share) / 1000, elapsedMs: performance.now() - run.startedMs }
  }

  /** Fails with RECORDING_ID_INVALID, TASK_NOT_FOUND or RECORDING_EXISTS; other failures are those of the recording. */
  async recordStream(request: {
    readonly id: string
    readonly task: string
    readonly stop: Instant
  }): Promise<RecordingRecord> {
    const id = this.checkedId(request.id)
    const task = this.#options.tasks.get(request.task)
    return await this.#begin(id, 'stream', (run) => this.#recordStream(id, task, request.stop, run))
  }

  /** Records what the queries of a task are answered. Fails like `recordStream`. */
  async recordBatch(request: {
    readonly id: string
    readonly task: string
    readonly start: Instant
    readonly stop: Instant
  }): Promise<RecordingRecord> {
    const id = this.checkedId(request.id)
    const task = this.#options.tasks.get(request.task)
    const path = this.#options.archives.pathOf(id)
    return await this.#begin(id, 'batch', (progress) =>
      this.writeTaskQueries(path, task, request.start, request.stop, progress)
    )
  }

  /** Records what one query is answered. Fails with RECORDING_ID_INVALID or RECORDING_EXISTS. */
  async recordQuery(request: {
    readonly id: string
    readonly type: RecordingRecord['type']
    readonly query: string
    readonly cluster: string
  }): Promise<RecordingRecord> {
    const id = this.checkedId(request.id)
    const { type, query, cluster } = request
    const path = this.#options.archives.pathOf(id)
    return await this.#begin(id, type, (progress) => this.writeQuery(path, type, query, cluster, progress))
  }

  /**
   * Makes a recording of a file of another format. Fails with RECORDING_ID_INVALID or RECORDING_EXISTS.
   * @param write Puts the file in its place.
   */
  async import(
    asked: string,
    source: Omit<ImportSource, 'file'>,
    write: (file: string) => Promise<void>
  ): Promise<RecordingRecord> {
    const id = this.checkedId(asked)
    if (this.find(id) !== undefined) throw RecordingExists()
    const { archives, clock } = this.#options
    const file = archives.transferPathOf(randomUUID())
    await mkdir(archives.folder, { recursive: true, mode: 0o700 })
    try {
      await write(file)
    } catch (error) {
      await rm(file, { force: true })
      throw error
    }
    return await this.#begin(id, 'stream', (progress) => {
      const { port1, port2 } = new MessageChannel()
      const job = { kind: 'import', path: archives.pathOf(id), source: { ...source, file }, progress } as const
      const outcome = archives.write({ ...job, startedNs: nanosOf(clock.now()), port: port2 }).finally(() => {
        port1.close()
        return rm(file, { force: true })
      })
      return Promise.resolve({ outcome, cut: (reason: string) => port1.postMessage(reason) })
    })
  }

  /**
   * Writes a recording into a file of another format, which the caller removes.
   * Fails with RECORDING_NOT_FOUND, RECORDING_RUNS, RECORDING_UNREADABLE or MEASUREMENT_NOT_RECORDED.
   */
  async export(id: string, format: ExportFormat, measurement: string): Promise<string> {
    this.#finished(id)
    const { archives } = this.#options
    const file = archives.transferPathOf(randomUUID())
    try {
      await archives.export(id, format, measurement, file)
      return file
    } catch (error) {
      await rm(file, { force: true })
      throw error
    }
  }

  /**
   * Runs a query on a recording; the answer is JSON.
   * Fails with RECORDING_NOT_FOUND, RECORDING_RUNS, or as `SqlPool.run` does.
   */
  async sql(id: string, statement: string, limits: SqlLimits): Promise<Uint8Array> {
    this.#finished(id)
    return await this.#options.archives.sql(id, statement, limits)
  }

  #finished(id: string): void {
    if (this.get(id).status === 'running') throw RecordingRuns(id)
  }

  /** Writes what the queries of a task would have been answered into an archive. */
  writeTaskQueries(
    path: string,
    task: TaskRecord,
    start: Instant,
    stop: Instant,
    progress: Progress
  ): Promise<RecordWork> {
    if (task.type !== 'batch') return Promise.reject(new Error(WRONG_TYPE))
    const { tasks, timeZone } = this.#options
    const { vars, dbrps } = tasks.definitionOf(task)
    const runnable = { id: task.id, script: task.script, type: task.type, vars, dbrps }
    const times = { startNs: nanosOf(start), stopNs: nanosOf(stop), timeZone }
    return this.#recordInflux(path, 'batch', { kind: 'task', task: runnable, ...times }, progress)
  }

  writeQuery(
    path: string,
    type: RecordingRecord['type'],
    query: string,
    cluster: string,
    progress: Progress
  ): Promise<RecordWork> {
    return this.#recordInflux(path, type, { kind: 'query', query, cluster }, progress)
  }

  /** Ends a recording where it runs; forgets it and its file. Fails with STILL_ENDING, and forgets nothing then. */
  async remove(id: string): Promise<void> {
    const { archives, clock } = this.#options
    const run = this.#runs.get(id)
    run?.cut(DELETED)
    if (run !== undefined) await untilEnded(`recording ${id}`, run.ended, clock)
    if (this.find(id) === undefined) return
    // The file first: on a full disk there is room for other things then.
    await archives.remove(archives.pathOf(id))
    await this.#registry.remove(id)
  }

  /** Ends what runs; it has failed when the process starts again. */
  async close(): Promise<void> {
    for (const run of this.#runs.values()) run.cut(SHUTDOWN)
    await Promise.all([...this.#runs.values()].map(({ ended }) => ended))
    await this.#options.archives.close()
    await Promise.all(this.#settling)
    await this.#registry.close()
  }

  /** An id that was asked for, or a new one. */
  checkedId(asked: string): string {
    const id = asked === '' ? randomUUID() : asked
    if (!isId(id)) throw InvalidRecordingId(id)
    return id
  }

  async #begin(
    id: string,
    type: RecordingRecord['type'],
    work: (run: Progress) => Promise<RecordWork>
  ): Promise<RecordingRecord> {
    if (this.find(id) !== undefined) throw RecordingExists()
    const { clock } = this.#options
    const record = { id, type, size: 0, date: clock.now(), error: '', status: 'running', progress: 0 } as const
    await this.#registry.add(record)
    const progress = new BigInt64Array(new SharedArrayBuffer(16))
    const begun = work(progress)
    const ended = begun
      .then(({ outcome }) => outcome)
      .catch((error: unknown): RecordOutcome => ({ points: Number(progress[0]), error: messageOf(error) }))
      .then(({ error }) => this.#end(record, error))
      .finally(() => this.#runs.delete(id))
    const cut = (reason: string): void => void begun.then((working) => working.cut(reason)).catch(() => undefined)
    this.#runs.set(id, { progress, startedMs: performance.now(), ended, cut })
    // Points that are written from now on belong to it.
    await begun.catch(() => undefined)
    return record
  }

  async #recordStream(id: string, task: TaskRecord, stop: Instant, progress: Progress): Promise<RecordWork> {
    const { archives, recorders, tasks, clock } = this.#options
    if (task.type !== 'stream') throw new Error(WRONG_TYPE)
    const { dbrps, measurements } = tasks.streamsOf(task)
    const { port1, port2 } = new MessageChannel()
    const startedNs = nanosOf(clock.now())
    await recorders.record({ id, dbrps, options: { measurements, stop }, port: port1 })
    const outcome = archives
      .write({
        kind: 'record',
        path: archives.pathOf(id),
        type: 'stream',
        startedNs,
        stopMs: stop.ms,
        port: port2,
        progress
      })
      .finally(() => recorders.forgetRecording(id))
    return { outcome, cut: (reason) => recorders.cutRecording(id, reason) }
  }

  #recordInflux(
    path: string,
    type: RecordingRecord['type'],
    source: InfluxRecordJob['source'],
    progress: Progress
  ): Promise<RecordWork> {
    const { archives, clock, clusters } = this.#options
    const { port1, port2 } = new MessageChannel()
    const startedNs = nanosOf(clock.now())
    const outcome = archives
      .write({ kind: 'influxdb', path, type, startedNs, port: port2, progress, clusters: clusters(), source })
      .finally(() => port1.close())
    return Promise.resolve({ outcome, cut: (reason: string) => port1.postMessage(reason) })
  }

  async #end(record: RecordingRecord, error: string): Promise<void> {
    if (error !== '') return await this.#fail(record, error)
    const { archives, clock } = this.#options
    const size = await archives.sizeOf(archives.pathOf(record.id))
    const finished = { ...record, status: 'finished', progress: 1, date: clock.now(), size } as const
    await this.#registry.update(finished)
    this.#updateSize(finished)
  }

  /** Notes the size of the file after its log went into it, and after it was packed. */
  #updateSize(record: RecordingRecord): void {
    const { archives } = this.#options
    const path = archives.pathOf(record.id)
    const settling = archives
      .released(path)
      .then(() => archives.sizeOf(path))
      .then((size) => {
        if (this.find(record.id) === record && size !== record.size) return this.#registry.update({ ...record, size })
      })
      .catch((error: unknown) => {
        this.#log.error('failed to store the size of a recording', { recording: record.id, err: messageOf(error) })
      })
      .finally(() => this.#settling.delete(settling))
    this.#settling.add(settling)
  }

  async #fail(record: RecordingRecord, error: string): Promise<void> {
    const { archives, clock } = this.#options
    const size = await archives.sizeOf(archives.pathOf(record.id))
    if (error !== DELETED) this.#log.error('recording failed', { recording: record.id, err: error })
    const failed = { ...record, status: 'failed', progress: 1, date: clock.now(), error, size } as const
    await this.#registry.update(failed)
    this.#updateSize(failed)
  }

  async #adopt(id: string): Promise<void> {
    const { archives, clock } = this.#options
    try {
      const type = await archives.read(archives.pathOf(id), typeOf)
      const size = await archives.sizeOf(archives.pathOf(id))
      await this.#registry.update({ id, type, size, date: clock.now(), error: '', status: 'finished', progress: 1 })
    } catch (error) {
      this.#log.warn('a file in the folder of recordings is no recording and is passed over', {
        file: archives.pathOf(id),
        err: messageOf(error)
      })
    }
  }
}

async function typeOf(file: string): Promise<RecordingRecord['type']> {
  const archive = await ArchiveReader.open(file)
  archive.close()
  return archive.type
}

export interface RecordingProgress {
  readonly points: number
  /** Share of the whole, from 0 to 1: of a stream by the time of the data. */
  readonly share: number
  readonly elapsedMs: number
}

/** A recording at work. */
export interface RecordWork {
  readonly outcome: Promise<RecordOutcome>
  cut(reason: string): void
}
