import type { EventRecord } from '../store/alert-log.ts'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'

/** How many events one transaction takes at most: past that it is no cheaper an event and keeps the others waiting. */
const BATCH = 1024

interface Pending {
  /** undefined: nothing of it is to be stored. */
  record: EventRecord | undefined
  readonly done: (isStored: boolean) => void
}

/**
 * Group commit: events are stored before they are delivered, so that a crash neither forgets a level nor tells it
 * twice. While one transaction is under way the next one gathers, so a lone event waits for one, and many share one.
 */
export class Commits {
  readonly #write: (records: readonly EventRecord[]) => Promise<void>
  readonly #log: Logger
  #pending: Pending[] = []
  #running: Promise<void> | undefined
  /** Number of the first of `#pending`, counted since the start. */
  #position = 0
  #lastFailed = -1
  /** Transactions that failed; their events were delivered nevertheless. */
  failures = 0

  /** @param write Stores events as one transaction, in the order of the calls. */
  constructor(write: (records: readonly EventRecord[]) => Promise<void>, log: Logger) {
    this.#write = write
    this.#log = log
  }

  /** Events that wait for their commit. */
  get backlog(): number {
    return this.#pending.length
  }

  /** The number of the next event. */
  get next(): number {
    return this.#position + this.#pending.length
  }

  /**
   * Resolves when all that was added until now is stored, or could not be, and is handed over.
   * @returns Whether all from number `since` on was stored.
   */
  async flushed(since = 0): Promise<boolean> {
    if (this.#running !== undefined) {
      await new Promise<void>((resolve) => this.#pending.push({ record: undefined, done: () => resolve() }))
    }
    return this.#lastFailed < since
  }

  /** @param done Called when it is stored, or could not be. */
  add(record: EventRecord | undefined, done: (isStored: boolean) => void): void {
    this.#pending.push({ record, done })
    this.#running ??= this.#run()
  }

  /** Changes what waits to be stored. */
  revise(change: (record: EventRecord) => EventRecord): void {
    for (const entry of this.#pending) if (entry.record !== undefined) entry.record = change(entry.record)
  }

  async #run(): Promise<void> {
    await null // what is collected in one go goes into one transaction
    while (this.#pending.length > 0) {
      const batch = this.#pending.slice(0, BATCH)
      this.#pending = this.#pending.slice(BATCH)
      this.#position += batch.length
      const isStored = await this.#save(batch)
      if (!isStored) this.#lastFailed = this.#position - 1
      for (const { done } of batch) done(isStored)
    }
    this.#running = undefined
  }

  async #save(batch: readonly Pending[]): Promise<boolean> {
    const records: EventRecord[] = []
    for (const { record } of batch) if (record !== undefined) records.push(record)
    if (records.length === 0) return true
    try {
      await this.#write(records)
      return true
    } catch (error) {
      // An alert that is told but might be told again is better than one that is not told.
      this.failures++
      this.#log.error('failed to store events', { count: records.length, error: messageOf(error) })
      return false
    }
  }
}
