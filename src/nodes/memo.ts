/** Keys that are remembered: with more it begins anew. */
const MAX_KEYS = 1000

/**
 * What a node has worked out for each schema (or set of tag names) that it met. Both are interned, so there are mostly
 * few, and the next point mostly has that of the last one.
 */
export class Memo<K extends object, V> {
  readonly #make: (key: K) => V
  readonly #known = new Map<K, V>()
  #lastKey: K | undefined
  #lastValue: V | undefined

  constructor(make: (key: K) => V) {
    this.#make = make
  }

  of(key: K): V {
    return key === this.#lastKey ? this.#lastValue! : this.#find(key)
  }

  #find(key: K): V {
    let value = this.#known.get(key)
    if (value === undefined) {
      if (this.#known.size >= MAX_KEYS) this.#known.clear()
      this.#known.set(key, (value = this.#make(key)))
    }
    this.#lastKey = key
    this.#lastValue = value
    return value
  }
}
