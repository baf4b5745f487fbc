/** Waits between attempts: each twice as long as the one before, up to a bound, less up to a quarter by chance. */
export class Backoff {
  readonly #firstMs: number
  readonly #maxMs: number
  #attempts = 0

  constructor(firstMs: number, maxMs: number) {
    this.#firstMs = firstMs
    this.#maxMs = maxMs
  }

  nextMs(): number {
    const fullMs = Math.min(this.#maxMs, this.#firstMs * 2 ** Math.min(this.#attempts++, 30))
    return fullMs * (1 - Math.random() / 4)
  }

  reset(): void {
    this.#attempts = 0
  }
}
