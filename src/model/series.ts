import { InternTable } from '../core/intern-table.ts'
import { listKey } from '../core/list-key.ts'
import { compareBytes } from './bytes.ts'

/** Memory of the sets of tag names that are remembered in a thread, twice. */
const MAX_INTERNED_BYTES = 16 * 1024 * 1024

/** An interned, sorted set of tag names: mostly one object per distinct set, so that code specialises on identity. */
export class TagKeys {
  static readonly EMPTY = new TagKeys([])
  static readonly #interned = new InternTable<TagKeys>(MAX_INTERNED_BYTES)

  readonly names: readonly string[]
  readonly #index: ReadonlyMap<string, number>

  private constructor(names: readonly string[]) {
    this.names = names
    this.#index = new Map(names.map((name, index) => [name, index]))
  }

  /** @param names Sorted bytewise, without duplicates. */
  static of(names: readonly string[]): TagKeys {
    if (names.length === 0) return TagKeys.EMPTY
    const id = listKey(names)
    const known = TagKeys.#interned.get(id)
    if (known !== undefined) return known
    const keys = new TagKeys(names)
    TagKeys.#interned.set(id, keys)
    return keys
  }

  get size(): number {
    return this.names.length
  }

  /** Position of a name, or -1. */
  indexOf(name: string): number {
    return this.#index.get(name) ?? -1
  }
}

/** Immutable tags of a series, sorted bytewise by name. An absent tag is undefined; an empty value is a value. */
export class Tags {
  static readonly EMPTY = new Tags(TagKeys.EMPTY, [])

  readonly keys: TagKeys
  readonly values: readonly string[]
  #object: Readonly<Record<string, string>> | undefined

  /** @param values In the order of `keys.names`; owned by the new object. */
  constructor(keys: TagKeys, values: readonly string[]) {
    this.keys = keys
    this.values = values
  }

  static of(entries: Iterable<readonly [string, string]>): Tags {
    const sorted = [...new Map(entries)].sort(([a], [b]) => compareBytes(a, b))
    return new Tags(
      TagKeys.of(sorted.map(([name]) => name)),
      sorted.map(([, value]) => value)
    )
  }

  get size(): number {
    return this.values.length
  }

  get(name: string): string | undefined {
    const index = this.keys.indexOf(name)
    return index < 0 ? undefined : this.values[index]
  }

  has(name: string): boolean {
    return this.keys.indexOf(name) >= 0
  }

  *entries(): Generator<[string, string]> {
    for (let i = 0; i < this.values.length; i++) yield [this.keys.names[i]!, this.values[i]!]
  }

  with(changes: Iterable<readonly [string, string]>): Tags {
    return Tags.of([...this.entries(), ...changes])
  }

  without(names: ReadonlySet<string>): Tags {
    return Tags.of([...this.entries()].filter(([name]) => !names.has(name)))
  }

  /** One object for all calls: frozen. */
  toObject(): Readonly<Record<string, string>> {
    return (this.#object ??= Object.freeze(Object.fromEntries(this.entries())))
  }
}

/**
 * Where a point belongs: measurement, tags and, for what came from a writer, database and retention policy (both
 * empty on what nodes make). Shared by all points of the series.
 */
export class Series {
  readonly database: string
  readonly retentionPolicy: string
  readonly name: string
  readonly tags: Tags
  /**
   * What nodes derived from it, by a number that the shard gave the node (`NodeContext.newSeriesSlot`): derived once a
   * series and not once a point.
   */
  readonly slots: unknown[]

  /** @param slotCount Room for so many slots, where it is known that they will be used. */
  constructor(database: string, retentionPolicy: string, name: string, tags: Tags, slotCount = 0) {
    this.database = database
    this.retentionPolicy = retentionPolicy
    this.name = name
    this.tags = tags
    // An array that grows by itself takes room for 17 at once.
    this.slots = slotCount === 0 ? [] : new Array<unknown>(slotCount)
  }

  withTags(tags: Tags): Series {
    return new Series(this.database, this.retentionPolicy, this.name, tags)
  }
}
