import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api'
import type { ColumnData } from './record-batch.ts'
import type { VectorType } from './vectors.ts'

/** An answer as columns, in arrays as in `TableChunk`; of strings all rows have one, '' where it is NULL. */
export interface Columns {
  readonly rows: number
  readonly columns: readonly ColumnData[]
}

export async function readVectors(
  connection: DuckDBConnection,
  sql: string,
  types: readonly VectorType[]
): Promise<Columns> {
  const { default: duckdb } = await import('@duckdb/node-bindings')
  /** The memory of a column: valid as long as the chunk. */
  const bytesAt = ({ chunk }: DuckDBDataChunk, column: number, bytes: number): Uint8Array =>
    duckdb.vector_get_data(duckdb.data_chunk_get_vector(chunk, column), bytes)
  const result = await connection.stream(sql)
  const chunks: DuckDBDataChunk[] = []
  let rows = 0
  for (;;) {
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) break
    chunks.push(chunk)
    rows += chunk.rowCount
  }
  return { rows, columns: types.map((type, column) => columnOf(chunks, column, type, rows, bytesAt)) }
}

function columnOf(
  chunks: readonly DuckDBDataChunk[],
  column: number,
  type: VectorType,
  rows: number,
  bytesAt: (chunk: DuckDBDataChunk, column: number, bytes: number) => Uint8Array
): ColumnData {
  if (type === 'string') {
    return chunks.flatMap((chunk) => chunk.getColumnValues(column).map((value) => (value as string | null) ?? ''))
  }
  const bytes = new Uint8Array(rows * bytesOf(type))
  let at = 0
  for (const chunk of chunks) {
    const data = bytesAt(chunk, column, chunk.rowCount * bytesOf(type))
    bytes.set(data, at)
    at += data.length
  }
  switch (type) {
    case 'float':
      return new Float64Array(bytes.buffer)
    case 'boolean':
      return bytes
    default:
      return new Int32Array(bytes.buffer)
  }
}

function bytesOf(type: VectorType): number {
  return type === 'boolean' ? 1 : type === 'small' ? 4 : 8
}
