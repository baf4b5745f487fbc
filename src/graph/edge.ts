import type { Instant } from '../core/instant.ts'
import type { Barrier, Batch } from '../model/batch.ts'
import type { Group } from '../model/group.ts'
import type { Point } from '../model/point.ts'
import { PerGroup } from './per-group.ts'
import { probe } from './probe.ts'
import type { Receiver } from './receiver.ts'

/** The link from a node to one of its children. It counts what passes: all statistics of flow come from edges. */
export class Edge {
  readonly to: Receiver
  /** Index of the parent among the child's parents. */
  readonly source: number
  /** Points on a stream edge, batches on a batch edge. Barriers and deletes are not counted. */
  count = 0
  /** Points by group, where a stats node observes this edge. */
  observed: PerGroup<GroupCount> | undefined

  constructor(to: Receiver, source: number) {
    this.to = to
    this.source = source
  }

  point(point: Point): void {
    this.count++
    if (this.observed !== undefined) this.#observe(point.group, 1)
    if (probe.isActive) probe.point(this.to, this.source, point)
    else this.to.point(point, this.source)
  }

  batch(batch: Batch): void {
    this.count++
    if (this.observed !== undefined) this.#observe(batch.group, batch.points.length)
    if (probe.isActive) probe.batch(this.to, this.source, batch)
    else this.to.batch(batch, this.source)
  }

  barrier(barrier: Barrier): void {
    this.to.barrier(barrier, this.source)
  }

  deleteGroup(group: Group): void {
    this.observed?.delete(group)
    this.to.deleteGroup(group, this.source)
  }

  /** Ends the batch of a group that the child has folded. */
  closeFolded(group: Group, name: string, tmax: Instant): void {
    this.count++
    this.to.folder!.close(group, name, tmax)
  }

  /** Starts to count points by group. @param slot A slot of the observer's. */
  observe(slot: number): PerGroup<GroupCount> {
    return (this.observed ??= new PerGroup(slot, true))
  }

  #observe(group: Group, points: number): void {
    const count = this.observed!.get(group)
    if (count === undefined) this.observed!.set(group, { points })
    else count.points += points
  }
}

export interface GroupCount {
  points: number
}
