import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { defineError } from '../../core/errors.ts'
import { formatPoint } from '../../lineproto/format.ts'
import { GroupRegistry } from '../../model/group.ts'
import { Point } from '../../model/point.ts'
import type { Series } from '../../model/series.ts'
import { PointColumns } from '../../model/point-columns.ts'
import { sqlName, sqlText } from '../../archive/layout.ts'
import { ArchiveReader } from '../../archive/reader.ts'
import type { TableInfo } from '../../archive/tables.ts'
import { csvHeaderOf } from './csv-header.ts'
import { type FlatColumn, flatColumnsOf, flatQuery, METADATA_KEY } from './flat.ts'

export const EXPORT_FORMATS = ['parquet', 'csv', 'line-protocol'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

const NoSuchMeasurement = defineError(
  'MEASUREMENT_NOT_RECORDED',
  404,
  (name: string) => `the recording has no measurement ${JSON.stringify(name)}`
)

const NOTHING = `SELECT '' AS db, '' AS rp, '' AS measurement, 0::BIGINT AS "time"`
const SECOND = 1_000_000_000
/** RFC 3339 of nanoseconds, over their whole range: DuckDB's own conversion leaves out its ends. */
const TIME_TEXT = `
  strftime(make_timestamp((("time" // ${SECOND}) - ("time" % ${SECOND} < 0)::BIGINT) * 1000000), '%Y-%m-%dT%H:%M:%S')
  || '.' || lpad((("time" % ${SECOND} + ${SECOND}) % ${SECOND})::VARCHAR, 9, '0') || 'Z'`

/** A recording to be written into a file of another format; crosses to the thread that does. */
export interface ExportJob {
  readonly kind: 'export'
  readonly archive: string
  readonly path: string
  readonly format: ExportFormat
  /** '' : all. */
  readonly measurement: string
}

export async function exportArchive({ archive, path, format, measurement }: ExportJob): Promise<void> {
  const reader = await ArchiveReader.open(archive)
  try {
    const tables = reader.tables.filter((table) => measurement === '' || table.measurement === measurement)
    if (measurement !== '' && tables.length === 0) throw NoSuchMeasurement(measurement)
    await (format === 'line-protocol' ? writeLines(reader, tables, path) : copy(reader, tables, path, format))
  } finally {
    reader.close()
  }
}

async function copy(
  { connection }: ArchiveReader,
  tables: readonly TableInfo[],
  path: string,
  format: 'parquet' | 'csv'
): Promise<void> {
  const columns = flatColumnsOf(tables)
  if (tables.length === 0 && format === 'csv') return await writeFile(path, `${csvHeaderOf(columns)}\n`)
  const [outer, options] = format === 'csv' ? csvOf(columns) : parquetOf(columns)
  const query =
    tables.length === 0 ? `SELECT ${outer} FROM (${NOTHING}) WHERE false` : flatQuery(tables, columns, outer)
  await connection.run(`COPY (${query}) TO ${sqlText(path)} (${options})`)
}

/** What is selected, and options. */
function parquetOf(columns: readonly FlatColumn[]): [string, string] {
  const places = ['db', 'rp', 'measurement', 'make_timestamp_ns("time") AS "time"']
  const metadata = `KV_METADATA {${METADATA_KEY}: ${sqlText(JSON.stringify(columns))}}`
  const names = columns.map(({ column }) => sqlName(column))
  return [[...places, ...names].join(', '), `FORMAT parquet, COMPRESSION zstd, ${metadata}`]
}

/** Texts are quoted, so that an empty one is told from none. DuckDB would rename columns that differ by case alone. */
function csvOf(columns: readonly FlatColumn[]): [string, string] {
  const texts = columns.filter(({ type }) => type === 'string').map(({ column }) => sqlName(column))
  const quoted = texts.length === 0 ? '' : `, FORCE_QUOTE (${texts.join(', ')})`
  const outer = ['db', 'rp', 'measurement', TIME_TEXT, ...columns.map(({ column }) => sqlName(column))]
  // Between the two stand the rows, without a newline after the last one.
  const header = `${csvHeaderOf(columns)}\n`
  return [outer.join(', '), `FORMAT csv, HEADER false, PREFIX ${sqlText(header)}, SUFFIX '\n'${quoted}`]
}

/**
 * Writes line protocol with the places as comments, as InfluxDB's own exports have them. Points that line protocol
 * cannot carry are left out, which a comment at the end says.
 */
async function writeLines(reader: ArchiveReader, tables: readonly TableInfo[], path: string): Promise<void> {
  const file = createWriteStream(path)
  const ended = finished(file)
  ended.catch(() => undefined)
  const ids = new Set(tables.map(({ id }) => id))
  const plans = await reader.plan(({ id }) => (ids.has(id) ? 'all' : undefined))
  const columns = new PointColumns()
  const { nil } = new GroupRegistry()
  let place = ''
  let leftOut = 0
  let reason = ''
  const size = await reader.windowPoints(plans)
  for (let start = 0; start < reader.points; start += size) {
    const window = await reader.window(plans, start, start + size)
    const lines: string[] = []
    while (!window.isAtEnd) {
      window.takeBody()
      window.appendTo(columns)
    }
    for (let i = 0; i < columns.length; i++) {
      const series = columns.series[i]!
      const comment = placeComment(series)
      const point = new Point(series, nil, columns.times[i]!, columns.schemas[i]!, columns.values[i]!)
      const line = formatPoint(point)
      if (typeof comment === 'string' && typeof line === 'string') {
        if (comment !== place) lines.push(comment)
        place = comment
        lines.push(line)
      } else if (++leftOut === 1) reason = [comment, line].find((part) => typeof part !== 'string')!.reason
    }
    columns.clear()
    if (lines.length > 0 && !file.write(`${lines.join('\n')}\n`)) await Promise.race([once(file, 'drain'), ended])
  }
  if (leftOut > 0) file.write(`# points that are left out: ${leftOut}, the first one since: ${reason}\n`)
  file.end()
  await ended
}

/** @returns Why there is none: a name with the end of a line in it would begin a line of its own. */
function placeComment({ database, retentionPolicy }: Series): string | { readonly reason: string } {
  const odd = [database, retentionPolicy].find((name) => /[\r\n]/.test(name))
  if (odd !== undefined) return { reason: `the name ${JSON.stringify(odd)} has more than one line` }
  return `# CONTEXT-DATABASE: ${database}\n# CONTEXT-RETENTION-POLICY: ${retentionPolicy}`
}
