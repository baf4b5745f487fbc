const LINES_A_SECOND = 10

/**
 * Lets a task's nodes log as many errors as a person can read: bad data can otherwise make a line a point. What was held
 * back is counted on the next line that gets through.
 */
export class RepeatLimit {
  readonly #elapsedMs: () => number
  #second: number
  #lines = 0
  #heldBack = 0

  constructor(elapsedMs: () => number) {
    this.#elapsedMs = elapsedMs
    this.#second = elapsedMs()
  }

  /** Number of lines held back before this one, or undefined where this one is held back too. */
  admit(): number | undefined {
    const now = this.#elapsedMs()
    if (now - this.#second >= 1000) {
      this.#second = now
      this.#lines = 0
    }
    if (++this.#lines > LINES_A_SECOND) {
      this.#heldBack++
      return undefined
    }
    const heldBack = this.#heldBack
    this.#heldBack = 0
    return heldBack
  }
}
