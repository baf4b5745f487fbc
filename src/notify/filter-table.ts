import type { Instant } from '../core/instant.ts'
import type { ActiveFilter } from './active-filter.ts'

/**
 * The filters in force: those of files first, in their order, then those of clients in the order in which they were
 * made; `order` comes before both. Immutable, so that a batch keeps the list that it began with.
 */
export class FilterTable {
  readonly list: readonly ActiveFilter[]
  readonly #byId: ReadonlyMap<string, ActiveFilter>

  constructor(filters: readonly ActiveFilter[] = []) {
    const inFiles = filters.filter(({ isStatic }) => isStatic)
    const others = filters.filter(({ isStatic }) => !isStatic)
    this.list = [...inFiles, ...others].sort((a, b) => a.common.order - b.common.order)
    this.#byId = new Map(this.list.map((filter) => [filter.id, filter]))
  }

  get(id: string): ActiveFilter | undefined {
    return this.#byId.get(id)
  }

  /** The table with a filter in the place of the one of its id, or at the end. */
  with(filter: ActiveFilter): FilterTable {
    const isKnown = this.#byId.has(filter.id)
    const list = this.list.map((one) => (one.id === filter.id ? filter : one))
    return new FilterTable(isKnown ? list : [...list, filter])
  }

  without(ids: ReadonlySet<string>): FilterTable {
    return new FilterTable(this.list.filter(({ id }) => !ids.has(id)))
  }

  expired(now: Instant): string[] {
    return this.list.filter((filter) => filter.isExpired(now)).map(({ id }) => id)
  }
}
