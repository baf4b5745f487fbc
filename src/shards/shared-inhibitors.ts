import type { InhibitorChange } from '../engine/contract.ts'
import type { Shard } from './shard.ts'

/** The inhibitors of all shards: those of one keep the alerts of the others quiet, too. */
export class SharedInhibitors {
  readonly #shards: readonly Shard[]
  readonly #active = new Map<string, { readonly from: Shard; readonly change: InhibitorChange }>()

  constructor(shards: readonly Shard[]) {
    this.#shards = shards
  }

  /** Tells the other shards of an inhibitor of a shard that came or went. */
  spread(from: Shard, change: InhibitorChange): void {
    if (change.isActive) this.#active.set(change.key, { from, change })
    else this.#active.delete(change.key)
    for (const other of this.#shards) if (other !== from) other.post({ kind: 'inhibitor', change })
  }

  /** Tells a thread that has just started those of the other shards. */
  restore(shard: Shard): void {
    for (const { from, change } of this.#active.values()) {
      if (from !== shard) shard.post({ kind: 'inhibitor', change })
    }
  }

  /** What tasks of a thread that died kept quiet is not quiet any more until they say so again. */
  forget(shard: Shard): void {
    for (const { from, change } of [...this.#active.values()]) {
      if (from === shard) this.spread(shard, { ...change, isActive: false })
    }
  }
}
