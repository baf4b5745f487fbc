import type { Group } from '../model/group.ts'
import type { PerGroup } from './per-group.ts'

/** Plain data, which crosses threads as it is and keeps its meaning: `-0`, `NaN` and 64-bit integers included. */
export type Stored =
  null | boolean | number | bigint | string | Uint8Array | readonly Stored[] | { readonly [name: string]: Stored }

/**
 * How what a node keeps for each group is stored, so that another run of the same node can go on with it. A node that
 * loads what another has saved emits for the messages to come what that one would have emitted.
 */
export interface NodeState {
  /** Goes up with every change of the form: what was saved in another version is not loaded. */
  readonly version: number
  /**
   * A copy of what it keeps for a group, which later messages do not change; undefined where it keeps nothing. Called
   * between messages.
   */
  save(group: Group): Stored | undefined
  /**
   * Takes up stored state before the first message of the group.
   * @param stored What `save` gave, in the same version and by a node alike.
   */
  load(group: Group, stored: Stored): void
}

/** The state of one group as a node has it, and as it is stored. */
export interface StateCodec<S, T extends Stored> {
  readonly version: number
  save(state: S): T
  load(stored: T, group: Group): S
}

export function stateOfGroups<S, T extends Stored>(states: PerGroup<S>, codec: StateCodec<S, T>): NodeState {
  return {
    version: codec.version,
    save(group) {
      const state = states.get(group)
      return state === undefined ? undefined : codec.save(state)
    },
    load: (group, stored) => states.set(group, codec.load(stored as T, group))
  }
}
