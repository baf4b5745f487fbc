import type { Clock } from '../core/clock.ts'

/** Unix microseconds of now. */
export function microsOf(clock: Clock): bigint {
  const { ms, ns } = clock.now()
  return BigInt(ms) * 1000n + BigInt(Math.floor(ns / 1000))
}

/** Numbers that are times, in microseconds, and yet all differ: each is higher than the one before. */
export class Sequence {
  readonly #clock: Clock
  #last: bigint

  /** @param last The highest one that was ever taken. */
  constructor(clock: Clock, last: bigint) {
    this.#clock = clock
    this.#last = last
  }

  /** @returns The first of so many numbers in a row. */
  take(count = 1): bigint {
    const now = microsOf(this.#clock)
    const first = now > this.#last ? now : this.#last + 1n
    this.#last = first + BigInt(count - 1)
    return first
  }
}
