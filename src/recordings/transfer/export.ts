import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { defineError } from '../../core/errors.ts'
import { formatPoint } from '../../lineproto/format.ts'
import { GroupRegistry } from '../../model/group.ts'
import { Point } from '../../model/point.ts'
import { Staged } from '../../model/staged.ts'
import { sqlText } from '../archive/layout.ts'
import { ArchiveReader, type TableInfo } from '../archive/reader.ts'
import { WINDOW_POINTS } from '../archive/window.ts'
import { flatColumnsOf, flatQuery, METADATA_KEY } from './flat.ts'

export const EXPORT_FORMATS = ['parquet', 'csv', 'line-protocol'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

const NoSuchMeasurement = defineError(
  'MEASUREMENT_NOT_RECORDED',
  404,
  (name: string) => `the recording has no measurement ${JSON.stringify(name)}`
)

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
  const query = tables.length === 0 ? 'SELECT NULL AS "time" WHERE false' : flatQuery(tables, columns)
  const options =
    format === 'csv'
      ? 'FORMAT csv, HEADER'
      : `FORMAT parquet, COMPRESSION zstd, KV_METADATA {${METADATA_KEY}: ${sqlText(JSON.stringify(columns))}}`
  await connection.run(`COPY (${query}) TO ${sqlText(path)} (${options})`)
}

/** With the places as comments, as InfluxDB's own exports have them. */
async function writeLines(reader: ArchiveReader, tables: readonly TableInfo[], path: string): Promise<void> {
  const file = createWriteStream(path)
  const ended = finished(file)
  ended.catch(() => undefined)
  const ids = new Set(tables.map(({ id }) => id))
  const plans = await reader.plan(({ id }) => (ids.has(id) ? 'all' : undefined))
  const staged = new Staged()
  const { nil } = new GroupRegistry()
  let place = ''
  for (let start = 0; start < reader.points; start += WINDOW_POINTS) {
    const window = await reader.window(plans, start, start + WINDOW_POINTS)
    const lines: string[] = []
    while (!window.isAtEnd) {
      window.takeBody()
      window.stage(staged)
    }
    for (let i = 0; i < staged.length; i++) {
      const series = staged.series[i]!
      const comment = `# CONTEXT-DATABASE: ${series.database}\n# CONTEXT-RETENTION-POLICY: ${series.retentionPolicy}`
      if (comment !== place) lines.push(comment)
      place = comment
      const point = new Point(series, nil, staged.times[i]!, staged.schemas[i]!, staged.values[i]!)
      const line = formatPoint(point)
      if (line !== undefined) lines.push(line)
    }
    staged.clear()
    if (lines.length > 0 && !file.write(`${lines.join('\n')}\n`)) await Promise.race([once(file, 'drain'), ended])
  }
  file.end()
  await ended
}
