/** Runs work one piece after the other, in the order of the calls; what one throws is its caller's alone. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }

  /** Resolves when all that was asked for until now is done. */
  get idle(): Promise<unknown> {
    return this.#last
  }
}
