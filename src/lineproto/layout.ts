import type { RequiredFields } from '../model/required-fields.ts'
import { Schema } from '../model/schema.ts'
import type { FieldType, Value } from '../model/value.ts'
import type { ParsedField } from './strict-parser.ts'

export const FLOAT = 0
export const INT = 1
export const BOOLEAN = 2
export const STRING = 3

const CODES: Readonly<Partial<Record<FieldType, number>>> = { float: FLOAT, int: INT, boolean: BOOLEAN, string: STRING }

/** What a layout without fields takes, and one field beside its name, nearly. */
const LAYOUT_BYTES = 1024
const FIELD_BYTES = 64

/** Lines of a measurement in one body. */
export interface LineCount {
  readonly measurement: string
  lines: number
}

/**
 * The fields of a line as they stood in it: names, order and types. Lines of a series mostly look alike, so the
 * parser compares the next line with the layout of the last one instead of looking names up.
 */
export class Layout {
  readonly size: number
  /** The names as bytes, as the line had them, each with its `=`, one after the other. */
  readonly names: Uint8Array
  /** Where each name ends among them. */
  readonly nameEnds: Int32Array
  readonly longestNameBytes: number
  readonly types: Uint8Array
  /** Index among the values of a point, or -1 for a field that nobody reads. */
  readonly slots: Int32Array
  readonly schema: Schema
  /** False where nobody reads the measurement: its lines are only checked. */
  readonly isRead: boolean
  /** Where the parser gathers a line's values; copied for each point. */
  readonly scratch: Value[] = []
  /** Count of the lines of its measurement. */
  readonly lineCount: LineCount

  private constructor(
    fields: readonly ParsedField[],
    requiredFields: RequiredFields | undefined,
    lineCount: LineCount
  ) {
    this.lineCount = lineCount
    this.size = fields.length
    this.names = Buffer.concat(fields.flatMap(({ written }) => [written, EQUALS]))
    this.nameEnds = new Int32Array(fields.length)
    this.types = new Uint8Array(fields.length)
    this.slots = new Int32Array(fields.length)
    this.isRead = requiredFields !== undefined
    const names: string[] = []
    const types: FieldType[] = []
    let end = 0
    let longest = 0
    for (let i = 0; i < fields.length; i++) {
      const { name, written, type } = fields[i]!
      end += written.length + 1
      longest = Math.max(longest, written.length)
      this.nameEnds[i] = end
      this.types[i] = CODES[type]!
      if (requiredFields === 'all' || requiredFields?.has(name)) {
        this.slots[i] = names.length
        names.push(name)
        types.push(type)
      } else this.slots[i] = -1
    }
    this.longestNameBytes = longest
    this.schema = Schema.of(names, types)
  }

  /** undefined where a name occurs twice, and where there is none: such lines are always read by the strict parser. */
  static of(
    fields: readonly ParsedField[],
    requiredFields: RequiredFields | undefined,
    lineCount: LineCount
  ): Layout | undefined {
    if (fields.length === 0 || new Set(fields.map(({ name }) => name)).size < fields.length) return undefined
    return new Layout(fields, requiredFields, lineCount)
  }

  /** One text a distinct layout, whatever fields are required. */
  static keyOf(fields: readonly ParsedField[]): string {
    let key = ''
    for (const { written, type } of fields) key += `${type}${written.length}:${latin1(written)}`
    return key
  }

  /** Memory that it takes, nearly. */
  get bytes(): number {
    return LAYOUT_BYTES + this.size * FIELD_BYTES + 3 * this.names.length
  }
}

const EQUALS = Buffer.from('=')

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
