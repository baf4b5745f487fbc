import type { Barrier } from '../model/batch.ts'
import type { Group } from '../model/group.ts'
import { Node } from './node.ts'
import { PerGroup } from './per-group.ts'

/** A node with one state a group, made by the first point, batch or barrier of the group. */
export abstract class GroupedNode<O, S> extends Node<O> {
  protected readonly states = new PerGroup<S>(this.context.newSlot(), this.isOrdered)

  /** Whether the node asks for the states of all groups. */
  protected get isOrdered(): boolean {
    return false
  }

  protected abstract createState(group: Group): S

  protected stateOf(group: Group): S {
    let state = this.states.get(group)
    if (state === undefined) this.states.set(group, (state = this.createState(group)))
    return state
  }

  override barrier(barrier: Barrier, _source: number): void {
    this.stateOf(barrier.group)
    this.emitBarrier(barrier)
  }

  /** The state goes; a delete of a group that it never saw is not passed on. */
  override deleteGroup(group: Group, _source: number): void {
    if (this.states.delete(group)) this.emitDelete(group)
  }

  override get cardinality(): number {
    return this.states.size
  }
}
