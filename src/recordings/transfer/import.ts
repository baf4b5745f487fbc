import type { MessagePort } from 'node:worker_threads'
import { wallClock } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import { nanosOf } from '../../core/instant.ts'
import { ArchiveSink } from '../../archive/archive-sink.ts'
import { importLines } from './import-lines.ts'
import { importTable } from './import-table.ts'

/** A file of another format that becomes a recording; crosses to the thread that does it. Ports are transferred. */
export interface ImportJob {
  readonly kind: 'import'
  readonly path: string
  readonly startedNs: bigint
  readonly source: ImportSource
  /** A message ends it; its text says why. */
  readonly port: MessagePort
  /** Hears one outcome as soon as nothing can be lost any more; the file is let go of later. */
  readonly outcome: MessagePort
  /** Points stored; then how much has been read, of 1000. */
  readonly progress: BigInt64Array<SharedArrayBuffer>
}

export interface ImportSource {
  readonly file: string
  readonly format: 'parquet' | 'csv' | 'line-protocol'
  /** Of points that do not say it. */
  readonly db: string
  readonly rp: string
  readonly measurement: string
  /** Unit of times that are numbers, as writers say it. */
  readonly precision: string
  /** Column of the times. */
  readonly time: string
  /** Columns that are tags; undefined: those of texts. */
  readonly tags: readonly string[] | undefined
  /** Columns that are fields; undefined: all others. */
  readonly fields: readonly string[] | undefined
}

export interface ImportContext {
  readonly sink: ArchiveSink
  readonly signal: AbortSignal
  /** @param share Of the file, from 0 to 1. */
  advance(share: number): void
}

/** Resolves, in any case, when it has let go of the file. */
export async function importFile({ path, startedNs, source, port, outcome, progress }: ImportJob): Promise<void> {
  const abort = new AbortController()
  port.on('message', (reason: string) => abort.abort(new Error(reason)))
  const end = (error: string): void => outcome.postMessage({ points: Number(progress[0]), error })
  let sink: ArchiveSink | undefined
  try {
    sink = await ArchiveSink.create(path, 'stream', startedNs, (points) => (progress[0]! += BigInt(points)))
    const context: ImportContext = {
      sink,
      signal: abort.signal,
      advance: (share) => (progress[1] = BigInt(Math.floor(share * 1000)))
    }
    await (source.format === 'line-protocol' ? importLines(source, context) : importTable(source, context))
    await sink.finish(nanosOf(wallClock.now()))
    end('')
  } catch (error) {
    end(messageOf(error))
  }
  // The outcome is on its way before this thread is busy again.
  await new Promise((resolve) => setImmediate(resolve))
  sink?.close()
  port.close()
  outcome.close()
}
