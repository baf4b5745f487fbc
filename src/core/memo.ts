/** A list of names, of which there is mostly one object: a schema, or a set of tag names. */
interface Names {
  readonly size: number
}

/** Names of all keys together that are remembered: with more it begins anew. They come from outside. */
const MAX_NAMES = 32_768
/** A key counts for so many more. */
const NAMES_A_KEY = 16

/** What has been worked out for each key that was met. */
export class Memo<K extends Names, V> {
  readonly #pairs: PairMemo<K, Names, V>

  constructor(make: (key: K) => V) {
    this.#pairs = new PairMemo(make)
  }

  get(key: K): V {
    return this.#pairs.get(key, NONE)
  }
}

const NONE: Names = { size: 0 }

/**
 * What has been worked out for each pair of keys that was met. Keys are interned, so there are mostly few, and the next
 * point mostly has those of the last one.
 */
export class PairMemo<A extends Names, B extends Names, V> {
  readonly #make: (a: A, b: B) => V
  readonly #known = new Map<A, Map<B, V>>()
  #names = 0
  #lastA: A | undefined
  #lastB: B | undefined
  #lastValue: V | undefined

  constructor(make: (a: A, b: B) => V) {
    this.#make = make
  }

  get(a: A, b: B): V {
    return a === this.#lastA && b === this.#lastB ? this.#lastValue! : this.#find(a, b)
  }

  #find(a: A, b: B): V {
    let value = this.#known.get(a)?.get(b)
    if (value === undefined) {
      value = this.#make(a, b)
      this.#remember(a, b, value)
    }
    this.#lastA = a
    this.#lastB = b
    this.#lastValue = value
    return value
  }

  #remember(a: A, b: B, value: V): void {
    const names = a.size + b.size + NAMES_A_KEY
    this.#names += names
    if (this.#names > MAX_NAMES) {
      this.#known.clear()
      this.#names = names
    }
    let values = this.#known.get(a)
    if (values === undefined) this.#known.set(a, (values = new Map<B, V>()))
    values.set(b, value)
  }
}
