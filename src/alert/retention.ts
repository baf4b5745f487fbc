import type { Clock, Timer } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { AlertLog } from '../store/alert-log.ts'
import type { AlertLimits } from './limits.ts'
import type { AlertOutbox } from './outbox.ts'
import { microsOf } from './sequence.ts'

export interface RetentionOptions {
  readonly alertLog: AlertLog
  readonly outbox: AlertOutbox
  readonly limits: AlertLimits
  readonly clock: Clock
  readonly log: Logger
  /** Sequence of the last event that is stored and handed over. */
  readonly handedOver: () => bigint
}

/** How often what is beyond its limit of age goes. */
const EVERY_MS = 60_000
/** Share of the rows of the log beyond its limit that may gather before, */
const ROWS_SLACK = 0.1
/** and rows that it must have gained since it was last looked through. */
const ROWS_GAINED = 10_000

/** Takes events and dead letters out of the store that are too old, or too many. */
export class Retention {
  readonly #options: RetentionOptions
  readonly #timer: Timer
  #running: Promise<void> | undefined
  /** Rows of the log at which it is looked through again. */
  #nextRows: number

  constructor(options: RetentionOptions) {
    this.#options = options
    this.#nextRows = nextRows(options.limits.historyRows)
    this.#timer = options.clock.every(EVERY_MS, () => this.#start())
  }

  /** Looks whether old events have to go; called when the log has grown. */
  grown(): void {
    if (this.#options.alertLog.rows > this.#nextRows) this.#start()
  }

  /** Resolves when what was found to be beyond its limits is gone. */
  async done(): Promise<void> {
    await this.#running
  }

  stop(): void {
    this.#timer.cancel()
  }

  #start(): void {
    const { alertLog, limits, log } = this.#options
    this.#running ??= this.#run()
      .catch((error: unknown) => log.error('failed to take old events out of the store', { err: messageOf(error) }))
      .finally(() => {
        this.#running = undefined
        this.#nextRows = nextRows(Math.max(limits.historyRows, alertLog.rows))
      })
  }

  async #run(): Promise<void> {
    const { alertLog, outbox, limits, clock, handedOver } = this.#options
    const { historyRows, historyMs, deadLetterMs, mailbox } = limits
    const now = microsOf(clock)
    const before = (ageMs: number): bigint => now - BigInt(Math.round(ageMs * 1000))
    // Before the flush: what ends after it still needs its event.
    const oldest = outbox.oldest ?? handedOver()
    await outbox.retain(before(deadLetterMs), before(mailbox.patienceMs))
    const last = handedOver()
    await alertLog.retain(historyRows, before(historyMs), oldest < last ? oldest : last)
  }
}

function nextRows(rows: number): number {
  return rows * (1 + ROWS_SLACK) + ROWS_GAINED
}
