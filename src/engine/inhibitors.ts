import type { InhibitorChange } from './contract.ts'

/**
 * Which alerts keep which others quiet, over all tasks. Those of this shard are owned by groups of alert nodes; those
 * of other shards come by name.
 */
export class Inhibitors {
  /** Active ones, by category and key. */
  readonly #active = new Map<string, Map<string, Readonly<Record<string, string>>>>()
  readonly #keys = new WeakMap<object, Map<string, InhibitorChange>>()
  readonly #shard: string
  readonly #announce: (change: InhibitorChange) => void
  #made = 0

  /** @param shard Name of the shard: first part of its keys. */
  constructor(shard: string, announce: (change: InhibitorChange) => void) {
    this.#shard = shard
    this.#announce = announce
  }

  set(owner: object, category: string, tags: Readonly<Record<string, string>>, isActive: boolean): void {
    let owned = this.#keys.get(owner)
    if (owned === undefined) this.#keys.set(owner, (owned = new Map()))
    const id = `${category}\0${JSON.stringify(tags)}`
    const known = owned.get(id)
    if ((known?.isActive ?? false) === isActive) return
    const change = { key: known?.key ?? `${this.#shard}:${this.#made++}`, category, tags, isActive }
    owned.set(id, change)
    this.apply(change)
    this.#announce(change)
  }

  remove(owner: object): void {
    for (const { category, tags, isActive } of this.#keys.get(owner)?.values() ?? []) {
      if (isActive) this.set(owner, category, tags, false)
    }
    this.#keys.delete(owner)
  }

  /** Takes over a change, of this shard or of another. */
  apply({ key, category, tags, isActive }: InhibitorChange): void {
    let ofCategory = this.#active.get(category)
    if (ofCategory === undefined) this.#active.set(category, (ofCategory = new Map()))
    if (isActive) ofCategory.set(key, tags)
    else ofCategory.delete(key)
  }

  /** A tag that is absent on both sides counts as equal. */
  isInhibited(category: string, tags: Readonly<Record<string, string>>): boolean {
    for (const wanted of this.#active.get(category)?.values() ?? []) {
      if (Object.entries(wanted).every(([name, value]) => (tags[name] ?? '') === value)) return true
    }
    return false
  }
}
