import type { Instant } from '../core/instant.ts'
import type { Barrier, Batch } from '../model/batch.ts'
import type { Group } from '../model/group.ts'
import type { Point } from '../model/point.ts'

/** What an edge leads to: a running node, as the messages see it. */
export interface Receiver {
  /** @param source Index of the parent that the message comes from. */
  point(point: Point, source: number): void
  batch(batch: Batch, source: number): void
  barrier(barrier: Barrier, source: number): void
  deleteGroup(group: Group, source: number): void
  /** Lets a window hand over points as they come, where a batch need not exist. */
  readonly folder: BatchFolder | undefined
}

/** Points of a group's open batch as they come. Only one batch a group is open at a time. */
export interface BatchFolder {
  add(point: Point): void
  /** Ends the group's batch, an empty one where nothing was added. */
  close(group: Group, name: string, tmax: Instant): void
  /** Forgets the group's open batch. */
  discard(group: Group): void
}
