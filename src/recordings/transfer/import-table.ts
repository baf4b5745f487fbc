import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { instantOfNanos } from '../../core/instant.ts'
import { FieldsBuilder } from '../../model/point.ts'
import { Series, Tags } from '../../model/series.ts'
import { type FieldType, intOf, type Value } from '../../model/value.ts'
import { NANOS_PER_UNIT, precisionOf } from '../../lineproto/precision.ts'
import { sqlName, sqlText } from '../archive/layout.ts'
import { type FlatColumn, METADATA_KEY, PLACE_COLUMNS } from './flat.ts'
import type { ImportContext, ImportSource } from './import.ts'

interface SourceColumn {
  readonly name: string
  readonly type: string
}

/** What a file's columns stand for. */
interface Mapping {
  /** SQL of the nanoseconds of a row. */
  readonly time: string
  /** SQL of database, retention policy and measurement. */
  readonly place: readonly [string, string, string]
  readonly columns: readonly FlatColumn[]
}

/** Reads Parquet or CSV, a point a row, in the order of the rows. */
export async function importTable(source: ImportSource, context: ImportContext): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '512MB' })
  const connection = await instance.connect()
  const stop = (): void => connection.interrupt()
  context.signal.addEventListener('abort', stop)
  try {
    await read(connection, source, context)
  } catch (error) {
    context.signal.throwIfAborted()
    throw error
  } finally {
    context.signal.removeEventListener('abort', stop)
    connection.closeSync()
    instance.closeSync()
  }
}

async function read(
  connection: DuckDBConnection,
  source: ImportSource,
  { sink, signal, advance }: ImportContext
): Promise<void> {
  const from = await tableOf(connection, source)
  const { time, place, columns } = await mappingOf(connection, source, from)
  const [[total = 0n] = []] = (await connection.runAndReadAll(`SELECT count(*) FROM ${from}`)).getRows() as [bigint][]
  const values = columns.map(({ column, type }) => `${sqlName(column)}::${CASTS[type]!}`)
  const result = await connection.stream(`SELECT ${[time, ...place, ...values].join(', ')} FROM ${from}`)
  const series = new SeriesTable()
  let done = 0
  for (;;) {
    signal.throwIfAborted()
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) return
    for (const [at, db, rp, measurement, ...cells] of chunk.getRows() as Row[]) {
      if (at === null) throw new Error(`row ${done + 1} has no time`)
      const tags: [string, string][] = []
      const fields = new FieldsBuilder()
      for (const [i, { kind, name, type }] of columns.entries()) {
        const cell = cells[i]!
        if (cell === null) continue
        if (kind === 'tag') tags.push([name, cell as string])
        else if (type !== 'float' || Number.isFinite(cell)) fields.set(name, type, valueOf(cell))
      }
      done++
      if (fields.values.length > 0) {
        sink.point(series.of(db, rp, measurement, tags), instantOfNanos(at), fields.schema, fields.values)
      }
    }
    await sink.flush()
    advance(done / Number(total))
  }
}

type Row = [bigint | null, string, string, string, ...(Value | bigint | null)[]]

const CASTS: Readonly<Partial<Record<FieldType, string>>> = {
  float: 'DOUBLE',
  int: 'BIGINT',
  boolean: 'BOOLEAN',
  string: 'VARCHAR'
}

function valueOf(cell: Value | bigint): Value {
  return typeof cell === 'bigint' ? intOf(cell) : cell
}

/** The file as a table function. */
async function tableOf(connection: DuckDBConnection, { file, format, time }: ImportSource): Promise<string> {
  if (format === 'parquet') return `read_parquet(${sqlText(file)})`
  const from = `read_csv(${sqlText(file)}, header = true)`
  const column = (await describe(connection, from)).find(({ name }) => name === time)
  if (column === undefined || fieldTypeOf(column.type) === 'int') return from
  // DuckDB guesses a type that has no nanoseconds.
  return `read_csv(${sqlText(file)}, header = true, types = {${sqlText(time)}: 'VARCHAR'})`
}

async function describe(connection: DuckDBConnection, from: string): Promise<SourceColumn[]> {
  const rows = (await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`)).getRowObjectsJS()
  return rows.map((row) => ({ name: row['column_name'] as string, type: row['column_type'] as string }))
}

async function mappingOf(connection: DuckDBConnection, source: ImportSource, from: string): Promise<Mapping> {
  const found = await describe(connection, from)
  const has = (name: string): boolean => found.some((column) => column.name === name)
  const placed = (name: string, fallback: string): string =>
    has(name) ? `coalesce(${sqlName(name)}::VARCHAR, ${sqlText(fallback)})` : sqlText(fallback)
  if (source.measurement === '' && !has('measurement')) {
    throw new Error('the file has no column measurement, so the measurement has to be named')
  }
  return {
    time: timeOf(found, source),
    place: [placed('db', source.db), placed('rp', source.rp), placed('measurement', source.measurement)],
    columns: (await ownColumns(connection, source)) ?? guessedColumns(found, source)
  }
}

/** What a file of ours says of itself. */
async function ownColumns(
  connection: DuckDBConnection,
  { file, format }: ImportSource
): Promise<FlatColumn[] | undefined> {
  if (format !== 'parquet') return undefined
  const sql = `SELECT decode(value) FROM parquet_kv_metadata(${sqlText(file)}) WHERE decode(key) = ${sqlText(METADATA_KEY)}`
  const [row] = (await connection.runAndReadAll(sql)).getRows()
  return row === undefined ? undefined : (JSON.parse(row[0] as string) as FlatColumn[])
}

function guessedColumns(found: readonly SourceColumn[], { time, tags, fields }: ImportSource): FlatColumn[] {
  return found.flatMap(({ name, type: sqlType }): FlatColumn[] => {
    if (name === time || (PLACE_COLUMNS as readonly string[]).includes(name)) return []
    const type = fieldTypeOf(sqlType)
    const isTag = tags === undefined ? type === 'string' && fields?.includes(name) !== true : tags.includes(name)
    if (isTag) return [{ column: name, kind: 'tag', name, type: 'string' }]
    return fields === undefined || fields.includes(name) ? [{ column: name, kind: 'field', name, type }] : []
  })
}

function fieldTypeOf(sqlType: string): FieldType {
  if (/^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)$/.test(sqlType)) return 'int'
  if (/^(DOUBLE|FLOAT|DECIMAL)/.test(sqlType)) return 'float'
  return sqlType === 'BOOLEAN' ? 'boolean' : 'string'
}

/** SQL of the nanoseconds of a row. */
function timeOf(found: readonly SourceColumn[], { time, precision }: ImportSource): string {
  const column = found.find(({ name }) => name === time)
  if (column === undefined) throw new Error(`the file has no column ${time}, which is to hold the times`)
  const name = sqlName(column.name)
  if (fieldTypeOf(column.type) === 'int') return `${name}::BIGINT * ${NANOS_PER_UNIT[precisionOf(precision)]}`
  return `epoch_ns(${name}::TIMESTAMP_NS)`
}

/** Series by what they are made of. */
class SeriesTable {
  readonly #known = new Map<string, Series>()

  of(db: string, rp: string, measurement: string, tags: readonly (readonly [string, string])[]): Series {
    const key = [db, rp, measurement, ...tags.flat()].join('\0')
    let series = this.#known.get(key)
    if (series === undefined) this.#known.set(key, (series = new Series(db, rp, measurement, Tags.of(tags))))
    return series
  }
}
