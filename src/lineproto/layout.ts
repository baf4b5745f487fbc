import type { FieldDemand } from '../model/demand.ts'
import { Schema } from '../model/schema.ts'
import type { FieldType, Value } from '../model/value.ts'
import type { ParsedField } from './careful.ts'

export const FLOAT = 0
export const INT = 1
export const BOOLEAN = 2
export const STRING = 3

const CODES: Readonly<Partial<Record<FieldType, number>>> = { float: FLOAT, int: INT, boolean: BOOLEAN, string: STRING }

/** Lines of a measurement in one body. */
export interface Tally {
  readonly measurement: string
  lines: number
}

/**
 * The fields of a line as they stood in it: names, order and types. Lines of a series mostly look alike, so the
 * parser compares the next line with the layout of the last one instead of looking names up.
 */
export class Layout {
  readonly size: number
  /** The names as bytes, each with its `=`, one after the other; `nameEnds` says where each ends. */
  readonly names: Uint8Array
  readonly nameEnds: Int32Array
  readonly types: Uint8Array
  /** Index among the values of a point, or -1 for a field that nobody reads. */
  readonly slots: Int32Array
  readonly schema: Schema
  /** False where nobody reads the measurement: its lines are only checked. */
  readonly isRead: boolean
  /** Where the parser gathers a line's values; copied for each point. */
  readonly scratch: Value[] = []
  /** That of its measurement. */
  readonly tally: Tally

  private constructor(fields: readonly ParsedField[], demand: FieldDemand | undefined, tally: Tally) {
    this.tally = tally
    const names = fields.map(({ name }) => Buffer.from(`${escapeName(name)}=`))
    this.size = fields.length
    this.names = Buffer.concat(names)
    let end = 0
    this.nameEnds = Int32Array.from(names, (name) => (end += name.length))
    this.types = Uint8Array.from(fields, ({ type }) => CODES[type]!)
    this.isRead = demand !== undefined
    const read = fields.filter(({ name }) => demand === 'all' || demand?.has(name))
    this.schema = Schema.of(
      read.map(({ name }) => name),
      read.map(({ type }) => type)
    )
    this.slots = Int32Array.from(fields, (field) => read.indexOf(field))
  }

  /** undefined where a name occurs twice: such lines are always read by the book. */
  static of(fields: readonly ParsedField[], demand: FieldDemand | undefined, tally: Tally): Layout | undefined {
    return new Set(fields.map(({ name }) => name)).size < fields.length ? undefined : new Layout(fields, demand, tally)
  }

  /** One text a distinct layout, whatever the demand. */
  static keyOf(fields: readonly ParsedField[]): string {
    return fields.map(({ name, type }) => `${type} ${name}`).join('\0')
  }
}

function escapeName(name: string): string {
  return name.replace(/[,= ]/g, '\\$&')
}
