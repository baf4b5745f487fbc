/** So many units go between two looks at the clock. */
const LOOK_UNITS = 100_000

/**
 * Bounds what a task makes out of one body, answer or timer: nodes that make much more than they are given (windows that
 * overlap, combinations) ask before they do. A unit is about a microsecond of work at most.
 *
 * Differs: what overlapping windows and combinations make out of one body takes at most half of `shards.stall-limit`;
 * the rest is left out and counts as errors of the node. Kapacitor goes on for as long as it takes.
 */
export class Effort {
  readonly #maxMs: number
  readonly #nowMs: () => number
  #untilMs = 0
  #units = 0
  #nextLook = LOOK_UNITS
  #isSpent = false

  /** @param nowMs The monotonic clock. */
  constructor(maxMs: number, nowMs: () => number) {
    this.#maxMs = maxMs
    this.#nowMs = nowMs
    this.begin()
  }

  /** Something new has come in for the task. */
  begin(): void {
    this.#untilMs = this.#nowMs() + this.#maxMs
    this.#units = 0
    this.#nextLook = LOOK_UNITS
    this.#isSpent = false
  }

  /** @returns Whether so much more may be made. */
  spend(units: number): boolean {
    if (this.#isSpent) return false
    this.#units += units
    if (this.#units < this.#nextLook) return true
    this.#nextLook = this.#units + LOOK_UNITS
    this.#isSpent = this.#nowMs() > this.#untilMs
    return !this.#isSpent
  }
}
