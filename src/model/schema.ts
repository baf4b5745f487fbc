import { WeakTable } from '../core/weak-table.ts'
import type { FieldType } from './value.ts'

/** Steps that a schema remembers for each type: names can come from outside, and there is no end of them. */
const MAX_TRANSITIONS = 1000

/**
 * Names and types of a point's fields, interned: equal schemas are one object, so code specialises on identity.
 * The order is that of the values of a point.
 */
export class Schema {
  // `this`, since tsc replaces the class's name by an alias that it sets after the class (seen with 5.9).
  static readonly EMPTY = new this([], [])
  static readonly #interned = new WeakTable<Schema>()

  readonly names: readonly string[]
  readonly types: readonly FieldType[]
  readonly #index: ReadonlyMap<string, number>
  /** What `with` came to, by type and name. */
  readonly #transitions = new Map<FieldType, Map<string, Schema>>()

  private constructor(names: readonly string[], types: readonly FieldType[]) {
    this.names = names
    this.types = types
    this.#index = new Map(names.map((name, index) => [name, index]))
  }

  /** @param names Distinct, in the order of the values. */
  static of(names: readonly string[], types: readonly FieldType[]): Schema {
    if (names.length === 0) return Schema.EMPTY
    const id = names.map((name, i) => `${types[i]!} ${name}`).join('\0')
    const known = Schema.#interned.get(id)
    if (known !== undefined) return known
    const schema = new Schema([...names], [...types])
    Schema.#interned.set(id, schema)
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
   * Remembered, so that a node which sets a field on every point pays two map lookups and makes no text.
   */
  with(name: string, type: FieldType): Schema {
    let steps = this.#transitions.get(type)
    if (steps === undefined) this.#transitions.set(type, (steps = new Map()))
    const known = steps.get(name)
    if (known !== undefined) return known
    if (steps.size >= MAX_TRANSITIONS) steps.clear()
    const next = this.#make(name, type)
    steps.set(name, next)
    return next
  }

  #make(name: string, type: FieldType): Schema {
    const index = this.indexOf(name)
    if (index < 0) return Schema.of([...this.names, name], [...this.types, type])
    return this.types[index] === type ? this : Schema.of(this.names, this.types.with(index, type))
  }
}
