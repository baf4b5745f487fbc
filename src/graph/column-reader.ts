import type { PointColumns } from '../model/point-columns.ts'
import type { Receiver } from './receiver.ts'

/**
 * A node that reads the points of a body as columns: `from`, so that a point object is made once, with its group, and
 * only for points that pass.
 */
export interface ColumnReader {
  /** @param start Index of the first one that is for it; the edge has counted them. */
  readColumns(columns: PointColumns, start: number): void
}

const METHOD: keyof ColumnReader = 'readColumns'

export function isColumnReader(receiver: Receiver): receiver is Receiver & ColumnReader {
  return METHOD in receiver
}
