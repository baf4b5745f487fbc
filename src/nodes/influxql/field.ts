import { Schema } from '../../model/schema.ts'
import type { FieldType } from '../../model/value.ts'

/** Where points keep one field, looked up once for a run of points that have one schema. */
export class FieldReader {
  readonly name: string
  schema: Schema | undefined
  /** Position in the values of a point of `schema`; -1 where it has no such field. */
  index = -1
  /** 'null' where points of `schema` have no such field: a null is as good as none. */
  type: FieldType = 'null'

  constructor(name: string) {
    this.name = name
  }

  setSchema(schema: Schema): void {
    this.schema = schema
    this.index = schema.indexOf(this.name)
    this.type = schema.types[this.index] ?? 'null'
  }
}

/** The only field of an output. */
export class ResultField {
  readonly #name: string
  readonly #result: 'same' | 'int' | 'float'
  #type: FieldType = 'null'
  #schema = Schema.EMPTY

  constructor(name: string, result: 'same' | 'int' | 'float') {
    this.#name = name
    this.#result = result
  }

  /** @param inputType Type of the values that the result was made of. */
  schemaFor(inputType: FieldType): Schema {
    const type = this.#result === 'same' ? inputType : this.#result
    if (type !== this.#type) {
      this.#type = type
      this.#schema = Schema.EMPTY.with(this.#name, type)
    }
    return this.#schema
  }
}

/** How Go, and so an error message, calls a field's type. */
export const GO_TYPES: Readonly<Record<FieldType, string>> = {
  float: 'float64',
  int: 'int64',
  string: 'string',
  boolean: 'bool',
  duration: 'time.Duration',
  null: 'nil'
}
