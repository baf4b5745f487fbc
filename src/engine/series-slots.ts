/** Numbers below which nodes keep what they derive from series (`Series.slots`), used again once a task is gone. */
export class SeriesSlots {
  #next = 0
  readonly #free: number[] = []

  /** How many numbers are in use, or have been. */
  get count(): number {
    return this.#next
  }

  take(): number {
    return this.#free.pop() ?? this.#next++
  }

  /** @param slots Of which no series holds anything any more. */
  release(slots: readonly number[]): void {
    this.#free.push(...slots)
  }
}
