import type { Instant } from '../core/instant.ts'
import type { Schema } from '../model/schema.ts'
import type { PointColumns } from '../model/point-columns.ts'
import type { Buffers } from './buffers.ts'
import { Column, type Meter } from './column.ts'
import { setInstant } from './int64.ts'
import type { ArchiveDefinition, TableChunk } from './record-batch.ts'

/** How the points of one schema lie in a table. */
interface Shape {
  readonly id: number
  readonly columns: readonly number[]
}

const LEAST_ROOM = 256

/** The points of one measurement that wait to be handed over. */
export class TableBuffer {
  readonly id: number
  rows = 0
  readonly #define: (definition: ArchiveDefinition) => void
  readonly #buffers: Buffers
  readonly #meter: Meter
  readonly #shapes = new Map<Schema, Shape>()
  readonly #columnIds = new Map<string, number>()
  readonly #columns: Column[] = []
  #room = 0
  #rowsExpected = LEAST_ROOM
  /** Sequence number of the first of some rows in a row, and how many they are. */
  #runs: number[] = []
  #times = new Int32Array(0)
  #series = new Int32Array(0)
  #shapeIds = new Int32Array(0)

  /** @param define Told of what the chunks to come refer to. */
  constructor(id: number, buffers: Buffers, meter: Meter, define: (definition: ArchiveDefinition) => void) {
    this.id = id
    this.#buffers = buffers
    this.#meter = meter
    this.#define = define
  }

  /**
   * Takes over consecutive points, all of this table and of one schema.
   * @param sequence Of the first one.
   * @param series Numbers of their series, at the same indexes.
   */
  add(sequence: number, { times, schemas, values }: PointColumns, series: Int32Array, from: number, to: number): void {
    const row = this.rows
    this.rows += to - from
    if (this.rows > this.#room) this.#makeRoom(this.rows)
    this.#noteRun(sequence, to - from)
    this.#series.set(series.subarray(from, to), row)
    this.#setTimes(row, times, from, to)
    const { id, columns } = this.#shapeOf(schemas[from]!)
    this.#shapeIds.fill(id, row, this.rows)
    for (let i = 0; i < columns.length; i++) {
      this.#columns[columns[i]!]!.set(row, values, from, to, i, this.#room)
    }
  }

  /** Hands over what it has, and is empty again. */
  take(): TableChunk {
    const chunk: TableChunk = {
      table: this.id,
      rows: this.rows,
      runs: this.#runs,
      times: this.#times,
      series: this.#series,
      shapes: this.#shapeIds,
      columns: this.#columns.map((column) => column.take())
    }
    // As many rows may come again. Room is made when one comes: there may be many tables.
    this.#rowsExpected = this.rows
    this.#room = 0
    this.rows = 0
    this.#runs = []
    this.#times = new Int32Array(0)
    this.#series = new Int32Array(0)
    this.#shapeIds = new Int32Array(0)
    return chunk
  }

  #noteRun(sequence: number, rows: number): void {
    const runs = this.#runs
    const last = runs.length - 2
    if (last >= 0 && runs[last]! + runs[last + 1]! === sequence) runs[last + 1]! += rows
    else runs.push(sequence, rows)
  }

  /** Neighbours often share one object. */
  #setTimes(row: number, from: readonly Instant[], start: number, end: number): void {
    const times = this.#times
    let last: Instant | undefined
    for (let i = start, at = 2 * row; i < end; i++, at += 2) {
      const time = from[i]!
      if (time === last) {
        times[at] = times[at - 2]!
        times[at + 1] = times[at - 1]!
      } else {
        setInstant(times, at >> 1, time)
        last = time
      }
    }
  }

  /** Sizes are powers of two, so that they repeat. */
  #makeRoom(rows: number): void {
    let room = Math.max(this.#room, LEAST_ROOM)
    while (room < rows || room < this.#rowsExpected) room *= 2
    this.#room = room
    this.#times = this.#grown(this.#times, 2 * room)
    this.#series = this.#grown(this.#series, room)
    this.#shapeIds = this.#grown(this.#shapeIds, room)
  }

  #grown(from: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
    const to = new Int32Array(this.#buffers.take(4 * length))
    to.set(from)
    return to
  }

  #shapeOf(schema: Schema): Shape {
    let shape = this.#shapes.get(schema)
    if (shape === undefined) {
      shape = { id: this.#shapes.size, columns: schema.names.map((name, i) => this.#column(name, schema.types[i]!)) }
      this.#shapes.set(schema, shape)
      this.#define({ kind: 'shape', table: this.id, shape: shape.id, columns: shape.columns })
    }
    return shape
  }

  #column(name: string, type: Schema['types'][number]): number {
    const key = `${type} ${name}`
    let column = this.#columnIds.get(key)
    if (column === undefined) {
      column = this.#columns.length
      this.#columnIds.set(key, column)
      this.#columns.push(new Column(type, this.#buffers, this.#meter))
      this.#define({ kind: 'field', table: this.id, column, name, type })
    }
    return column
  }
}
