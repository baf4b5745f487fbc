interface Waiting<T> {
  readonly item: T
  readonly done: (error: unknown) => void
}

/**
 * Stores items durably, many at a time: while one transaction is under way the next one gathers, so a lone item waits
 * for one and many share one. Items are stored, and told of, in the order of the calls.
 */
export class GroupCommit<T> {
  readonly #write: (items: readonly T[]) => Promise<void>
  readonly #most: number
  #waiting: Waiting<T>[] = []
  #running: Promise<void> | undefined

  /** @param write All or none. @param most Items of one transaction. */
  constructor(write: (items: readonly T[]) => Promise<void>, most = 256) {
    this.#write = write
    this.#most = most
  }

  /** Items that wait for a transaction, without those of the one under way. */
  get waiting(): readonly T[] {
    return this.#waiting.map(({ item }) => item)
  }

  get backlog(): number {
    return this.#waiting.length
  }

  get isIdle(): boolean {
    return this.#running === undefined
  }

  /** Resolves once it is stored; rejects where it is not. */
  add(item: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.enqueue(item, (error) => (error === undefined ? resolve() : reject(error as Error)))
    })
  }

  /** @param done Called when the item is stored, or with why it could not be. */
  enqueue(item: T, done: (error: unknown) => void): void {
    this.#waiting.push({ item, done })
    this.#running ??= this.#run()
  }

  /** Resolves when nothing is left to store. */
  idle(): Promise<void> {
    return this.#running ?? Promise.resolve()
  }

  async #run(): Promise<void> {
    await null // what comes in one go is stored in one go
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, this.#most)
      this.#waiting = this.#waiting.slice(this.#most)
      const error = await this.#write(batch.map(({ item }) => item)).then(
        () => undefined,
        (error: unknown) => error ?? new Error('it could not be stored')
      )
      for (const { done } of batch) done(error)
    }
    this.#running = undefined
  }
}
