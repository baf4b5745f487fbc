import type { FieldType } from '../model/value.ts'

/**
 * What a recorder hands to the thread that writes the archive: columns as typed arrays, which are transferred, and
 * what the numbers in them stand for. Definitions hold from the record batch on that brings them.
 */
export interface RecordBatch {
  readonly definitions: readonly ArchiveDefinition[]
  readonly chunks: readonly TableChunk[]
  /** The bodies that the points came in, where they came in any. */
  readonly bodies: Bodies
  /** Points in the chunks. */
  readonly points: number
  /** Memory that the chunks take, or nearly so. */
  readonly bytes: number
}

export type ArchiveDefinition =
  | {
      readonly kind: 'table'
      readonly table: number
      readonly db: string
      readonly rp: string
      readonly measurement: string
    }
  /** A field of one type: one that changes its type has a column for each. */
  | {
      readonly kind: 'field'
      readonly table: number
      readonly column: number
      readonly name: string
      readonly type: FieldType
    }
  /** The columns that a point's fields are in, in the order of the fields. */
  | { readonly kind: 'shape'; readonly table: number; readonly shape: number; readonly columns: readonly number[] }
  | {
      readonly kind: 'series'
      readonly table: number
      readonly series: number
      readonly tags: readonly (readonly [string, string])[]
    }
  | BatchDefinition

/** A batch of a batch recording: the points from `first` on, which are as many as `points` says. */
export interface BatchDefinition {
  readonly kind: 'batch'
  /** Index of the query that it answers. */
  readonly query: number
  readonly first: number
  readonly points: number
  readonly name: string
  readonly tags: readonly (readonly [string, string])[]
  readonly byName: boolean
  readonly tmaxNs: bigint
}

/** Rows of one table in their order. Arrays may be longer than `rows`; of 64-bit numbers they hold two words each. */
export interface TableChunk {
  readonly table: number
  readonly rows: number
  /** Sequence number of the first of some rows in a row and how many they are, again and again. */
  readonly runs: readonly number[]
  readonly times: Int32Array
  readonly series: Int32Array
  readonly shapes: Int32Array
  /** Values by the number of their column; undefined where no row has the column. */
  readonly columns: readonly (ColumnData | undefined)[]
}

/** float, int (two words), boolean; strings only of the rows that have one. Where a row has none, anything stands. */
export type ColumnData = Float64Array | Int32Array | Uint8Array | readonly string[]

/** Sequence number of each body's first point and when the body came in, in words. */
export interface Bodies {
  readonly count: number
  readonly sequences: Int32Array
  readonly times: Int32Array
}

/** A message from the recorder to the writing thread. */
export type ToArchive =
  | { readonly kind: 'records'; readonly recordBatch: RecordBatch }
  /** Nothing more will come. `timeNs`: when it ended; undefined: it was cut off. */
  | { readonly kind: 'end'; readonly timeNs: bigint }
  | { readonly kind: 'cut'; readonly reason: string }

/** Back to the recorder. */
export type FromArchive =
  | { readonly kind: 'stored'; readonly bytes: number; readonly buffers: readonly ArrayBuffer[] }
  /** The recording takes no more. */
  | { readonly kind: 'refused' }

/** Memory of a record batch, which goes along with it and comes back. */
export function buffersOf({ chunks }: Pick<RecordBatch, 'chunks'>): ArrayBuffer[] {
  return chunks.flatMap(({ times, series, shapes, columns }) =>
    [times, series, shapes, ...columns].flatMap((array) =>
      ArrayBuffer.isView(array) ? [array.buffer as ArrayBuffer] : []
    )
  )
}
