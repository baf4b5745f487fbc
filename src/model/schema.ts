import type { FieldType } from './value.ts'

/**
 * Names and types of a point's fields, interned: equal schemas are one object, so code specialises on identity.
 * The order is that of the values of a point; `sorted` gives the byte order in which answers print fields.
 */
export class Schema {
  static readonly EMPTY = new Schema([], [])
  static #interned = new Map<string, Schema>([['', Schema.EMPTY]])

  readonly names: readonly string[]
  readonly types: readonly FieldType[]
  readonly #index: ReadonlyMap<string, number>
  readonly #transitions = new Map<string, Schema>()

  private constructor(names: readonly string[], types: readonly FieldType[]) {
    this.names = names
    this.types = types
    this.#index = new Map(names.map((name, index) => [name, index]))
  }

  /** @param names Distinct, in the order of the values. */
  static of(names: readonly string[], types: readonly FieldType[]): Schema {
    const id = names.map((name, i) => `${types[i]!} ${name}`).join('\0')
    let schema = Schema.#interned.get(id)
    if (schema === undefined) Schema.#interned.set(id, (schema = new Schema([...names], [...types])))
    return schema
  }

  get size(): number {
    return this.names.length
  }

  /** Position of a field, or -1. */
  indexOf(name: string): number {
    return this.#index.get(name) ?? -1
  }

  typeOf(name: string): FieldType | undefined {
    const index = this.indexOf(name)
    return index < 0 ? undefined : this.types[index]
  }

  /**
   * The schema after a field is set: same positions where the name exists (its type may change), else appended.
   * Remembered, so that a node which sets a field on every point pays one map lookup.
   */
  with(name: string, type: FieldType): Schema {
    const step = `${type} ${name}`
    let next = this.#transitions.get(step)
    if (next === undefined) {
      const index = this.indexOf(name)
      next =
        index < 0
          ? Schema.of([...this.names, name], [...this.types, type])
          : this.types[index] === type
            ? this
            : Schema.of(this.names, this.types.with(index, type))
      this.#transitions.set(step, next)
    }
    return next
  }
}
