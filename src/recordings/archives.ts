import { existsSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { ArchiveReader } from './archive/reader.ts'
import type { RecordJob, RecordOutcome } from './archive/record-job.ts'

const WORKER = new URL(`../../workers/archive${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
const SUFFIX = '.duckdb'

/** The files of recordings, and the thread that writes them. */
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
    // Those who write points come first.
    niceIncrement: 10
  })
  /** What is being written to, until that ends. */
  readonly #busy = new Map<string, Promise<void>>()

  constructor(folder: string, log: Logger) {
    this.folder = folder
    // A thread that dies ends its jobs, which is dealt with there; that it also says so here must not end the process.
    this.#threads.on('error', (error: unknown) => log.error('thread failed', { error: messageOf(error) }))
  }

  pathOf(id: string): string {
    return join(this.folder, `${id}${SUFFIX}`)
  }

  /** Writes what comes from a port. Resolves as soon as nothing can be lost any more; see `released`. */
  async record(id: string, job: Omit<RecordJob, 'path' | 'outcome'>): Promise<RecordOutcome> {
    const { port1, port2 } = new MessageChannel()
    const all = { ...job, path: this.pathOf(id), outcome: port2 }
    const written = this.#threads.run(all, { transferList: [job.port, port2] }) as Promise<void>
    const released = written.catch(() => undefined).finally(() => this.#busy.delete(id))
    this.#busy.set(id, released)
    try {
      return await new Promise((resolve, reject) => {
        port1.on('message', resolve)
        written.then(() => reject(new Error('the recording ended without an outcome')), reject)
      })
    } finally {
      port1.close()
    }
  }

  /** Resolves when nobody writes to the file. */
  async released(id: string): Promise<void> {
    await this.#busy.get(id)
  }

  /** Bytes, with those of the log of a file that is open; -1 where there is none. */
  async sizeOf(id: string): Promise<number> {
    const path = this.pathOf(id)
    if (!existsSync(path)) return -1
    const sizes = await Promise.all(
      [path, `${path}.wal`].map((file) =>
        stat(file).then(
          ({ size }) => size,
          () => 0
        )
      )
    )
    return sizes.reduce((sum, size) => sum + size)
  }

  async remove(id: string): Promise<void> {
    await this.released(id)
    for (const path of [this.pathOf(id), `${this.pathOf(id)}.wal`]) await rm(path, { force: true })
  }

  /** Fails with RECORDING_UNREADABLE. The caller closes it. */
  async open(id: string): Promise<ArchiveReader> {
    await this.released(id)
    return await ArchiveReader.open(this.pathOf(id))
  }

  /** Ids of the files that are there. */
  async list(): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => [])
    return names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length))
  }

  async close(): Promise<void> {
    await this.#threads.destroy()
  }
}
