import { existsSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Piscina } from 'piscina'
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
    atomics: 'disabled'
  })

  constructor(folder: string) {
    this.folder = folder
  }

  pathOf(id: string): string {
    return join(this.folder, `${id}${SUFFIX}`)
  }

  /** Resolves when the file is closed; rejects where the thread died. */
  async record(job: RecordJob): Promise<RecordOutcome> {
    return (await this.#threads.run(job, { name: 'record', transferList: [job.port] })) as RecordOutcome
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
    for (const path of [this.pathOf(id), `${this.pathOf(id)}.wal`]) await rm(path, { force: true })
  }

  /** Fails with RECORDING_UNREADABLE. The caller closes it. */
  open(id: string): Promise<ArchiveReader> {
    return ArchiveReader.open(this.pathOf(id))
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
