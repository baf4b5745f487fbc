import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { defineError, messageOf } from '../core/errors.ts'
import { type Instant, instantOfNanos } from '../core/instant.ts'
import type { RequiredFields } from '../model/required-fields.ts'
import { Series, Tags } from '../model/series.ts'
import { ARCHIVE_VERSION, sqlName } from './layout.ts'
import { readVectors } from './read-vectors.ts'
import type { BatchDefinition } from './record-batch.ts'
import { TableRows } from './table-rows.ts'
import type { FieldInfo, TableInfo, TablePlan } from './tables.ts'
import { ArchiveWindow } from './window.ts'
import type { ArchiveType } from './writer.ts'

export const ArchiveUnreadable = defineError(
  'RECORDING_UNREADABLE',
  500,
  (path: string, detail: string) => `cannot read the recording ${path}: ${detail}`
)

/** Points that are fetched at a time: a row group of DuckDB, so that no group of a lone table is unpacked twice. */
const WINDOW_POINTS = 122_880
/** But no more than nearly so much memory. */
const WINDOW_BYTES = 64 * 1024 * 1024
const WINDOW_LEAST_POINTS = 480
/** Points of which the length of texts is estimated. */
const SAMPLE_POINTS = 10_000

/** A batch whose points are those from `first` on. */
export interface RecordedBatch extends Omit<BatchDefinition, 'kind' | 'tmaxNs'> {
  readonly tmax: Instant
}

/** Reads an archive, also one that was cut off. Several may read one at a time. */
export class ArchiveReader {
  readonly type: ArchiveType
  readonly started: Instant
  /** undefined where the recording was cut off. */
  readonly ended: Instant | undefined
  /** Whether the archive says when its points came in, and which together. */
  readonly knowsArrivals: boolean
  readonly tables: readonly TableInfo[]
  /** Points of all tables. */
  readonly points: number
  readonly connection: DuckDBConnection
  readonly #instance: DuckDBInstance

  private constructor(
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    about: Pick<ArchiveReader, 'type' | 'started' | 'ended' | 'knowsArrivals' | 'tables' | 'points'>
  ) {
    this.#instance = instance
    this.connection = connection
    this.type = about.type
    this.started = about.started
    this.ended = about.ended
    this.knowsArrivals = about.knowsArrivals
    this.tables = about.tables
    this.points = about.points
  }

  /** Fails with RECORDING_UNREADABLE. */
  static async open(path: string): Promise<ArchiveReader> {
    // Loaded by whoever reads: DuckDB takes memory in every thread that has it, and few shards ever replay.
    const duckdb = await import('@duckdb/node-api')
    let instance: DuckDBInstance | undefined
    try {
      instance = await duckdb.DuckDBInstance.create(path, {
        access_mode: 'READ_ONLY',
        threads: '1',
        memory_limit: '256MB'
      })
      const connection = await instance.connect()
      return new ArchiveReader(instance, connection, await describe(connection))
    } catch (error) {
      instance?.closeSync()
      throw ArchiveUnreadable(path, messageOf(error))
    }
  }

  /** @param requiredFieldsOf Fields that somebody reads of a table; undefined: nobody reads it. */
  async plan(requiredFieldsOf: (table: TableInfo) => RequiredFields | undefined): Promise<TablePlan[]> {
    const plans: TablePlan[] = []
    for (const table of this.tables) {
      const requiredFields = requiredFieldsOf(table)
      if (requiredFields === undefined) continue
      plans.push({ table, requiredFields, series: await this.#series(table), shapes: await this.#shapes(table) })
    }
    return plans
  }

  /** Time of the first point; undefined where there is none. */
  async firstTime(): Promise<Instant | undefined> {
    for (const { name } of this.tables) {
      const sql = `SELECT "time" FROM points.${sqlName(name)} WHERE sequence = 0`
      const [row] = (await this.connection.runAndReadAll(sql)).getRows()
      if (row !== undefined) return instantOfNanos(row[0] as bigint)
    }
    return undefined
  }

  /** How many points may well be fetched at a time. */
  async windowPoints(plans: readonly TablePlan[]): Promise<number> {
    let points = WINDOW_POINTS
    for (const { table, requiredFields } of plans) {
      const fields = table.fields.filter(({ name }) => requiredFields === 'all' || requiredFields.has(name))
      const texts = fields.filter(({ type }) => type === 'string').map(({ column }) => sqlName(column))
      const bytes = 32 + 8 * fields.length + (texts.length === 0 ? 0 : await this.#textBytes(table, texts))
      while (points * bytes > WINDOW_BYTES && points > WINDOW_LEAST_POINTS) points /= 2
    }
    return points
  }

  /** Points from a sequence number on, and the bodies that begin among them. */
  async window(plans: readonly TablePlan[], start: number, end: number): Promise<ArchiveWindow> {
    const range = `sequence >= ${start} AND sequence < ${end}`
    const tables: TableRows[] = []
    for (const plan of plans) {
      const rows = await TableRows.read(this.connection, plan, range)
      if (rows !== undefined) tables.push(rows)
    }
    const bodies = await readVectors(
      this.connection,
      `SELECT sequence, "time" FROM kapok.bodies WHERE ${range} ORDER BY sequence`,
      ['int', 'int']
    )
    return new ArchiveWindow(start, Math.min(end, this.points), tables, bodies)
  }

  /** Queries that the batches answer. */
  async queryCount(): Promise<number> {
    const [row] = (await this.connection.runAndReadAll('SELECT queries FROM kapok.recording')).getRows()
    return Number(row![0])
  }

  /** The batches of a batch recording, in the order in which they were recorded. */
  async *batches(): AsyncGenerator<RecordedBatch> {
    const page = 10_000
    for (let after = -1n; ;) {
      const sql = `SELECT rowid, * FROM kapok.batches WHERE rowid > ${after} ORDER BY rowid LIMIT ${page}`
      const rows = (await this.connection.runAndReadAll(sql)).getRowObjectsJS() as unknown as BatchRow[]
      for (const { query, first, points, name, tags, by_name: byName, tmax } of rows) {
        yield {
          ...{ query, name, byName },
          first: Number(first),
          points: Number(points),
          tags: JSON.parse(tags) as RecordedBatch['tags'],
          tmax: instantOfNanos(tmax)
        }
      }
      if (rows.length < page) return
      after = rows.at(-1)!.rowid
    }
  }

  close(): void {
    this.connection.closeSync()
    this.#instance.closeSync()
  }

  /** Bytes of the texts of a point: those at the beginning, or some taken here and there, whichever are more. */
  async #textBytes({ name }: TableInfo, columns: readonly string[]): Promise<number> {
    const length = columns.map((column) => `coalesce(strlen(${column}), 0)`).join(' + ')
    const from = `points.${sqlName(name)}`
    const sql = `SELECT greatest(
      (SELECT avg(${length}) FROM (FROM ${from} LIMIT ${SAMPLE_POINTS})),
      (SELECT avg(${length}) FROM ${from} TABLESAMPLE system(1%)))`
    const [[bytes = 0] = []] = (await this.connection.runAndReadAll(sql)).getRows() as (number | null)[][]
    return bytes ?? 0
  }

  async #series({ name, db, rp, measurement, tags }: TableInfo): Promise<Map<number, Series>> {
    const columns = ['series', ...tags.map(({ column }) => sqlName(column))].join(', ')
    const reader = await this.connection.runAndReadAll(`SELECT ${columns} FROM series.${sqlName(name)}`)
    const found = new Map<number, Series>()
    for (const [id, ...values] of reader.getRows() as [number, ...(string | null)[]][]) {
      const pairs = values.flatMap((value, i): [string, string][] => (value === null ? [] : [[tags[i]!.name, value]]))
      found.set(id, new Series(db, rp, measurement, Tags.of(pairs)))
    }
    return found
  }

  async #shapes({ id }: TableInfo): Promise<number[][]> {
    const sql = `SELECT id, fields FROM kapok.shapes WHERE table_id = ${id}`
    const shapes: number[][] = []
    for (const row of (await this.connection.runAndReadAll(sql)).getRowObjectsJS()) {
      shapes[row['id'] as number] = row['fields'] as number[]
    }
    return shapes
  }
}

interface BatchRow {
  rowid: bigint
  query: number
  first: bigint
  points: bigint
  name: string
  tags: string
  by_name: boolean
  tmax: bigint
}

async function describe(connection: DuckDBConnection) {
  const rows = async <R>(sql: string): Promise<R[]> =>
    (await connection.runAndReadAll(sql)).getRowObjectsJS() as unknown as R[]
  const [recording] = await rows<{ version: number; type: ArchiveType; started: bigint; ended: bigint | null }>(
    'SELECT * FROM kapok.recording'
  )
  if (recording === undefined) throw new Error('it is no recording of Kapok')
  if (recording.version > ARCHIVE_VERSION) throw new Error('it was written by a newer version')
  const fields = await rows<FieldInfo & { table_id: number; column_name: string }>(
    'SELECT * FROM kapok.fields ORDER BY id'
  )
  const tags = await rows<{ table_id: number; column_name: string; name: string }>('SELECT * FROM kapok.tags')
  const found = await rows<Omit<TableInfo, 'fields' | 'tags'>>('SELECT * FROM kapok.tables ORDER BY id')
  const tables = found.map((table) => ({
    ...table,
    fields: fields
      .filter(({ table_id }) => table_id === table.id)
      .map(({ id, column_name, name, type }) => ({ id, column: column_name, name, type })),
    tags: tags
      .filter(({ table_id }) => table_id === table.id)
      .map(({ column_name, name }) => ({ column: column_name, name }))
  }))
  let points = 0
  for (const { name } of tables) {
    const [row] = await rows<{ last: bigint | null }>(`SELECT max(sequence) AS last FROM points.${sqlName(name)}`)
    points = Math.max(points, Number(row?.last ?? -1n) + 1)
  }
  const [{ bodies } = { bodies: 0n }] = await rows<{ bodies: bigint }>('SELECT count(*) AS bodies FROM kapok.bodies')
  return {
    type: recording.type,
    started: instantOfNanos(recording.started),
    ended: recording.ended === null ? undefined : instantOfNanos(recording.ended),
    knowsArrivals: bodies > 0n,
    tables,
    points
  }
}
