import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { type Instant, instantOfNanos, nanosOf, parseInstant } from '../../core/instant.ts'
import { listKey } from '../../core/list-key.ts'
import { FieldsBuilder } from '../../model/point.ts'
import { Series, Tags } from '../../model/series.ts'
import { type FieldType, intOf, type Value } from '../../model/value.ts'
import { sqlName } from '../../archive/layout.ts'
import type { ImportContext, ImportSource } from './import-job.ts'
import { tableOf } from './table-source.ts'

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
  const { from, time, place, columns } = await tableOf(connection, source)
  const [[total = 0n] = []] = (await connection.runAndReadAll(`SELECT count(*) FROM ${from}`)).getRows() as [bigint][]
  const values = columns.map(({ column, type }) => `${sqlName(column)}::${CASTS[type]!}`)
  const result = await connection.stream(`SELECT ${[time, ...place, ...values].join(', ')} FROM ${from}`)
  const series = new SeriesTable()
  const fields = new FieldsBuilder()
  let done = 0
  for (;;) {
    signal.throwIfAborted()
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) return
    for (const [at, db, rp, measurement, ...cells] of chunk.getRows() as ImportedRow[]) {
      const time = timeOf(at)
      if (time === undefined) throw new Error(`row ${done + 1} has no time: ${at ?? 'it is empty'}`)
      const tags: [string, string][] = []
      for (const [i, { kind, name, type }] of columns.entries()) {
        const cell = cells[i]!
        if (cell === null) continue
        if (kind === 'tag') {
          if (cell !== '') tags.push([name, cell as string])
        } else if (type !== 'float' || Number.isFinite(cell)) fields.set(name, type, valueOf(cell))
      }
      done++
      const { schema, values } = fields.take()
      if (values.length > 0) sink.point(series.get(db, rp, measurement, tags), time, schema, values)
    }
    await sink.flush()
    advance(done / Number(total))
  }
}

type ImportedRow = [bigint | string | null, string, string, string, ...(Value | bigint | null)[]]

const CASTS: Readonly<Partial<Record<FieldType, string>>> = {
  float: 'DOUBLE',
  int: 'BIGINT',
  boolean: 'BOOLEAN',
  string: 'VARCHAR'
}

/** The time that nanoseconds stand for, or a text of RFC 3339. */
function timeOf(at: bigint | string | null): Instant | undefined {
  const time = typeof at === 'string' ? parseInstant(at) : at === null ? undefined : instantOfNanos(at)
  const nanos = time && nanosOf(time)
  return nanos === undefined || BigInt.asIntN(64, nanos) !== nanos ? undefined : time
}

function valueOf(cell: Value | bigint): Value {
  return typeof cell === 'bigint' ? intOf(cell) : cell
}

/** Series by what they are made of. */
class SeriesTable {
  readonly #known = new Map<string, Series>()

  get(db: string, rp: string, measurement: string, tags: readonly (readonly [string, string])[]): Series {
    const key = listKey([db, rp, measurement, ...tags.flat()])
    let series = this.#known.get(key)
    if (series === undefined) this.#known.set(key, (series = new Series(db, rp, measurement, Tags.of(tags))))
    return series
  }
}
