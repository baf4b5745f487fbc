import duckdb from '@duckdb/node-bindings'
import type { FieldType } from '../model/value.ts'

/**
 * Memory of DuckDB's vectors, in which a column of typed numbers is one copy; through the values of `node-api` each
 * number would become an object first (measured: 40 times as long).
 */
const TYPES: Readonly<Record<string, duckdb.LogicalType>> = {
  boolean: duckdb.create_logical_type(duckdb.Type.BOOLEAN),
  int: duckdb.create_logical_type(duckdb.Type.BIGINT),
  float: duckdb.create_logical_type(duckdb.Type.DOUBLE),
  string: duckdb.create_logical_type(duckdb.Type.VARCHAR),
  small: duckdb.create_logical_type(duckdb.Type.INTEGER)
}

/** `small` is an INTEGER, of which no field is made. */
export type VectorType = FieldType | 'small'

/** Rows of a vector. */
export const VECTOR_ROWS = duckdb.vector_size()

export function createChunk(types: readonly VectorType[], rows: number): duckdb.DataChunk {
  const chunk = duckdb.create_data_chunk(types.map((type) => TYPES[type]!))
  duckdb.data_chunk_set_size(chunk, rows)
  return chunk
}

/** Sets the values of one column from rows of an array whose elements are those of the column. */
export function setVector(
  chunk: duckdb.DataChunk,
  column: number,
  { buffer, byteOffset }: ArrayBufferView,
  row: number,
  rows: number,
  bytesARow: number
): void {
  const vector = duckdb.data_chunk_get_vector(chunk, column)
  duckdb.copy_data_to_vector(vector, 0, buffer as ArrayBuffer, byteOffset + row * bytesARow, rows * bytesARow)
}

export function setText(chunk: duckdb.DataChunk, column: number, row: number, text: string): void {
  const vector = duckdb.data_chunk_get_vector(chunk, column)
  duckdb.vector_assign_string_element_len(vector, row, Buffer.from(text))
}

/** @param valid One bit a row, whole 64-bit words. */
export function setValidity(chunk: duckdb.DataChunk, column: number, valid: Uint8Array<ArrayBuffer>): void {
  const vector = duckdb.data_chunk_get_vector(chunk, column)
  duckdb.vector_ensure_validity_writable(vector)
  duckdb.copy_data_to_vector_validity(vector, 0, valid.buffer, valid.byteOffset, valid.byteLength)
}
