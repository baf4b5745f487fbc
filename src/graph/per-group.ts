import type { Group } from '../model/group.ts'

/**
 * State of one node for each group, kept on the group itself, below the node's slot: one array access. The groups are
 * remembered in the order in which they were first seen only where somebody asks for all of them.
 */
export class PerGroup<S> {
  readonly #slot: number
  readonly #order: Set<Group> | undefined
  #size = 0

  /** @param isOrdered Whether `entries` will be asked for; it costs some memory a group. */
  constructor(slot: number, isOrdered: boolean) {
    this.#slot = slot
    this.#order = isOrdered ? new Set() : undefined
  }

  get size(): number {
    return this.#size
  }

  get(group: Group): S | undefined {
    return group.states[this.#slot] as S | undefined
  }

  set(group: Group, state: S): void {
    if (group.states[this.#slot] === undefined) this.#size++
    group.states[this.#slot] = state
    this.#order?.add(group)
  }

  /** @returns Whether there was any. */
  delete(group: Group): boolean {
    if (group.states[this.#slot] === undefined) return false
    group.states[this.#slot] = undefined
    this.#order?.delete(group)
    this.#size--
    return true
  }

  *entries(): Generator<[Group, S]> {
    if (this.#order === undefined) throw new Error('the order of the groups is not kept')
    for (const group of this.#order) yield [group, group.states[this.#slot] as S]
  }
}
