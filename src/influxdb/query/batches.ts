import { type Instant, isBefore, parseInstant } from '../../core/instant.ts'
import { listKey } from '../../core/list-key.ts'
import { Batch } from '../../model/batch.ts'
import { type Group, type GroupRegistry, dimensionsOf } from '../../model/group.ts'
import { Point } from '../../model/point.ts'
import { Schema } from '../../model/schema.ts'
import { Series, Tags } from '../../model/series.ts'
import type { FieldType, Value } from '../../model/value.ts'

/** An answer of InfluxDB's, as its JSON has it. */
export interface QueryResult {
  readonly series?: readonly ResultSeries[]
  readonly error?: string
}

export interface ResultSeries {
  readonly name?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly columns: readonly string[]
  readonly values?: readonly (readonly unknown[])[]
}

export interface BatchOptions {
  /** Whether batches are grouped by measurement too. */
  readonly byName: boolean
  /** Whether the last point says when its batch ends. */
  readonly isGroupedByTime: boolean
}

/** Series that an answer remembers for the next one. */
const MAX_REMEMBERED = 100_000

/** Makes batches of answers: one a series, in their order. All of a graph's group registry. */
export class BatchMaker {
  readonly #groups: GroupRegistry
  readonly #options: BatchOptions
  /** Nodes keep what they derive from a series on it, so answers share one. */
  readonly #known = new Map<string, { readonly series: Series; group: Group }>()

  constructor(groups: GroupRegistry, options: BatchOptions) {
    this.#groups = groups
    this.#options = options
  }

  /**
   * @param stop End of the range that was asked for.
   * @throws Error in Kapacitor's words, where a time cannot be read.
   */
  batchesOf({ series = [] }: QueryResult, stop: Instant): Batch[] {
    return series.map((row) => this.#batchOf(row, stop))
  }

  #batchOf({ name = '', tags = {}, columns, values = [] }: ResultSeries, stop: Instant): Batch {
    const { series, group } = this.#find(name, tags)
    const timeIndex = columns.indexOf('time')
    const schemas = new RowSchemas(columns, timeIndex)
    const points: Point[] = []
    let last: Instant | undefined
    for (const row of values) {
      const time = timeOf(row[timeIndex])
      const schema = schemas.schemaOf(row)
      if (schema.size === 0) continue
      points.push(new Point(series, group, time, schema, schemas.values))
      if (last === undefined || isBefore(last, time)) last = time
    }
    return new Batch(name, group, this.#options.isGroupedByTime && last !== undefined ? last : stop, points)
  }

  #find(name: string, tags: Readonly<Record<string, string>>): { readonly series: Series; readonly group: Group } {
    const key = listKey([name, ...Object.entries(tags).flat()])
    let known = this.#known.get(key)
    if (known === undefined) {
      if (this.#known.size >= MAX_REMEMBERED) this.#known.clear()
      const series = new Series('', '', name, Tags.of(Object.entries(tags)))
      known = { series, group: this.#groupOf(series) }
      this.#known.set(key, known)
    } else if (known.group.isForgotten) known.group = this.#groupOf(known.series)
    return known
  }

  #groupOf({ name, tags }: Series): Group {
    return this.#groups.get(name, tags, dimensionsOf(this.#options.byName, tags.keys.names))
  }
}

/** Values of rows and their schemas: rows of the same types share one. A cell that is null makes no field. */
class RowSchemas {
  values: Value[] = []
  readonly #columns: readonly string[]
  readonly #timeIndex: number
  #types: (FieldType | undefined)[] = []
  #schema: Schema | undefined

  constructor(columns: readonly string[], timeIndex: number) {
    this.#columns = columns
    this.#timeIndex = timeIndex
  }

  /** The schema of a row, whose values are in `values` then. */
  schemaOf(row: readonly unknown[]): Schema {
    this.values = []
    for (let i = 0; i < this.#columns.length; i++) {
      const type = i === this.#timeIndex ? undefined : typeOf(row[i])
      if (type !== undefined) this.values.push(row[i] as Value)
      if (type === this.#types[i] && this.#schema !== undefined) continue
      this.#types[i] = type
      this.#schema = undefined
    }
    return (this.#schema ??= this.#make())
  }

  #make(): Schema {
    const indexes = [...this.#types.keys()].filter((i) => this.#types[i] !== undefined)
    return Schema.of(
      indexes.map((i) => this.#columns[i]!),
      indexes.map((i) => this.#types[i]!)
    )
  }
}

/** All numbers are floats: the JSON of InfluxDB does not tell them apart, and scripts count on it. */
function typeOf(cell: unknown): FieldType | undefined {
  switch (typeof cell) {
    case 'number':
      return 'float'
    case 'string':
      return 'string'
    case 'boolean':
      return 'boolean'
    default:
      return undefined
  }
}

function timeOf(cell: unknown): Instant {
  const time = typeof cell === 'string' ? parseInstant(cell) : undefined
  if (time === undefined)
    throw new Error(`unexpected time value: ${typeof cell === 'string' ? cell : JSON.stringify(cell)}`)
  return time
}
