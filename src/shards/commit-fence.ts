/**
 * The events that a shard has raised and that are being stored, in the order in which it raised them: who caused some
 * waits here until they are stored.
 */
export class CommitFence {
  readonly #maxUncommitted: number
  readonly #onRoom: () => void
  #uncommitted = 0
  #sequence = 0
  /** Ends when the events tracked last are stored, and so all before. */
  #last: Promise<void> | undefined
  #failed: { readonly sequence: number; readonly error: unknown } = { sequence: -1, error: undefined }

  /**
   * @param maxUncommitted Events that may wait to be stored before writers wait too.
   * @param onRoom Called whenever some have been stored and no more than that wait.
   */
  constructor(maxUncommitted: number, onRoom: () => void) {
    this.#maxUncommitted = maxUncommitted
    this.#onRoom = onRoom
  }

  /** How often events were tracked. */
  get sequence(): number {
    return this.#sequence
  }

  get isFull(): boolean {
    return this.#uncommitted > this.#maxUncommitted
  }

  /** Notes that so many events are being stored. @param commit Resolves when they are. */
  track(events: number, commit: Promise<void>): void {
    const sequence = this.#sequence++
    this.#uncommitted += events
    const ended = commit
      .catch((error: unknown) => {
        this.#failed = { sequence, error }
      })
      .then(() => {
        this.#uncommitted -= events
        if (this.#last === ended) this.#last = undefined
        if (!this.isFull) this.#onRoom()
      })
    this.#last = ended
  }

  /**
   * Resolves when all events that were tracked so far are stored; rejects where those could not be that were tracked
   * since `sequence` had the given value.
   * @returns undefined where nothing is to be waited for.
   */
  whenCommitted(since: number): Promise<void> | undefined {
    if (this.#last === undefined && this.#failed.sequence < since) return undefined
    return Promise.resolve(this.#last).then(() => {
      if (this.#failed.sequence >= since) throw this.#failed.error
    })
  }
}
