import type { MessagePort } from 'node:worker_threads'
import type { ArchiveSink } from '../../archive/archive-sink.ts'

/** A file of another format that becomes a recording; crosses to the thread that does it. Ports are transferred. */
export interface ImportJob {
  readonly kind: 'import'
  readonly path: string
  readonly startedNs: bigint
  /** Size at which the file takes no more points. */
  readonly maxBytes: number
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
  /** Database of points that do not say it. */
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
