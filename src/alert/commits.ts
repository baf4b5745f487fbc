import type { StateRecord } from '../store/topics.ts'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'

/** How many events one transaction takes at most: past some hundreds it is no cheaper and only keeps the others waiting. */
const BATCH = 256

interface Pending {
  /** undefined: its topic or event was deleted meanwhile. */
  state: StateRecord | undefined
  readonly deliver: () => void
}

/**
 * Group commit: states are stored before their events are delivered, so that a crash neither forgets a level nor
 * tells it twice. While one transaction is under way the next one gathers, so a lone event waits for one, and
 * many share one.
 */
export class Commits {
  readonly #write: (states: readonly StateRecord[]) => Promise<void>
  readonly #log: Logger
  readonly #pending: Pending[] = []
  #running: Promise<void> | undefined
  /** Transactions that failed; their events were delivered nevertheless. */
  failures = 0

  /** @param write Stores states as one transaction, in the order of the calls. */
  constructor(write: (states: readonly StateRecord[]) => Promise<void>, log: Logger) {
    this.#write = write
    this.#log = log
  }

  /** Events that wait for their commit. */
  get backlog(): number {
    return this.#pending.length
  }

  /** Resolves when all that was added until now is stored and handed over. */
  flushed(): Promise<void> {
    if (this.#running === undefined) return Promise.resolve()
    return new Promise((resolve) => this.#pending.push({ state: undefined, deliver: resolve }))
  }

  add(state: StateRecord, deliver: () => void): void {
    this.#pending.push({ state, deliver })
    this.#running ??= this.#run()
  }

  /** Keeps states that wait from being stored; their events are delivered. */
  discard(isUnwanted: (state: StateRecord) => boolean): void {
    for (const entry of this.#pending) {
      if (entry.state !== undefined && isUnwanted(entry.state)) entry.state = undefined
    }
  }

  async #run(): Promise<void> {
    await null // what is collected in one go goes into one transaction
    while (this.#pending.length > 0) {
      const batch = this.#pending.splice(0, BATCH)
      const states = batch.flatMap(({ state }) => state ?? [])
      try {
        if (states.length > 0) await this.#write(states)
      } catch (error) {
        // An alert that is told but might be told again is better than one that is not told.
        this.failures++
        this.#log.error('failed to store the state of events', { count: states.length, error: messageOf(error) })
      }
      for (const { deliver } of batch) deliver()
    }
    this.#running = undefined
  }
}
