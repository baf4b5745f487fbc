import type { Level } from '../model/event.ts'
import type { KeyedTable, Statements, TableRow } from './contract.ts'
import type { Database } from './db.ts'

/** State of one event id in a topic. */
export interface StateRecord {
  readonly topic: string
  readonly id: string
  readonly level: Level
  /** Unix nanoseconds. */
  readonly timeNs: bigint
  readonly durationNs: bigint
  readonly message: string
  readonly details: string
}

/** Origin of a state that a topic took over from another one: no event brought it, so history does not have it. */
export const NO_ORIGIN = 0n

/** An event as one topic took it in. */
export interface EventRecord {
  readonly sequence: bigint
  /** Sequence of the event when it was first delivered, or `NO_ORIGIN`. */
  readonly origin: bigint
  /** Whether the row is the state of its id until the next one. */
  readonly isState: boolean
  readonly state: StateRecord
  readonly previousLevel: Level
  readonly dataJson: string
  /** JSON of what a handler may ask for beside all that; '' where none gets it. */
  readonly rest: string
  /** Names of the handlers that are to get it. */
  readonly handlers: readonly string[]
}

const EVENTS: KeyedTable = {
  name: 'alert_events',
  key: 'sequence',
  columns: [
    ...(['BIGINT', 'BIGINT', 'BOOLEAN', 'VARCHAR', 'VARCHAR', 'TINYINT', 'TINYINT'] as const),
    ...(['BIGINT', 'BIGINT', 'VARCHAR', 'VARCHAR', 'VARCHAR', 'VARCHAR', 'VARCHAR'] as const)
  ]
}

interface StateRow {
  readonly topic: string
  readonly id: string
  readonly level: Level
  readonly time: bigint
  readonly duration: bigint
  readonly message: string
  readonly details: string
}

/** Sequences of the states that a restart goes on from; like 1.8, it forgets ids that have come to OK. */
const LIVE = `SELECT max(sequence) AS sequence FROM alert_events WHERE is_state
  GROUP BY topic, id HAVING arg_max(level, sequence) > 0`

/** The log of events: states, history and outbox in one. Writes take effect in the order of the calls. */
export class AlertLog {
  readonly #db: Database
  #rows = 0

  constructor(db: Database) {
    this.#db = db
  }

  /** Rows of the log. */
  get rows(): number {
    return this.#rows
  }

  /** All states that are not OK, and the highest sequence that there has been; to be called first. */
  async load(): Promise<{ readonly states: StateRecord[]; readonly last: bigint }> {
    const [counts] = await this.#db.all<{ rows: bigint; last: bigint }>(
      `SELECT (SELECT count(*) FROM alert_events) AS rows, greatest(
         (SELECT coalesce(max(sequence), 0) FROM alert_events), (SELECT coalesce(max(letter), 0) FROM dead_letters)
       ) AS last`
    )
    this.#rows = Number(counts!.rows)
    const rows = await this.#db.all<StateRow>(
      `SELECT topic, id, level, time, duration, message, details FROM alert_events
       WHERE sequence IN (${LIVE}) ORDER BY sequence`
    )
    const states = rows.map(({ time, duration, ...rest }) => ({ ...rest, timeNs: time, durationNs: duration }))
    return { states, last: counts!.last }
  }

  /** Stores the events, all or none. */
  async append(events: readonly EventRecord[]): Promise<void> {
    await this.#db.add(EVENTS, events.map(rowOf))
    this.#rows += events.length
  }

  /** What follows in the log can be the state of the topic's ids again. */
  async forgetTopic(topic: string): Promise<void> {
    await this.#db.run('UPDATE alert_events SET is_state = false WHERE is_state AND topic = $1', [topic])
  }

  async forgetState(topic: string, id: string): Promise<void> {
    await this.#db.run('UPDATE alert_events SET is_state = false WHERE is_state AND topic = $1 AND id = $2', [
      topic,
      id
    ])
  }

  /**
   * Takes out what is older than `since` or more than `maxRows` rows, but nothing from `pending` on, which is still
   * to be delivered. States stay.
   */
  async retain(maxRows: number, since: bigint, pending: bigint): Promise<void> {
    const [excess] = await this.#db.all<{ sequence: bigint }>(
      'SELECT sequence FROM alert_events ORDER BY sequence DESC LIMIT 1 OFFSET $1',
      [BigInt(maxRows)]
    )
    const wanted = excess === undefined || excess.sequence < since ? since : excess.sequence + 1n
    const cut = wanted < pending ? wanted : pending
    // Found before, so that writers need not wait for it; what is no longer live by now goes the next time.
    const live = await this.#db.all<{ sequence: bigint }>(`SELECT sequence FROM (${LIVE}) WHERE sequence < $1`, [cut])
    await this.#db.transaction(async (on) => {
      this.#rows -= await removeBefore(
        on,
        cut,
        live.map(({ sequence }) => sequence)
      )
      await on.run("UPDATE alert_events SET handlers = '', rest = '' WHERE sequence < $1 AND handlers <> ''", [cut])
      await on.run('DELETE FROM alert_deliveries WHERE sequence < $1', [cut])
    })
  }
}

function removeBefore(on: Statements, cut: bigint, except: readonly bigint[]): Promise<number> {
  if (except.length === 0) return on.run('DELETE FROM alert_events WHERE sequence < $1', [cut])
  return on.run('DELETE FROM alert_events WHERE sequence < $1 AND sequence NOT IN (SELECT unnest($2::BIGINT[]))', [
    cut,
    except
  ])
}

function rowOf({ sequence, origin, isState, state, previousLevel, dataJson, rest, handlers }: EventRecord): TableRow {
  const { topic, id, level, timeNs, durationNs, message, details } = state
  const names = handlers.length === 0 ? '' : `,${handlers.join(',')},`
  return [
    ...[sequence, origin, isState, topic, id, level, previousLevel],
    ...[timeNs, durationNs, message, details, dataJson, rest, names]
  ]
}
