/**
 * Stores items durably, many at a time: while one transaction is under way the next one gathers, so a lone item waits
 * for one and many share one. Items are stored, and their promises resolved, in the order of the calls.
 */
export class GroupCommit<T> {
  readonly #write: (items: readonly T[]) => Promise<void>
  readonly #waiting: { readonly item: T; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] =
    []
  #running: Promise<void> | undefined

  /** @param write All or none. */
  constructor(write: (items: readonly T[]) => Promise<void>) {
    this.#write = write
  }

  /** Resolves once it is stored; rejects where it is not. */
  add(item: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves when nothing is left to store. */
  idle(): Promise<void> {
    return this.#running ?? Promise.resolve()
  }

  async #run(): Promise<void> {
    await null // what comes in one go is stored in one go
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH)
      try {
        await this.#write(batch.map(({ item }) => item))
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    this.#running = undefined
  }
}

const BATCH = 256
