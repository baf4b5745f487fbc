import type { FieldType } from '../model/value.ts'

/**
 * A recording as a DuckDB file. Points lie in `points.MEASUREMENT`, tags in `series.MEASUREMENT`; the view
 * `MEASUREMENT` shows both together, with times that people can read. The schema `kapok` says what the columns stand
 * for, so that points come back in their exact order, with their exact types and field order:
 *
 * - `sequence` numbers the points of the whole recording in the order in which they came;
 * - `shape` says which columns a point has its fields in, and in which order; it is there where points differ in that;
 * - `bodies` says which points came together, and when;
 * - in a recording of batches, `batches` says which points make one.
 *
 * Names are those of the measurements, tags and fields; DuckDB compares them without case, so some get a number.
 */
export const ARCHIVE_VERSION = 1

export const SCHEMA = `
  CREATE SCHEMA points;
  CREATE SCHEMA series;
  CREATE SCHEMA kapok;
  CREATE TABLE kapok.recording (version INTEGER, type VARCHAR, queries INTEGER, started BIGINT, ended BIGINT);
  CREATE TABLE kapok.tables (id INTEGER, name VARCHAR, db VARCHAR, rp VARCHAR, measurement VARCHAR);
  CREATE TABLE kapok.tags (table_id INTEGER, column_name VARCHAR, name VARCHAR);
  CREATE TABLE kapok.fields (table_id INTEGER, id INTEGER, column_name VARCHAR, name VARCHAR, type VARCHAR);
  CREATE TABLE kapok.shapes (table_id INTEGER, id INTEGER, fields INTEGER[]);
  CREATE TABLE kapok.bodies (sequence BIGINT, time BIGINT);
  CREATE TABLE kapok.batches (
    query INTEGER, first BIGINT, points BIGINT, name VARCHAR, tags VARCHAR, by_name BOOLEAN, tmax BIGINT
  );
`

/** Columns that every table of points has. */
export const FIXED_COLUMNS = ['sequence', 'time', 'series', 'shape'] as const

export const SQL_TYPES: Readonly<Record<Exclude<FieldType, 'duration' | 'null'>, string>> = {
  float: 'DOUBLE',
  int: 'BIGINT',
  boolean: 'BOOLEAN',
  string: 'VARCHAR'
}

export function sqlTypeOf(type: FieldType): string {
  const found = (SQL_TYPES as Readonly<Partial<Record<FieldType, string>>>)[type]
  if (found === undefined) throw new Error(`no field that is written or queried is a ${type}`)
  return found
}

export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Names that differ for DuckDB, too. */
export class Names {
  readonly #taken: Set<string>

  constructor(taken: readonly string[] = []) {
    this.#taken = new Set(taken)
  }

  /** The first of the wishes that is free; the last one with a number where none is. */
  take(...wishes: readonly string[]): string {
    // A NUL cannot stand in a name; an empty one cannot be one.
    const usable = wishes.map((wish) => wish.replaceAll('\0', '') || '_')
    const last = usable.at(-1)!
    let name = usable.find((wish) => !this.#taken.has(wish.toLowerCase()))
    for (let number = 2; name === undefined; number++) {
      const numbered = `${last}_${number}`
      if (!this.#taken.has(numbered.toLowerCase())) name = numbered
    }
    this.#taken.add(name.toLowerCase())
    return name
  }
}
