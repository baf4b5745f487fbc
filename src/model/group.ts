import { listKey } from '../core/list-key.ts'
import { compareBytes } from './bytes.ts'
import { type Series, Tags } from './series.ts'

/** What a stream is grouped by. `tagNames` are in significant order (every groupBy sorts them). */
export interface Dimensions {
  readonly byName: boolean
  readonly tagNames: readonly string[]
}

export const NO_DIMENSIONS: Dimensions = { byName: false, tagNames: [] }

/**
 * One group of a graph: a graph has one object for each, so nodes keep their state in `states` under a number of
 * their own instead of asking a map per point (`graph/per-group.ts`).
 */
export class Group {
  /** Measurement name where grouped by measurement, else ''. */
  readonly name: string
  readonly dimensions: Dimensions
  /** The dimension tags only; one that a point lacks is ''. */
  readonly tags: Tags
  readonly states: unknown[]
  /** True once the registry has let go of it: whoever remembers it must ask the registry again. */
  isForgotten = false

  /** @param slotCount Number of the graph's slots, or 0 where it is not known. */
  constructor(name: string, dimensions: Dimensions, tags: Tags, slotCount = 0) {
    this.name = name
    this.dimensions = dimensions
    this.tags = tags
    // An array that grows by itself takes room for 17 at once.
    this.states = slotCount === 0 ? [] : new Array<unknown>(slotCount)
  }

  /** Kapacitor's text form: `host=a,dc=b`, after the name and a newline where grouped by measurement. */
  get id(): string {
    const { byName, tagNames } = this.dimensions
    const text = tagNames.map((tag) => `${tag}=${this.tags.get(tag)}`).join(',')
    if (!byName) return text
    return tagNames.length === 0 ? this.name : `${this.name}\n${text}`
  }
}

/** The groups of one graph. */
export class GroupRegistry {
  /** Number of slots that the nodes of the graph use; known once all of them are made. */
  slotCount = 0
  /** Groups by the names of their dimensions; dimensions that are one object find theirs without making a text. */
  readonly #kinds = new Map<string, GroupsOfKind>()
  readonly #kindOf = new WeakMap<Dimensions, GroupsOfKind>()
  /** The group of everything that is not grouped. */
  readonly nil = this.get('', Tags.EMPTY, NO_DIMENSIONS)

  get size(): number {
    let size = 0
    for (const { groups } of this.#kinds.values()) size += groups.size
    return size
  }

  /**
   * The group of a message.
   * @param tags All tags of the message: those that are no dimensions are left out.
   */
  get(name: string, tags: Tags, dimensions: Dimensions): Group {
    return (this.#kindOf.get(dimensions) ?? this.#kind(dimensions)).get(name, tags, this.slotCount)
  }

  /** The group of a point that is grouped like `like`, after its name or tags changed. */
  regroup(series: Series, like: Group): Group {
    return this.get(series.name, series.tags, like.dimensions)
  }

  /** Lets go of a deleted group, unless a node still holds state for it. */
  forget(group: Group): void {
    if (group === this.nil || group.states.some((state) => state !== undefined)) return
    group.isForgotten = true
    this.#kind(group.dimensions).forget(group)
  }

  #kind(dimensions: Dimensions): GroupsOfKind {
    const key = `${dimensions.byName ? 'n' : ''}${listKey(dimensions.tagNames)}`
    let kind = this.#kinds.get(key)
    if (kind === undefined) this.#kinds.set(key, (kind = new GroupsOfKind(dimensions)))
    this.#kindOf.set(dimensions, kind)
    return kind
  }
}

/** Groups by the same dimensions, by the values of these: not by the text form, in which `,` and `=` collide. */
class GroupsOfKind {
  readonly groups = new Map<string, Group>()
  readonly #dimensions: Dimensions

  constructor(dimensions: Dimensions) {
    this.#dimensions = dimensions
  }

  get(name: string, tags: Tags, slotCount: number): Group {
    const { byName, tagNames } = this.#dimensions
    const key = this.#keyOf(name, tags)
    let group = this.groups.get(key)
    if (group === undefined) {
      const own = Tags.of(tagNames.map((tag) => [tag, tags.get(tag) ?? '']))
      this.groups.set(key, (group = new Group(byName ? name : '', this.#dimensions, own, slotCount)))
    }
    return group
  }

  forget(group: Group): void {
    this.groups.delete(this.#keyOf(group.name, group.tags))
  }

  #keyOf(name: string, tags: Tags): string {
    const { byName, tagNames } = this.#dimensions
    if (tagNames.length === 1 && !byName) return tags.get(tagNames[0]!) ?? ''
    const values = tagNames.map((tag) => tags.get(tag) ?? '')
    return listKey(byName ? [name, ...values] : values)
  }
}

/** Dimensions for named tags: sorted, without duplicates. */
export function dimensionsOf(byName: boolean, tagNames: Iterable<string>): Dimensions {
  return { byName, tagNames: [...new Set(tagNames)].sort(compareBytes) }
}
