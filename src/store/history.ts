import type { Level } from '../model/event.ts'
import type { Database } from './db.ts'
import type { EventRow } from './outbox.ts'

/** undefined: any. */
export interface HistoryFilter {
  readonly topic?: string | undefined
  readonly id?: string | undefined
  readonly level?: Level | undefined
  readonly minLevel?: Level | undefined
  /** Times of the points, Unix nanoseconds: from this on, */
  readonly fromNs?: bigint | undefined
  /** and before this. */
  readonly toNs?: bigint | undefined
}

/** One transition, as a topic took it in. */
export interface HistoryRow extends Omit<EventRow, 'origin' | 'rest'> {
  readonly sequence: bigint
  /** Handlers that were to be told: `,a,b,`, or empty. */
  readonly handlers: string
}

/** How the delivery to one handler went; a later row counts, that of a dead letter which was delivered again. */
export interface DeliveryRow {
  readonly origin: bigint
  readonly handler: string
  readonly outcome: string
  readonly ended: bigint
  readonly attempts: bigint
  readonly error: string
}

/** What topics have taken in, as long as it is kept. */
export class HistoryStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** The newest first. */
  events({ topic, id, level, minLevel, fromNs, toNs }: HistoryFilter, limit: number, offset: number) {
    const numberOf = (value: Level | undefined) => (value === undefined ? null : BigInt(value))
    return this.#db.all<HistoryRow>(
      `SELECT sequence, topic, id, level, previous_level, time, duration, message, details, data, handlers
       FROM alert_events
       WHERE origin = sequence
         AND ($1 IS NULL OR topic = $1) AND ($2 IS NULL OR id = $2)
         AND ($3 IS NULL OR level = $3) AND ($4 IS NULL OR level >= $4)
         AND ($5 IS NULL OR time >= $5) AND ($6 IS NULL OR time < $6)
       ORDER BY sequence DESC LIMIT $7 OFFSET $8`,
      [
        ...[topic ?? null, id ?? null, numberOf(level), numberOf(minLevel), fromNs ?? null, toNs ?? null],
        ...[BigInt(limit), BigInt(offset)]
      ]
    )
  }

  /** How the deliveries of these events ended so far, in the order of their ends. */
  async deliveries(sequences: readonly bigint[]): Promise<DeliveryRow[]> {
    if (sequences.length === 0) return []
    return await this.#db.all<DeliveryRow>(
      `SELECT origin, handler, outcome, ended, attempts, error FROM alert_deliveries
       WHERE origin IN (SELECT unnest($1::BIGINT[])) ORDER BY ended`,
      [sequences]
    )
  }
}
