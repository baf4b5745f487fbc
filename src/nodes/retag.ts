import type { NodeContext } from '../graph/node.ts'
import { dimensionsOf, type Group, type GroupRegistry } from '../model/group.ts'
import type { Point } from '../model/point.ts'
import type { Series, Tags } from '../model/series.ts'

/** A series after a node changed its tags. */
export interface Retagged {
  readonly series: Series
  /** How many tags were changed. */
  readonly count: number
  /** The last group that a point of the series came with, and the one that it left with. */
  from: Group | undefined
  to: Group | undefined
}

/** What a change of tags comes to: the same object where nothing changes. */
export interface TagChange {
  readonly tags: Tags
  readonly count: number
}

/** A change of tags that depends on the tags alone, so that it is worked out once a series and not once a point. */
export class Retagger {
  readonly #slot: number
  readonly #change: (tags: Tags) => TagChange
  readonly #regroup: (series: Series, from: Group) => Group

  /** @param regroup The group of a point of the changed series that came with the group `from`. */
  constructor(
    context: NodeContext,
    change: (tags: Tags) => TagChange,
    regroup: (series: Series, from: Group) => Group
  ) {
    this.#slot = context.newSeriesSlot()
    this.#change = change
    this.#regroup = regroup
  }

  retagged(series: Series): Retagged {
    let retagged = series.slots[this.#slot] as Retagged | undefined
    if (retagged === undefined) {
      const { tags, count } = this.#change(series.tags)
      const changed = tags === series.tags ? series : series.withTags(tags)
      series.slots[this.#slot] = retagged = { series: changed, count, from: undefined, to: undefined }
    }
    return retagged
  }

  /** The group that a point of a stream has with its new tags. */
  groupOf(retagged: Retagged, { group }: Point): Group {
    if (retagged.from !== group || retagged.to!.isForgotten) {
      retagged.from = group
      retagged.to = this.#regroup(retagged.series, group)
    }
    return retagged.to!
  }
}

/** The group of a batch whose tags were replaced: in Kapacitor all of them are then its dimensions. */
export function groupOfBatchTags(groups: GroupRegistry, name: string, tags: Tags, like: Group): Group {
  return groups.get(name, tags, dimensionsOf(like.dimensions.byName, tags.keys.names))
}
