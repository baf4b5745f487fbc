import type { FieldType, Int, Value } from '../../model/value.ts'
import { setInt } from './int64.ts'
import type { ColumnData } from './parcel.ts'

/** Values of one column as they come in, in an array of its type. */
export class Column {
  readonly #type: FieldType
  #floats: Float64Array
  #words: Int32Array
  #bytes: Uint8Array
  /** They have no place of their own a row: whoever reads them knows which rows have one. */
  #texts: string[] = []
  #isUsed = false

  constructor(type: FieldType, rows: number) {
    this.#type = type
    this.#floats = new Float64Array(type === 'float' ? rows : 0)
    this.#words = new Int32Array(type === 'int' ? 2 * rows : 0)
    this.#bytes = new Uint8Array(type === 'boolean' ? rows : 0)
  }

  set(row: number, value: Value): void {
    this.#isUsed = true
    switch (this.#type) {
      case 'float':
        // DuckDB's compression takes 0 and -0 for the same and gives back either; NaN cannot be written.
        this.#floats[row] = value === 0 && Object.is(value, -0) ? Number.NaN : (value as number)
        return
      case 'int':
        return setInt(this.#words, row, value as Int)
      case 'boolean':
        this.#bytes[row] = value === true ? 1 : 0
        return
      default:
        this.#texts.push(value as string)
    }
  }

  /** Makes room for so many rows. */
  grow(rows: number): void {
    this.#floats = grown(this.#floats, new Float64Array(this.#type === 'float' ? rows : 0))
    this.#words = grown(this.#words, new Int32Array(this.#type === 'int' ? 2 * rows : 0))
    this.#bytes = grown(this.#bytes, new Uint8Array(this.#type === 'boolean' ? rows : 0))
  }

  /** What it has; undefined where that is nothing. The column must not be used afterwards. */
  get data(): ColumnData | undefined {
    if (!this.#isUsed) return undefined
    switch (this.#type) {
      case 'float':
        return this.#floats
      case 'int':
        return this.#words
      case 'boolean':
        return this.#bytes
      default:
        return this.#texts
    }
  }
}

function grown<A extends Float64Array | Int32Array | Uint8Array>(from: A, to: A): A {
  to.set(from)
  return to
}
