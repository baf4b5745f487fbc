import type { KeyedTable, SqlParam, Statements, Table, TableRow } from './contract.ts'
import type { Database } from './db.ts'

export interface AlertRecord {
  readonly sequence: bigint
  /** JSON. */
  readonly alert: string
}

/** What one transport of a route has to deliver. */
export interface MessageRecord {
  readonly sequence: bigint
  readonly route: string
  readonly transport: string
  readonly payload: string
}

export interface DeadLetterRecord extends MessageRecord {
  readonly reason: string
  /** Unix nanoseconds. */
  readonly died: bigint
}

export interface DefinitionRecord {
  readonly id: string
  /** JSON. */
  readonly definition: string
}

export interface SwitchRecord {
  readonly id: string
  readonly disabled: boolean
  readonly inactive: string
}

/** Something that a filter counts under a key, until it expires. */
export interface DeltaRecord {
  /** Id of the filter. */
  readonly id: string
  /** Tells its definition from others. */
  readonly version: string
  readonly key: string
  /** Unix milliseconds. */
  readonly until: bigint
  readonly count: bigint
}

/** What a batch comes to. */
export interface FinishedBatch {
  /** Sequence of its last alert. */
  readonly last: bigint
  readonly messages: readonly MessageRecord[]
  readonly deltas: readonly DeltaRecord[]
  /** Unix milliseconds. Notes that have expired by then are forgotten. */
  readonly now: bigint
}

const ALERTS: KeyedTable = { name: 'notify_alerts', columns: ['BIGINT', 'VARCHAR'], key: 'sequence' }
const NOTES: Table = { name: 'notify_notes', columns: ['VARCHAR', 'VARCHAR', 'VARCHAR', 'BIGINT', 'BIGINT'] }
/** Notes that are kept; past it those that expire first go. */
const NOTES_MAX = 500_000

/** Dead letters that are kept; past it the oldest go. */
const DEAD_LETTERS_MAX = 10_000

/** Alerts on their way, and the filters and routes that clients made. Writes take effect in the order of the calls. */
export class NotifyStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Alerts that no batch is done with. */
  alerts(): Promise<AlertRecord[]> {
    // A crash can bring others back, on their way into the table.
    return this.#db.all(
      'SELECT * FROM notify_alerts WHERE sequence > (SELECT last FROM notify_finished) ORDER BY sequence'
    )
  }

  messages(): Promise<MessageRecord[]> {
    return this.#db.all('SELECT * FROM notify_messages ORDER BY sequence')
  }

  /** Oldest first. */
  deadLetters(): Promise<DeadLetterRecord[]> {
    return this.#db.all('SELECT * FROM notify_dead_letters ORDER BY sequence')
  }

  /** Filters in the order in which they were made. */
  filters(): Promise<DefinitionRecord[]> {
    return this.#db.all('SELECT id, definition FROM notify_filters ORDER BY position')
  }

  switches(): Promise<SwitchRecord[]> {
    return this.#db.all('SELECT * FROM notify_switches')
  }

  routes(): Promise<DefinitionRecord[]> {
    return this.#db.all('SELECT * FROM notify_routes ORDER BY id')
  }

  /** Notes of each filter in the order in which they expire. */
  deltas(): Promise<DeltaRecord[]> {
    return this.#db.all(
      `SELECT id, version, key, until, sum(count)::BIGINT AS count FROM notify_notes
         GROUP BY id, version, key, until ORDER BY until`
    )
  }

  /** The highest sequence that alerts, messages and dead letters have, or have had; 0 for none. */
  async lastSequence(): Promise<bigint> {
    const [row] = await this.#db.all<{ last: bigint | null }>(
      `SELECT max(sequence) AS last FROM (
         SELECT sequence FROM notify_alerts
         UNION ALL SELECT sequence FROM notify_messages
         UNION ALL SELECT sequence FROM notify_dead_letters
         UNION ALL SELECT last FROM notify_finished
       )`
    )
    return row?.last ?? 0n
  }

  async appendAlerts(alerts: readonly AlertRecord[]): Promise<void> {
    await this.#db.add(
      ALERTS,
      alerts.map(({ sequence, alert }): TableRow => [sequence, alert])
    )
  }

  /** A batch is through: its alerts have become messages, and deltas of filters. */
  async finishBatch({ last, messages, deltas, now }: FinishedBatch): Promise<void> {
    await this.#db.transaction(async (on) => {
      for (let start = 0; start < messages.length; start += CHUNK) {
        await insertMessages(on, messages.slice(start, start + CHUNK))
      }
      await on.run('DELETE FROM notify_alerts WHERE sequence <= $1', [last])
      await on.run('UPDATE notify_finished SET last = $1', [last])
      if (deltas.length === 0) return
      await on.run('DELETE FROM notify_notes WHERE until <= $1', [now])
      await on.append(
        NOTES,
        deltas.map(({ id, version, key, until, count }): TableRow => [id, version, key, until, count])
      )
      await on.run(
        `DELETE FROM notify_notes WHERE rowid IN (
           SELECT rowid FROM notify_notes ORDER BY until DESC OFFSET ${NOTES_MAX}
         )`
      )
    })
  }

  /** Messages that were delivered, and those that never will be. */
  async finishMessages(delivered: readonly bigint[], dead: readonly DeadLetterRecord[]): Promise<void> {
    await this.#db.transaction(async (on) => {
      if (dead.length > 0) {
        await insert(on, 'notify_dead_letters', [
          ...messageColumns(dead),
          ['VARCHAR', dead.map(({ reason }) => reason)],
          ['BIGINT', dead.map(({ died }) => died)]
        ])
        await on.run(
          `DELETE FROM notify_dead_letters WHERE sequence NOT IN (
             SELECT sequence FROM notify_dead_letters ORDER BY sequence DESC LIMIT ${DEAD_LETTERS_MAX}
           )`
        )
      }
      const sequences = [...delivered, ...dead.map(({ sequence }) => sequence)]
      await on.run('DELETE FROM notify_messages WHERE sequence IN (SELECT unnest($1::BIGINT[]))', [sequences])
    })
  }

  /** A dead letter is to be delivered after all. */
  async revive(message: MessageRecord): Promise<void> {
    await this.#db.transaction(async (on) => {
      await on.run('DELETE FROM notify_dead_letters WHERE sequence = $1', [message.sequence])
      await insertMessages(on, [message])
    })
  }

  async removeDeadLetter(sequence: bigint): Promise<void> {
    await this.#db.run('DELETE FROM notify_dead_letters WHERE sequence = $1', [sequence])
  }

  /** Keeps the position of one that is there; a new one comes last. */
  async putFilter({ id, definition }: DefinitionRecord): Promise<void> {
    await this.#db.run(
      `INSERT INTO notify_filters
         SELECT $1, coalesce(max(position), 0) + 1, $2 FROM notify_filters
         ON CONFLICT (id) DO UPDATE SET definition = excluded.definition`,
      [id, definition]
    )
  }

  async removeFilters(ids: readonly string[]): Promise<void> {
    for (const table of ['notify_filters', 'notify_switches', 'notify_notes']) {
      await this.#db.run(`DELETE FROM ${table} WHERE id IN (SELECT unnest($1::VARCHAR[]))`, [ids])
    }
  }

  async putSwitches({ id, disabled, inactive }: SwitchRecord): Promise<void> {
    await this.#db.run('INSERT OR REPLACE INTO notify_switches VALUES ($1, $2, $3)', [id, disabled, inactive])
  }

  /** How a filter is switched, and what it remembers. */
  async forgetFilter(id: string): Promise<void> {
    for (const table of ['notify_switches', 'notify_notes']) {
      await this.#db.run(`DELETE FROM ${table} WHERE id = $1`, [id])
    }
  }

  async putRoute({ id, definition }: DefinitionRecord): Promise<void> {
    await this.#db.run('INSERT OR REPLACE INTO notify_routes VALUES ($1, $2)', [id, definition])
  }

  async removeRoute(id: string): Promise<void> {
    await this.#db.run('DELETE FROM notify_routes WHERE id = $1', [id])
  }
}

const CHUNK = 500

type Column = readonly [type: 'BIGINT' | 'VARCHAR', values: readonly bigint[] | readonly string[]]

function insertMessages(on: Statements, messages: readonly MessageRecord[]): Promise<void> {
  return insert(on, 'notify_messages', messageColumns(messages))
}

function messageColumns(messages: readonly MessageRecord[]): Column[] {
  return [
    ['BIGINT', messages.map(({ sequence }) => sequence)],
    ['VARCHAR', messages.map(({ route }) => route)],
    ['VARCHAR', messages.map(({ transport }) => transport)],
    ['VARCHAR', messages.map(({ payload }) => payload)]
  ]
}

async function insert(on: Statements, table: string, columns: readonly Column[]): Promise<void> {
  if (columns[0]![1].length === 0) return
  const lists = columns.map(([type], index) => `unnest($${index + 1}::${type}[])`)
  await on.run(
    `INSERT INTO ${table} SELECT ${lists.join(', ')}`,
    columns.map(([, values]): SqlParam => values)
  )
}
