import type { NodeContext } from '../graph/node.ts'
import { Series, type Tags } from '../model/series.ts'

/** Series under another name, place or tags, made once a series and not once a point. */
export class SeriesCopies {
  readonly #slot: number
  readonly #tagsOf: (tags: Tags) => Tags

  /** @param tagsOf The tags of the copy. */
  constructor(context: NodeContext, tagsOf: (tags: Tags) => Tags = (tags) => tags) {
    this.#slot = context.newSeriesSlot()
    this.#tagsOf = tagsOf
  }

  copyOf(series: Series, database: string, retentionPolicy: string, name: string): Series {
    const known = series.slots[this.#slot] as Series | undefined
    if (known?.name === name && known.database === database && known.retentionPolicy === retentionPolicy) return known
    const copy = new Series(database, retentionPolicy, name, this.#tagsOf(series.tags))
    series.slots[this.#slot] = copy
    return copy
  }
}
