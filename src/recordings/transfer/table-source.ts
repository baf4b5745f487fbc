import type { DuckDBConnection } from '@duckdb/node-api'
import { NANOS_PER_UNIT, precisionOf } from '../../lineproto/precision.ts'
import type { FieldType } from '../../model/value.ts'
import { sqlName, sqlText } from '../../archive/layout.ts'
import { type CsvColumn, readCsvHeader } from './csv-header.ts'
import { type FlatColumn, METADATA_KEY, PLACE_COLUMNS } from './flat.ts'
import type { ImportSource } from './import-job.ts'

interface SourceColumn {
  readonly name: string
  readonly type: string
}

/** A file as SQL sees it, and what its columns stand for. */
export interface TableSource {
  readonly from: string
  /** SQL of the time of a row: nanoseconds, or a text of RFC 3339. */
  readonly time: string
  /** SQL of database, retention policy and measurement. */
  readonly place: readonly [string, string, string]
  readonly columns: readonly FlatColumn[]
}

/** Fails where the file does not say what is needed, and nobody else does. */
export async function tableOf(connection: DuckDBConnection, source: ImportSource): Promise<TableSource> {
  const header = source.format === 'csv' ? await readCsvHeader(source.file) : undefined
  if (header !== undefined) return typedTable(source, header)
  const from = await guessedTable(connection, source)
  const found = await describe(connection, from)
  const placed = new Map(found.map(({ name }) => [name, name]))
  return {
    ...{ from, time: timeOf(found, source), place: placeOf(source, placed) },
    columns: (await ownColumns(connection, source)) ?? guessedColumns(found, source)
  }
}

/** All columns are texts; an empty one that is quoted is not none. */
function typedTable(source: ImportSource, header: readonly CsvColumn[]): TableSource {
  const types = header.map((_, index) => `c${index}: 'VARCHAR'`).join(', ')
  const shape = `header = false, skip = 1, columns = {${types}}, auto_detect = false`
  const quoting = `delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false`
  const placed = new Map(
    header.flatMap((column, i) => (column.kind === 'place' ? [[column.name, `c${i}`] as const] : []))
  )
  const time = header.findIndex(({ kind }) => kind === 'time')
  return {
    from: `read_csv(${sqlText(source.file)}, ${shape}, ${quoting})`,
    time: `c${time}`,
    place: placeOf(source, placed),
    columns: header.flatMap((column) => (column.kind === 'tag' || column.kind === 'field' ? [column] : []))
  }
}

/** @param columns Those that say it, by what they say. */
function placeOf(source: ImportSource, columns: ReadonlyMap<string, string>): TableSource['place'] {
  if (source.measurement === '' && !columns.has('measurement')) {
    throw new Error('the file has no column measurement, so the measurement has to be named')
  }
  const placed = (name: string, fallback: string): string => {
    const column = columns.get(name)
    return column === undefined ? sqlText(fallback) : `coalesce(${sqlName(column)}::VARCHAR, ${sqlText(fallback)})`
  }
  return [placed('db', source.db), placed('rp', source.rp), placed('measurement', source.measurement)]
}

/** The file as a table function, whose columns have types of their own. */
async function guessedTable(connection: DuckDBConnection, { file, format, time }: ImportSource): Promise<string> {
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
