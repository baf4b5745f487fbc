import { GroupedNode } from '../graph/grouped-node.ts'
import type { NodeContext } from '../graph/node.ts'
import { type NodeState, stateOfGroups, type Stored } from '../graph/state.ts'
import { type CompiledLambda, FAILED, type LambdaInstance, TRUE } from '../lambda/contract.ts'
import { Batch } from '../model/batch.ts'
import type { Group } from '../model/group.ts'
import type { Point } from '../model/point.ts'
import type { LambdaNode } from '../tick/ast.ts'
import { compileOrRefuse } from './lambda.ts'

interface Options {
  readonly state: LambdaNode
  readonly quiet: boolean
}

/** How long a group has been in a state, as `stateDuration` and `stateCount` measure it. */
export interface Tracker {
  /** Leaves the state. */
  reset(): void
  /** The point with the measure of the state that it continues (or enters). */
  inside(point: Point): Point
  /** The point with the mark of one that is not in the state. */
  outside(point: Point): Point
  save(): Stored
  /** @param stored What a tracker of the same kind has saved. */
  load(stored: Stored): void
}

interface Tracked {
  readonly state: LambdaInstance
  readonly tracker: Tracker
}

type StoredTracked = {
  readonly lambda: readonly Readonly<Record<string, number>>[]
  readonly tracker: Stored
}

/** What `stateDuration` and `stateCount` have in common: a predicate and a field that every point gets. */
export abstract class StateTracking<O extends Options> extends GroupedNode<O, Tracked> {
  readonly #state: CompiledLambda

  constructor(options: O & { readonly quiet: boolean }, context: NodeContext) {
    super(options, context)
    this.#state = compileOrRefuse(options.state)
  }

  protected abstract createTracker(group: Group): Tracker

  protected override createState(group: Group): Tracked {
    return { state: this.#state.instantiate(), tracker: this.createTracker(group) }
  }

  override get state(): NodeState {
    return stateOfGroups<Tracked, StoredTracked>(this.states, {
      version: 1,
      save: ({ state, tracker }) => ({ lambda: state.save(), tracker: tracker.save() }),
      load: ({ lambda, tracker }, group) => {
        const tracked = this.createState(group)
        tracked.state.load(lambda)
        tracked.tracker.load(tracker)
        return tracked
      }
    })
  }

  override point(point: Point): void {
    const tracked = this.#track(this.stateOf(point.group), point)
    if (tracked !== undefined) this.emit(tracked)
  }

  /** A batch stands alone: no state lasts from one to the next. */
  override batch(batch: Batch): void {
    const group = this.stateOf(batch.group)
    group.tracker.reset()
    const points: Point[] = []
    for (const point of batch.points) {
      const tracked = this.#track(group, point)
      if (tracked !== undefined) points.push(tracked)
    }
    this.emitBatch(new Batch(batch.name, batch.group, batch.tmax, points))
  }

  /** @returns undefined where the predicate failed, which leaves the state as it is. */
  #track({ state, tracker }: Tracked, point: Point): Point | undefined {
    const verdict = state.test(point)
    if (verdict === TRUE) return tracker.inside(point)
    if (verdict === FAILED) {
      this.error('error while evaluating expression', { err: state.error })
      return undefined
    }
    tracker.reset()
    return tracker.outside(point)
  }
}
