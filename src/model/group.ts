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
  /** Kapacitor's text form: `host=a,dc=b`, after the name and a newline where grouped by measurement. */
  readonly id: string
  /** Measurement name where grouped by measurement, else ''. */
  readonly name: string
  readonly dimensions: Dimensions
  /** The dimension tags only; one that a point lacks is ''. */
  readonly tags: Tags
  readonly states: unknown[] = []
  /** True once the registry has let go of it: whoever remembers it must ask the registry again. */
  isForgotten = false
  /** Its key in the registry. */
  readonly key: string

  constructor(key: string, id: string, name: string, dimensions: Dimensions, tags: Tags) {
    this.key = key
    this.id = id
    this.name = name
    this.dimensions = dimensions
    this.tags = tags
  }
}

/** The groups of one graph, in the order in which they were first seen. */
export class GroupRegistry {
  readonly #groups = new Map<string, Group>()
  /** The group of everything that is not grouped. */
  readonly nil = this.of('', Tags.EMPTY, NO_DIMENSIONS)

  get size(): number {
    return this.#groups.size
  }

  /**
   * The group of a message.
   * @param tags All tags of the message: those that are no dimensions are left out.
   */
  of(name: string, tags: Tags, dimensions: Dimensions): Group {
    const { byName, tagNames } = dimensions
    const values = tagNames.map((tag) => tags.get(tag) ?? '')
    // Keyed on the parts, not on the text form, in which values with `,` or `=` collide.
    const key = `${byName ? name : ''}\0${tagNames.map((tag, i) => `${tag}\0${values[i]}`).join('\0')}${byName ? '\0n' : ''}`
    let group = this.#groups.get(key)
    if (group === undefined) {
      const text = tagNames.map((tag, i) => `${tag}=${values[i]}`).join(',')
      const id = byName ? (tagNames.length === 0 ? name : `${name}\n${text}`) : text
      group = new Group(key, id, byName ? name : '', dimensions, Tags.of(tagNames.map((tag, i) => [tag, values[i]!])))
      this.#groups.set(key, group)
    }
    return group
  }

  /** The group of a point that is grouped like `like`, after its name or tags changed. */
  regroup(series: Series, like: Group): Group {
    return this.of(series.name, series.tags, like.dimensions)
  }

  /** Lets go of a deleted group, unless a node still holds state for it. */
  forget(group: Group): void {
    if (group === this.nil || group.states.some((state) => state !== undefined)) return
    group.isForgotten = true
    this.#groups.delete(group.key)
  }

  *[Symbol.iterator](): Generator<Group> {
    yield* this.#groups.values()
  }
}

/** Dimensions for named tags: sorted, without duplicates. */
export function dimensionsOf(byName: boolean, tagNames: Iterable<string>): Dimensions {
  return { byName, tagNames: [...new Set(tagNames)].sort(compareBytes) }
}
