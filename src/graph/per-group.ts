import type { Group } from '../model/group.ts'

/**
 * State of one node for each group. Kept on the group itself, below the node's slot (one array access), and in a set
 * in the order in which groups were first seen.
 */
export class PerGroup<S> {
  readonly #slot: number
  readonly #groups = new Set<Group>()

  constructor(slot: number) {
    this.#slot = slot
  }

  get size(): number {
    return this.#groups.size
  }

  get(group: Group): S | undefined {
    return group.states[this.#slot] as S | undefined
  }

  set(group: Group, state: S): void {
    group.states[this.#slot] = state
    this.#groups.add(group)
  }

  /** @returns Whether there was any. */
  delete(group: Group): boolean {
    group.states[this.#slot] = undefined
    return this.#groups.delete(group)
  }

  *entries(): Generator<[Group, S]> {
    for (const group of this.#groups) yield [group, group.states[this.#slot] as S]
  }
}
