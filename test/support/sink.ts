import { Node } from '../../src/graph/node.ts'
import type { BatchFolder } from '../../src/graph/receiver.ts'
import { type Barrier, Batch } from '../../src/model/batch.ts'
import type { Group } from '../../src/model/group.ts'
import type { Point } from '../../src/model/point.ts'
import { formatBatch, formatPoint, formatTime } from './text.ts'

export interface SinkOptions {
  /** Barriers and deletes are written down, too, as `barrier host=a 5s` and `delete host=a`. */
  readonly showsGroups?: boolean
  /** Batches may come folded, point by point: they are written down like batches. */
  readonly folds?: boolean
}

/** A child that writes down what it gets, as `text.ts` does. */
export class Sink extends Node {
  readonly #output: string[]
  readonly #showsGroups: boolean
  readonly #folder: BatchFolder | undefined

  constructor(output: string[], context: Node['context'], { showsGroups = false, folds = false }: SinkOptions = {}) {
    super({ quiet: false }, context)
    this.#output = output
    this.#showsGroups = showsGroups
    if (folds) this.#folder = foldInto((batch) => this.batch(batch))
  }

  override get folder(): BatchFolder | undefined {
    return this.#folder
  }

  override point(point: Point): void {
    this.#output.push(formatPoint(point))
  }

  override batch(batch: Batch): void {
    this.#output.push(formatBatch(batch))
  }

  override barrier({ group, time }: Barrier): void {
    if (this.#showsGroups) this.#output.push(`barrier ${group.id} ${formatTime(time)}`)
  }

  override deleteGroup(group: Group): void {
    if (this.#showsGroups) this.#output.push(`delete ${group.id}`)
  }
}

function foldInto(emit: (batch: Batch) => void): BatchFolder {
  const open = new Map<Group, Point[]>()
  return {
    add(point) {
      const points = open.get(point.group)
      if (points === undefined) open.set(point.group, [point])
      else points.push(point)
    },
    close(group, name, tmax) {
      const points = open.get(group) ?? []
      open.delete(group)
      emit(new Batch(name, group, tmax, points))
    },
    discard: (group) => void open.delete(group)
  }
}
