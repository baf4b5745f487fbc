import { InternTable } from '../core/intern-table.ts'
import type { FieldType } from './value.ts'

/** Memory of the schemas that are remembered in a thread, twice. */
const MAX_INTERNED_BYTES = 16 * 1024 * 1024
/** Steps that a schema remembers: nodes take few, but names can come from outside, and there is no end of them. */
const MAX_TRANSITIONS = 64

/**
 * Names and types of a point's fields, interned: equal schemas are mostly one object, so code specialises on identity.
 * The order is that of the values of a point.
 */
export class Schema {
  // `this`, since tsc replaces the class's name by an alias that it sets after the class (seen with 5.9).
  static readonly EMPTY = new this([], [])
  static readonly #interned = new InternTable<Schema>(MAX_INTERNED_BYTES)

  readonly names: readonly string[]
  readonly types: readonly FieldType[]
  /** Made when first asked for: many schemas of ever new names are never asked. */
  #index: ReadonlyMap<string, number> | undefined
  /** What `with` came to, by type and name. */
  #transitions: Map<FieldType, Map<string, Schema>> | undefined
  #transitionCount = 0

  private constructor(names: readonly string[], types: readonly FieldType[]) {
    this.names = names
    this.types = types
  }

  /** @param names Distinct, in the order of the values. Both lists belong to the schema from here on. */
  static of(names: readonly string[], types: readonly FieldType[]): Schema {
    if (names.length === 0) return Schema.EMPTY
    let id = ''
    for (let i = 0; i < names.length; i++) id += `${types[i]!}${names[i]!.length}:${names[i]!}`
    const known = Schema.#interned.get(id)
    if (known !== undefined) return known
    const schema = new Schema(names, types)
    Schema.#interned.set(id, schema)
    return schema
  }

  get size(): number {
    return this.names.length
  }

  /** Position of a field, or -1. */
  indexOf(name: string): number {
    const index = (this.#index ??= new Map(this.names.map((name, index) => [name, index])))
    return index.get(name) ?? -1
  }

  typeOf(name: string): FieldType | undefined {
    const index = this.indexOf(name)
    return index < 0 ? undefined : this.types[index]
  }

  /**
   * The schema after a field is set: same positions where the name exists (its type may change), else appended.
   * Remembered, so that a node which sets a field on every point pays two map lookups and makes no text. Whoever sets
   * many fields collects them first (`FieldsBuilder`): each step makes a schema.
   */
  with(name: string, type: FieldType): Schema {
    const known = this.#transitions?.get(type)?.get(name)
    if (known !== undefined) return known
    const next = this.#make(name, type)
    if (this.#transitions === undefined || ++this.#transitionCount > MAX_TRANSITIONS) {
      this.#transitions = new Map()
      this.#transitionCount = 1
    }
    let steps = this.#transitions.get(type)
    if (steps === undefined) this.#transitions.set(type, (steps = new Map()))
    steps.set(name, next)
    return next
  }

  #make(name: string, type: FieldType): Schema {
    const index = this.indexOf(name)
    if (index < 0) return Schema.of([...this.names, name], [...this.types, type])
    return this.types[index] === type ? this : Schema.of(this.names, this.types.with(index, type))
  }
}
