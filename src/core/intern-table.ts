/** What an object is taken to need: so much, and so much for each character of its text. */
const BYTES_AN_OBJECT = 256
const BYTES_A_CHARACTER = 12

/**
 * Objects by a text, so that equal ones are one object: what interns things that come from outside, of which there is
 * no end. It keeps those that were asked for lately, in two generations: when the younger is full, the older goes. An
 * object that went and is made again is another one, so identity may only serve to save work.
 */
export class InternTable<V extends object> {
  readonly #maxBytes: number
  #young = new Map<string, V>()
  #old = new Map<string, V>()
  #youngBytes = 0

  /** @param maxBytes Memory of one generation, nearly. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old === undefined) return undefined
    this.#old.delete(key)
    this.set(key, old)
    return old
  }

  set(key: string, value: V): void {
    this.#youngBytes += BYTES_AN_OBJECT + BYTES_A_CHARACTER * key.length
    if (this.#youngBytes > this.#maxBytes) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngBytes = BYTES_AN_OBJECT + BYTES_A_CHARACTER * key.length
    }
    this.#young.set(key, value)
  }
}
