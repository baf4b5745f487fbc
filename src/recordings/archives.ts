import { readdir, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { fromWire, messageOf, type WireError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { RecordJob, RecordOutcome } from '../archive/record-job.ts'
import type { InfluxRecordJob } from './influxdb/job.ts'
import { PackedFiles } from './packed-files.ts'
import { SqlPool } from './sql/pool.ts'
import type { SqlLimits } from './sql/query.ts'
import type { ExportFormat, ExportJob } from './transfer/export.ts'
import type { ImportJob } from './transfer/import-job.ts'

const WORKER = new URL(`../../workers/archive${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
const SUFFIX = '.duckdb'
const TEMPORARY = '.replay'
const TRANSFER = '.transfer'

export type ArchiveJob = RecordJob | InfluxRecordJob | ImportJob | ExportJob
/** What becomes of a job: nothing more, or why it failed. */
export type ArchiveOutcome = { readonly error: WireError | undefined }
/** Jobs that make an archive. */
type GivenJob = Given<RecordJob> | Given<InfluxRecordJob> | Given<ImportJob>
type Given<J> = Omit<J, 'outcome' | 'maxBytes'>

/** The files of recordings, the thread that writes them, and the processes that answer SQL about them. */
export class Archives {
  readonly folder: string
  readonly #threads = new Piscina({
    filename: WORKER.href,
    minThreads: 0,
    maxThreads: 1,
    // A recording is a job that waits most of its time.
    concurrentTasksPerWorker: 10_000,
    idleTimeout: 60_000,
    atomics: 'disabled',
    // Threads that write points come first.
    niceIncrement: 10
  })
  readonly #maxBytes: number
  readonly #sql = new SqlPool()
  readonly #files: PackedFiles
  /** What is being written to, until that ends. */
  readonly #busy = new Map<string, Promise<void>>()

  /** @param maxBytes Size of a file that takes no more points when it has become larger. */
  constructor(folder: string, maxBytes: number, log: Logger) {
    this.folder = folder
    this.#maxBytes = maxBytes
    this.#files = new PackedFiles(folder)
    // A thread that dies ends its jobs, which is dealt with there; that it also says so here must not end the process.
    this.#threads.on('error', (error: unknown) => log.error('a thread of recordings failed', { err: messageOf(error) }))
  }

  /** The file of a recording. */
  pathOf(id: string): string {
    return join(this.folder, `${id}${SUFFIX}`)
  }

  /** A file for something that comes in or goes out; one of the name is removed at the next start. */
  transferPathOf(name: string): string {
    return join(this.folder, `${name}${TRANSFER}`)
  }

  /** A file that lives as long as a replay. */
  temporaryPathOf(replay: string): string {
    return join(this.folder, `${replay}${TEMPORARY}`)
  }

  /** Writes an archive. Resolves as soon as nothing can be lost any more; see `released`. */
  async write(job: GivenJob): Promise<RecordOutcome> {
    const { path } = job
    const { port1, port2 } = new MessageChannel()
    const transferList = [job.port, port2]
    const whole = { ...job, maxBytes: this.#maxBytes, outcome: port2 }
    const written = this.#threads.run(whole, { transferList }) as Promise<ArchiveOutcome>
    const released = written
      .then(ignore, ignore)
      .then(() => (path.endsWith(SUFFIX) ? this.#files.pack(path) : undefined))
      .finally(() => this.#busy.delete(path))
    this.#busy.set(path, released)
    try {
      return await new Promise((resolve, reject) => {
        port1.on('message', resolve)
        written.then((ended) => {
          // The end of the job may overtake its outcome.
          const late = receiveMessageOnPort(port1) as { readonly message: RecordOutcome } | undefined
          if (late !== undefined) resolve(late.message)
          else reject(ended.error ? fromWire(ended.error) : new Error('the thread ended without an outcome'))
        }, reject)
      })
    } finally {
      port1.close()
    }
  }

  /** Writes a recording into a file of another format. */
  async export(id: string, format: ExportFormat, measurement: string, path: string): Promise<void> {
    await this.read(this.pathOf(id), async (archive) => {
      const job: ExportJob = { kind: 'export', archive, path, format, measurement }
      const { error } = (await this.#threads.run(job)) as ArchiveOutcome
      if (error !== undefined) throw fromWire(error)
    })
  }

  /** The answer as JSON. Fails as `SqlPool.run` does. */
  async sql(id: string, statement: string, limits: SqlLimits): Promise<Uint8Array> {
    return await this.read(this.pathOf(id), (path) =>
      this.#sql.run({ folder: resolve(dirname(path)), file: basename(path), statement, limits })
    )
  }

  /** Resolves when nobody writes to the file. */
  async released(path: string): Promise<void> {
    await this.#busy.get(path)
  }

  /** Bytes, with those of the log of a file that is open; -1 where there is none. */
  async sizeOf(path: string): Promise<number> {
    const size = await this.#files.sizeOf(path)
    return size === undefined ? -1 : size + ((await this.#files.sizeOf(logOf(path))) ?? 0)
  }

  async remove(path: string): Promise<void> {
    await this.released(path)
    await this.#files.remove(path)
    await rm(logOf(path), { force: true })
  }

  /**
   * Lets `work` read an archive as soon as nobody writes to it.
   * @param work Gets the file; it may be another one, that lives until then.
   */
  async read<T>(path: string, work: (file: string) => Promise<T>): Promise<T> {
    await this.released(path)
    return await this.#files.read(path, work)
  }

  /** Ids of the recordings whose files are there. Temporary files are removed. */
  async list(): Promise<string[]> {
    const names = await this.#files.tidy(this.folder, await readdir(this.folder).catch(() => []))
    const leftovers = names.filter((name) => name.endsWith(TEMPORARY) || name.endsWith(TRANSFER))
    for (const name of leftovers) await this.remove(join(this.folder, name))
    return names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length))
  }

  async close(): Promise<void> {
    this.#sql.close()
    await Promise.all(this.#busy.values())
    await this.#threads.destroy()
  }
}

function ignore(): void {}

/** DuckDB's log of an archive that is open. */
function logOf(path: string): string {
  return `${path}.wal`
}
