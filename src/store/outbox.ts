import type { Level } from '../model/event.ts'
import type { SqlParam, Statements, Table } from './contract.ts'
import type { Database } from './db.ts'

/** An event with all that its handlers get, as `alert_events` and `dead_letters` have it. */
export interface EventRow {
  readonly origin: bigint
  readonly topic: string
  readonly id: string
  readonly level: Level
  readonly previous_level: Level
  readonly time: bigint
  readonly duration: bigint
  readonly message: string
  readonly details: string
  /** JSON. */
  readonly data: string
  readonly rest: string
}

/** An event that waits for one handler. */
export interface PendingRow extends EventRow {
  readonly sequence: bigint
}

/** What waits for one handler. */
export interface PendingSummary {
  readonly topic: string
  readonly handler: string
  readonly count: number
  /** Sequences of the first and the last one. */
  readonly oldest: bigint
  readonly newest: bigint
}

export type DeliveryOutcome = 'delivered' | 'dead' | 'dropped'

/** How a delivery ended. */
export interface EndedDelivery {
  readonly sequence: bigint
  readonly origin: bigint
  readonly handler: string
  readonly outcome: DeliveryOutcome
  /** Unix microseconds. */
  readonly ended: bigint
  readonly attempts: number
  /** '' where it was delivered. */
  readonly error: string
}

export interface DeadLetterRow extends EventRow {
  /** Number of the dead letter: the time of its death in microseconds, made unique. */
  readonly letter: bigint
  readonly handler: string
  readonly reason: string
  readonly attempts: bigint
}

/** undefined: any. */
export interface DeadLetterFilter {
  readonly letter?: bigint | undefined
  readonly topic?: string | undefined
  readonly handler?: string | undefined
}

const DELIVERIES: Table = {
  name: 'alert_deliveries',
  columns: ['BIGINT', 'BIGINT', 'VARCHAR', 'VARCHAR', 'BIGINT', 'BIGINT', 'VARCHAR']
}
const EVENT =
  'e.origin, e.topic, e.id, e.level, e.previous_level, e.time, e.duration, e.message, e.details, e.data, e.rest'
const IS_PENDING = `e.topic = $1 AND contains(e.handlers, ',' || $2 || ',') AND e.sequence > $3 AND e.sequence <= $4
  AND NOT EXISTS (SELECT 1 FROM alert_deliveries d WHERE d.sequence = e.sequence AND d.handler = $2)`
const LETTERS = '($1 IS NULL OR e.letter = $1) AND ($2 IS NULL OR e.topic = $2) AND ($3 IS NULL OR e.handler = $3)'

/** What is to be delivered, what has come of it, and what was given up. */
export class OutboxStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Every handler that something waits for. */
  async pending(): Promise<PendingSummary[]> {
    const rows = await this.#db.all<Omit<PendingSummary, 'count'> & { readonly n: bigint }>(
      `SELECT e.topic, e.handler, count(*) AS n, min(e.sequence) AS oldest, max(e.sequence) AS newest
       FROM (
         SELECT sequence, topic, unnest(string_split(trim(handlers, ','), ',')) AS handler
         FROM alert_events WHERE handlers <> ''
       ) e
       ANTI JOIN alert_deliveries d ON d.sequence = e.sequence AND d.handler = e.handler
       GROUP BY e.topic, e.handler ORDER BY e.topic, e.handler`
    )
    return rows.map(({ n, ...rest }) => ({ ...rest, count: Number(n) }))
  }

  /** What waits for a handler, in order, with sequences from beyond `after` up to `upTo`. */
  page(topic: string, handler: string, after: bigint, upTo: bigint, limit: number, offset = 0): Promise<PendingRow[]> {
    return this.#db.all(
      `SELECT e.sequence, ${EVENT} FROM alert_events e WHERE ${IS_PENDING} ORDER BY e.sequence LIMIT $5 OFFSET $6`,
      [topic, handler, after, upTo, BigInt(limit), BigInt(offset)]
    )
  }

  /** Notes how deliveries ended; the dead ones become letters, numbered from `letter` on. */
  async recordOutcomes(ended: readonly EndedDelivery[], letter: bigint): Promise<void> {
    const dead = ended.filter(({ outcome }) => outcome === 'dead')
    if (dead.length === 0) return await this.#db.append(DELIVERIES, ended.map(rowOf))
    await this.#db.transaction(async (on) => {
      await on.append(DELIVERIES, ended.map(rowOf))
      await on.run(
        `INSERT INTO dead_letters
           SELECT $1 + s.position, s.handler, s.reason, s.attempts, ${EVENT}
           FROM (
             SELECT unnest($2::BIGINT[]) AS sequence, unnest($3::VARCHAR[]) AS handler, unnest($4::VARCHAR[]) AS reason,
               unnest($5::BIGINT[]) AS attempts, unnest($6::BIGINT[]) AS position
           ) s JOIN alert_events e ON e.sequence = s.sequence`,
        [
          letter,
          dead.map(({ sequence }) => sequence),
          dead.map(({ handler }) => handler),
          dead.map(({ error }) => error),
          dead.map(({ attempts }) => BigInt(attempts)),
          dead.map((_, index) => BigInt(index))
        ]
      )
    })
  }

  /**
   * Ends what waits for a handler without having been attempted, oldest first.
   * @returns How many there were.
   */
  async endWaiting(
    waiting: { readonly topic: string; readonly handler: string; readonly after: bigint; readonly upTo: bigint },
    outcome: DeliveryOutcome,
    reason: string,
    letter: bigint,
    limit = Number.MAX_SAFE_INTEGER
  ): Promise<number> {
    const { topic, handler, after, upTo } = waiting
    const which = [topic, handler, after, upTo] as const
    return await this.#db.transaction(async (on) => {
      const chosen = `SELECT e.* FROM alert_events e WHERE ${IS_PENDING} ORDER BY e.sequence LIMIT $5`
      if (outcome === 'dead') {
        await on.run(
          `INSERT INTO dead_letters
             SELECT $6 + row_number() OVER (ORDER BY e.sequence) - 1, $2, $7, 0, ${EVENT} FROM (${chosen}) e`,
          [...which, BigInt(limit), letter, reason]
        )
      }
      return await on.run(
        `INSERT INTO alert_deliveries SELECT e.sequence, e.origin, $2, $6, $7, 0, $8 FROM (${chosen}) e`,
        [...which, BigInt(limit), outcome, letter, reason]
      )
    })
  }

  async deadLetterCount(filter: DeadLetterFilter = {}): Promise<number> {
    const [row] = await this.#db.all<{ n: bigint }>(
      `SELECT count(*) AS n FROM dead_letters e WHERE ${LETTERS}`,
      paramsOf(filter)
    )
    return Number(row!.n)
  }

  /** The newest first, or, to deliver them again, the oldest. */
  deadLetters(filter: DeadLetterFilter, order: 'ASC' | 'DESC', limit: number, offset = 0): Promise<DeadLetterRow[]> {
    return this.#db.all(
      `SELECT e.letter, e.handler, e.reason, e.attempts, ${EVENT} FROM dead_letters e WHERE ${LETTERS}
       ORDER BY e.letter ${order} LIMIT $4 OFFSET $5`,
      [...paramsOf(filter), BigInt(limit), BigInt(offset)]
    )
  }

  /** @returns How many there were. */
  removeDeadLetters(filter: DeadLetterFilter): Promise<number> {
    return this.#db.run(`DELETE FROM dead_letters e WHERE ${LETTERS}`, paramsOf(filter))
  }

  async removeDeadLettersOf(deadLetters: readonly bigint[]): Promise<void> {
    if (deadLetters.length === 0) return
    await this.#db.run('DELETE FROM dead_letters WHERE letter IN (SELECT unnest($1::BIGINT[]))', [deadLetters])
  }

  /** Takes out the oldest beyond `max`, and those older than `since`. */
  async retainDeadLetters(max: number, since: bigint): Promise<void> {
    await removeOldest(this.#db, max, since)
  }
}

async function removeOldest(on: Statements, max: number, since: bigint): Promise<void> {
  await on.run(
    `DELETE FROM dead_letters WHERE letter < $1
       OR letter <= (SELECT letter FROM dead_letters ORDER BY letter DESC LIMIT 1 OFFSET $2)`,
    [since, BigInt(max)]
  )
}

function rowOf({ sequence, origin, handler, outcome, ended, attempts, error }: EndedDelivery) {
  return [sequence, origin, handler, outcome, ended, BigInt(attempts), error]
}

function paramsOf({ letter, topic, handler }: DeadLetterFilter): SqlParam[] {
  return [letter ?? null, topic ?? null, handler ?? null]
}
