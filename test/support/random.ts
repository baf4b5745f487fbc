/** A seeded generator: the same numbers in every run, so that a failure can be looked at. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let x = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296
  }

  /** In [0, below). */
  int(below: number): number {
    return Math.floor(this.next() * below)
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)]!
  }

  /** True in such a share of cases. */
  chance(share: number): boolean {
    return this.next() < share
  }

  /** Some of a list, in its order. */
  some<T>(list: readonly T[], share = 0.5): T[] {
    return list.filter(() => this.chance(share))
  }
}
