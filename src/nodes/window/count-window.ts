import { GroupedNode } from '../../graph/grouped-node.ts'
import type { NodeContext } from '../../graph/node.ts'
import { type NodeState, type StateCodec, stateOfGroups } from '../../graph/state.ts'
import { Batch } from '../../model/batch.ts'
import type { Group } from '../../model/group.ts'
import type { Point } from '../../model/point.ts'
import { KEPT_POINTS, MAX_POINTS, TOO_MANY, TOO_MUCH } from './limits.ts'
import { loadPoints, savePoints, type StoredPoints } from '../../model/stored-points.ts'
import type { Int } from '../../model/value.ts'

export interface CountWindowOptions {
  readonly periodCount: Int
  readonly everyCount: Int
  readonly fillPeriod: boolean
  readonly quiet: boolean
}

interface LastPoints {
  name: string
  points: Point[]
  /** Points to come before the next batch. */
  missing: number
}

const codec: StateCodec<LastPoints, Omit<LastPoints, 'points'> & { readonly points: StoredPoints }> = {
  version: 1,
  save: ({ points, ...others }) => ({ ...others, points: savePoints(points) }),
  load: ({ points, ...others }, group) => ({ ...others, points: loadPoints(points, group) })
}

/** The last `periodCount` points, every `everyCount` points. Barriers do not concern it and are passed on. */
export class CountWindow extends GroupedNode<CountWindowOptions, LastPoints> {
  readonly #period: number
  readonly #every: number

  constructor(options: CountWindowOptions, context: NodeContext) {
    super(options, context)
    this.#period = Number(options.periodCount)
    this.#every = Number(options.everyCount)
  }

  protected override createState(group: Group): LastPoints {
    return { name: group.name, points: [], missing: this.options.fillPeriod ? this.#period : this.#every }
  }

  override get state(): NodeState {
    return stateOfGroups(this.states, codec)
  }

  override point(point: Point, _source: number): void {
    const { group } = point
    const last = this.stateOf(group)
    if (last.name === '') last.name = point.series.name
    last.points.push(point)
    if (--last.missing > 0) {
      this.#trim(last)
      return
    }
    const { points } = last
    last.missing = this.#every
    if (!this.context.ports.effort.spend(points.length)) {
      this.#trim(last)
      return this.error(TOO_MUCH)
    }
    const overlap = this.#period - this.#every
    last.points = overlap > 0 ? points.slice(-overlap) : []
    this.emitBatch(
      new Batch(last.name, group, point.time, points.length > this.#period ? points.slice(-this.#period) : points)
    )
  }

  /** Lets go of points that no batch has any more, now and then; and of the oldest of too many. */
  #trim(last: LastPoints): void {
    if (last.points.length >= 2 * this.#period) last.points = last.points.slice(-this.#period)
    else if (last.points.length > MAX_POINTS) {
      last.points = last.points.slice(last.points.length - KEPT_POINTS)
      this.error(TOO_MANY)
    }
  }
}
