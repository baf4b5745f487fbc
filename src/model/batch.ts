import type { Group } from './group.ts'
import type { Instant } from '../core/instant.ts'
import type { Point } from './point.ts'

/** The points of one group over one interval, as they travel along a batch edge. Immutable and shared. */
export class Batch {
  /** Measurement. */
  readonly name: string
  /** The group of its points. Its tags are the tags of the batch. */
  readonly group: Group
  /** End of the interval. */
  readonly tmax: Instant
  readonly points: readonly Point[]

  constructor(name: string, group: Group, tmax: Instant, points: readonly Point[]) {
    this.name = name
    this.group = group
    this.tmax = tmax
    this.points = points
  }
}

/** A promise to a group: nothing older than `time` will come. */
export interface Barrier {
  readonly group: Group
  readonly time: Instant
}
