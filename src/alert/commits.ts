import type { EventRecord } from '../store/alert-log.ts'
import { messageOf } from '../core/errors.ts'
import { GroupCommit } from '../core/group-commit.ts'
import type { Logger } from '../core/logger.ts'

/** How many events one transaction takes at most: past that it is no cheaper an event and keeps the others waiting. */
const BATCH = 1024

interface Pending {
  /** The event as it is stored; undefined: nothing of it is. */
  record: EventRecord | undefined
}

/** Stores events before they are delivered, so that a crash neither forgets a level nor tells it twice. */
export class Commits {
  readonly #commit: GroupCommit<Pending>
  readonly #write: (records: readonly EventRecord[]) => Promise<void>
  readonly #log: Logger
  /** The number of the next event, counted since the start. */
  next = 0
  #lastFailed = -1
  /** Transactions that failed; their events were delivered nevertheless. */
  failures = 0

  /** @param write Stores events as one transaction, in the order of the calls. */
  constructor(write: (records: readonly EventRecord[]) => Promise<void>, log: Logger) {
    this.#write = write
    this.#log = log
    this.#commit = new GroupCommit((batch) => this.#save(batch), BATCH)
  }

  /** Events that wait for their commit. */
  get backlog(): number {
    return this.#commit.backlog
  }

  /**
   * Resolves when all that was added until now is stored, or could not be, and is handed over.
   * @returns Whether all from number `since` on was stored.
   */
  async flushed(since = 0): Promise<boolean> {
    if (!this.#commit.isIdle) await new Promise<void>((resolve) => this.add(undefined, () => resolve()))
    return this.#lastFailed < since
  }

  /** @param done Called when it is stored, or could not be. */
  add(record: EventRecord | undefined, done: (isStored: boolean) => void): void {
    const number = this.next++
    this.#commit.enqueue({ record }, (error) => {
      if (error !== undefined) this.#lastFailed = number
      done(error === undefined)
    })
  }

  /** Changes what waits to be stored. */
  revise(change: (record: EventRecord) => EventRecord): void {
    for (const entry of this.#commit.waiting) if (entry.record !== undefined) entry.record = change(entry.record)
  }

  async #save(batch: readonly Pending[]): Promise<void> {
    const records: EventRecord[] = []
    for (const { record } of batch) if (record !== undefined) records.push(record)
    if (records.length === 0) return
    try {
      await this.#write(records)
    } catch (error) {
      // An alert that is told but might be told again is better than one that is not told.
      this.failures++
      this.#log.error('failed to store events', { count: records.length, err: messageOf(error) })
      throw error
    }
  }
}
