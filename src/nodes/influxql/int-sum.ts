import { type Int, intOf } from '../../model/value.ts'

/** A running sum of ints. Exact: what a double cannot hold is carried, and wraps at 64 bits when it is read. */
export class IntSum {
  #low = 0
  #carry = 0n

  add(value: Int): void {
    if (typeof value === 'bigint') {
      this.#carry += value
      return
    }
    const sum = this.#low + value
    if (Number.isSafeInteger(sum)) {
      this.#low = sum
    } else {
      this.#carry += BigInt(this.#low)
      this.#low = value
    }
  }

  reset(): void {
    this.#low = 0
    this.#carry = 0n
  }

  get value(): Int {
    return this.#carry === 0n ? this.#low : intOf(this.#carry + BigInt(this.#low))
  }
}
