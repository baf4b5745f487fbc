import type { ArchiveSink } from '../../archive/archive-sink.ts'
import type { WriteJob } from '../../archive/record-job.ts'

/** A file of another format that becomes a recording. */
export interface ImportJob extends WriteJob {
  readonly kind: 'import'
  readonly source: ImportSource
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
