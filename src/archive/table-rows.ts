import type { DuckDBConnection } from '@duckdb/node-api'
import type { Instant } from '../core/instant.ts'
import { Schema } from '../model/schema.ts'
import type { Series } from '../model/series.ts'
import type { PointColumns } from '../model/point-columns.ts'
import type { FieldType, Value } from '../model/value.ts'
import { instantAt, intAt, safeIntAt } from './int64.ts'
import { sqlName } from './layout.ts'
import type { ColumnData } from './record-batch.ts'
import { readVectors } from './read-vectors.ts'
import type { TablePlan } from './tables.ts'
import type { VectorType } from './vectors.ts'

/** A field of a shape that somebody reads. */
interface FieldPlan {
  readonly type: FieldType
  readonly data: ColumnData
}

interface ShapePlan {
  readonly schema: Schema
  readonly fields: readonly FieldPlan[]
}

/** Some rows of a table, of which points are made one after the other. */
export class TableRows {
  readonly rows: number
  /** The next one. */
  row = 0
  readonly #series: ReadonlyMap<number, Series>
  readonly #shapes: readonly ShapePlan[]
  readonly #sequences: Int32Array
  readonly #times: Int32Array
  readonly #seriesIds: Int32Array
  readonly #shapeIds: Int32Array
  #lastTime: Instant | undefined

  private constructor(plan: TablePlan, rows: number, columns: readonly ColumnData[], read: readonly number[]) {
    this.rows = rows
    const [sequences, times, series, ...others] = columns as readonly Int32Array[]
    const [shapes, values] = hasShapeColumn(plan) ? [others[0]!, others.slice(1)] : [new Int32Array(rows), others]
    this.#sequences = sequences!
    this.#times = times!
    this.#seriesIds = series!
    this.#shapeIds = shapes
    this.#series = plan.series
    const { fields } = plan.table
    this.#shapes = plan.shapes.map((ids) => {
      const wanted = ids.filter((id) => read.includes(id))
      return {
        schema: Schema.of(
          wanted.map((id) => fields[id]!.name),
          wanted.map((id) => fields[id]!.type)
        ),
        fields: wanted.map((id) => ({ type: fields[id]!.type, data: values[read.indexOf(id)]! }))
      }
    })
    this.#checkOrder()
  }

  /** undefined where there are none. */
  static async read(connection: DuckDBConnection, plan: TablePlan, where: string): Promise<TableRows | undefined> {
    const { table, requiredFields } = plan
    const fields = table.fields.filter(({ name }) => requiredFields === 'all' || requiredFields.has(name))
    const shape = hasShapeColumn(plan) ? (['shape'] as const) : []
    const columns = ['sequence', '"time"', 'series', ...shape, ...fields.map(({ column }) => sqlName(column))].join(
      ', '
    )
    const sql = `SELECT ${columns} FROM points.${sqlName(table.name)} WHERE ${where}`
    const types: VectorType[] = [
      'int',
      'int',
      'small',
      ...shape.map(() => 'small' as const),
      ...fields.map(({ type }) => type)
    ]
    const found = await readVectors(connection, sql, types)
    if (found.rows === 0) return undefined
    return new TableRows(
      plan,
      found.rows,
      found.columns,
      fields.map(({ id }) => id)
    )
  }

  sequenceAt(row: number): number {
    return safeIntAt(this.#sequences, row)
  }

  /** Time of the next point. */
  get time(): Instant {
    const { row } = this
    const times = this.#times
    const isNew =
      this.#lastTime === undefined ||
      row === 0 ||
      times[2 * row] !== times[2 * row - 2] ||
      times[2 * row + 1] !== times[2 * row - 1]
    return isNew ? (this.#lastTime = instantAt(times, row)) : this.#lastTime!
  }

  /** Appends the next point. */
  appendTo(columns: PointColumns): void {
    const { time, row } = this
    const { schema, fields } = this.#shapes[this.#shapeIds[row]!]!
    const values = new Array<Value>(fields.length)
    for (let i = 0; i < fields.length; i++) values[i] = valueAt(fields[i]!, row)
    columns.push(this.#series.get(this.#seriesIds[row]!)!, time, schema, values)
    this.row++
  }

  /** DuckDB gives rows back as they were put in; what relies on it had better know. */
  #checkOrder(): void {
    let before = -1
    for (let row = 0; row < this.rows; row++) {
      const sequence = this.sequenceAt(row)
      if (sequence <= before) throw new Error('the rows of the recording are not in order')
      before = sequence
    }
  }
}

function valueAt({ type, data }: FieldPlan, row: number): Value {
  switch (type) {
    case 'float': {
      const value = (data as Float64Array)[row]!
      return Number.isNaN(value) ? -0 : value
    }
    case 'int':
      return intAt(data as Int32Array, row)
    case 'boolean':
      return (data as Uint8Array)[row] === 1
    default:
      return (data as readonly string[])[row]!
  }
}

/** Points that all lie alike have none. */
function hasShapeColumn({ shapes }: TablePlan): boolean {
  return shapes.length > 1
}
