/** How long to wait after so many failures in a row: twice as long after each, up to a bound. */
export function backoffMs(failures: number, firstMs: number, maxMs: number): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(failures, 30))
}

/** Waits between attempts: each twice as long as the one before, up to a bound, less up to a quarter by chance. */
export class Backoff {
  readonly #firstMs: number
  readonly #maxMs: number
  readonly #random: () => number
  #failures = 0

  /** @param random From 0 to 1, so that not all who failed together try again together. */
  constructor(firstMs: number, maxMs: number, random: () => number = Math.random) {
    this.#firstMs = firstMs
    this.#maxMs = maxMs
    this.#random = random
  }

  nextMs(): number {
    return backoffMs(this.#failures++, this.#firstMs, this.#maxMs) * (1 - this.#random() / 4)
  }

  reset(): void {
    this.#failures = 0
  }
}
