import type { FieldType, Int, Value } from '../model/value.ts'
import type { Buffers } from './buffers.ts'
import { setInt } from './int64.ts'
import type { ColumnData } from './record-batch.ts'

/** What waits to be handed over. */
export interface Meter {
  /** Characters of the texts that wait. */
  chars: number
}

/** Values of one column as they come in, in an array of its type. */
export class Column {
  readonly #type: FieldType
  readonly #buffers: Buffers
  readonly #meter: Meter
  #floats = new Float64Array(0)
  #words = new Int32Array(0)
  #bytes = new Uint8Array(0)
  /** Texts have no place of their own a row: whoever reads them knows which rows have one. */
  #texts: string[] = []
  #isUsed = false

  constructor(type: FieldType, buffers: Buffers, meter: Meter) {
    this.#type = type
    this.#buffers = buffers
    this.#meter = meter
  }

  /** Takes over a field of consecutive points: the one at `index` of their values. @param room Rows of the table. */
  set(row: number, values: readonly (readonly Value[])[], from: number, to: number, index: number, room: number): void {
    this.#isUsed = true
    switch (this.#type) {
      case 'float': {
        if (this.#floats.length < room) this.#floats = this.#grown(this.#floats, Float64Array, room)
        const floats = this.#floats
        for (let i = from, at = row; i < to; i++, at++) {
          const value = values[i]![index] as number
          // DuckDB's compression takes 0 and -0 for the same and gives back either; NaN cannot be written.
          floats[at] = value === 0 && 1 / value < 0 ? Number.NaN : value
        }
        return
      }
      case 'int': {
        if (this.#words.length < 2 * room) this.#words = this.#grown(this.#words, Int32Array, 2 * room)
        for (let i = from, at = row; i < to; i++, at++) setInt(this.#words, at, values[i]![index] as Int)
        return
      }
      case 'boolean': {
        if (this.#bytes.length < room) this.#bytes = this.#grown(this.#bytes, Uint8Array, room)
        for (let i = from, at = row; i < to; i++, at++) this.#bytes[at] = values[i]![index] === true ? 1 : 0
        return
      }
      default:
        for (let i = from; i < to; i++) {
          const text = values[i]![index] as string
          this.#meter.chars += text.length
          this.#texts.push(text)
        }
    }
  }

  /** Hands over what it has, undefined where that is nothing; then it is empty again. */
  take(): ColumnData | undefined {
    if (!this.#isUsed) return undefined
    this.#isUsed = false
    switch (this.#type) {
      case 'float': {
        const floats = this.#floats
        this.#floats = new Float64Array(0)
        return floats
      }
      case 'int': {
        const words = this.#words
        this.#words = new Int32Array(0)
        return words
      }
      case 'boolean': {
        const bytes = this.#bytes
        this.#bytes = new Uint8Array(0)
        return bytes
      }
      default: {
        const texts = this.#texts
        this.#texts = []
        return texts
      }
    }
  }

  #grown<A extends NumberArray>(from: A, Type: NumberArrayClass<A>, length: number): A {
    const to = new Type(this.#buffers.take(length * from.BYTES_PER_ELEMENT))
    to.set(from)
    return to
  }
}

export type NumberArray = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>
type NumberArrayClass<A> = new (buffer: ArrayBuffer) => A
