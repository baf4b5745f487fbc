import type { Instant } from '../../core/instant.ts'
import type { Schema } from '../../model/schema.ts'
import type { Value } from '../../model/value.ts'
import { Column } from './column.ts'
import { setInstant } from './int64.ts'
import type { Definition, TableChunk } from './parcel.ts'

/** How the points of one schema lie in a table. */
interface Shape {
  readonly id: number
  readonly columns: readonly number[]
}

const ROWS_AT_FIRST = 256

/** The points of one measurement that wait to be handed over. */
export class TableBuffer {
  readonly id: number
  rows = 0
  readonly #define: (definition: Definition) => void
  readonly #shapes = new Map<Schema, Shape>()
  readonly #columnIds = new Map<string, number>()
  readonly #types: Schema['types'][number][] = []
  #columns: Column[] = []
  #room = 0
  #rowsExpected = ROWS_AT_FIRST
  #sequences = new Int32Array(0)
  #times = new Int32Array(0)
  #series = new Int32Array(0)
  #shapeIds = new Int32Array(0)
  #lastSchema: Schema | undefined
  #lastShape: Shape = { id: -1, columns: [] }
  #lastTime: Instant | undefined

  /** @param define Told of what the chunks to come refer to. */
  constructor(id: number, define: (definition: Definition) => void) {
    this.id = id
    this.#define = define
  }

  add(sequence: number, series: number, time: Instant, schema: Schema, values: readonly Value[]): void {
    const row = this.rows++
    if (row >= this.#room) this.#grow()
    const low = 2 * row
    this.#sequences[low] = sequence
    this.#sequences[low + 1] = sequence / 4_294_967_296
    const times = this.#times
    // Neighbours often share one object.
    if (time === this.#lastTime) {
      times[low] = times[low - 2]!
      times[low + 1] = times[low - 1]!
    } else {
      setInstant(times, row, time)
      this.#lastTime = time
    }
    this.#series[row] = series
    if (schema !== this.#lastSchema) this.#lookUp(schema)
    const { id, columns } = this.#lastShape
    this.#shapeIds[row] = id
    for (let i = 0; i < columns.length; i++) this.#columns[columns[i]!]!.set(row, values[i]!)
  }

  /** Hands over what it has, and is empty again. */
  take(): TableChunk {
    const chunk: TableChunk = {
      table: this.id,
      rows: this.rows,
      sequences: this.#sequences,
      times: this.#times,
      series: this.#series,
      shapes: this.#shapeIds,
      columns: this.#columns.map(({ data }) => data)
    }
    // As many may come again. Made when one comes: there may be many tables.
    this.#rowsExpected = Math.max(ROWS_AT_FIRST, this.rows)
    this.#room = 0
    this.rows = 0
    return chunk
  }

  #makeArrays(room: number): void {
    this.#room = room
    this.#sequences = new Int32Array(2 * room)
    this.#times = new Int32Array(2 * room)
    this.#series = new Int32Array(room)
    this.#shapeIds = new Int32Array(room)
    this.#columns = this.#types.map((type) => new Column(type, room))
    this.#lastTime = undefined
  }

  #grow(): void {
    if (this.#room === 0) return this.#makeArrays(this.#rowsExpected)
    this.#room *= 2
    this.#sequences = grown(this.#sequences)
    this.#times = grown(this.#times)
    this.#series = grown(this.#series)
    this.#shapeIds = grown(this.#shapeIds)
    for (const column of this.#columns) column.grow(this.#room)
  }

  #lookUp(schema: Schema): void {
    let shape = this.#shapes.get(schema)
    if (shape === undefined) {
      shape = { id: this.#shapes.size, columns: schema.names.map((name, i) => this.#column(name, schema.types[i]!)) }
      this.#shapes.set(schema, shape)
      this.#define({ kind: 'shape', table: this.id, shape: shape.id, columns: shape.columns })
    }
    this.#lastSchema = schema
    this.#lastShape = shape
  }

  #column(name: string, type: Schema['types'][number]): number {
    const key = `${type} ${name}`
    let column = this.#columnIds.get(key)
    if (column === undefined) {
      column = this.#types.length
      this.#columnIds.set(key, column)
      this.#types.push(type)
      this.#columns.push(new Column(type, this.#room))
      this.#define({ kind: 'field', table: this.id, column, name, type })
    }
    return column
  }
}

function grown(from: Int32Array): Int32Array<ArrayBuffer> {
  const to = new Int32Array(2 * from.length)
  to.set(from)
  return to
}
