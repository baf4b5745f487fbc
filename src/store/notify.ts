import type { Database, SqlParam, Statements } from './db.ts'

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

/** Dead letters that are kept; past it the oldest go. */
const DEAD_LETTERS_MAX = 10_000

/** Alerts on their way, and the filters and routes that clients made. Writes take effect in the order of the calls. */
export class NotifyStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  alerts(): Promise<AlertRecord[]> {
    return this.#db.all('SELECT * FROM notify_alerts ORDER BY sequence')
  }

  messages(): Promise<MessageRecord[]> {
    return this.#db.all('SELECT * FROM notify_messages ORDER BY sequence')
  }

  /** Oldest first. */
  deadLetters(): Promise<DeadLetterRecord[]> {
    return this.#db.all('SELECT * FROM notify_dead_letters ORDER BY sequence')
  }

  /** In the order in which they were made. */
  filters(): Promise<DefinitionRecord[]> {
    return this.#db.all('SELECT id, definition FROM notify_filters ORDER BY position')
  }

  switches(): Promise<SwitchRecord[]> {
    return this.#db.all('SELECT * FROM notify_switches')
  }

  routes(): Promise<DefinitionRecord[]> {
    return this.#db.all('SELECT * FROM notify_routes ORDER BY id')
  }

  /** The highest sequence that alerts, messages and dead letters have; 0 for none. */
  async lastSequence(): Promise<bigint> {
    const [row] = await this.#db.all<{ last: bigint | null }>(
      `SELECT max(sequence) AS last FROM (
         SELECT sequence FROM notify_alerts
         UNION ALL SELECT sequence FROM notify_messages
         UNION ALL SELECT sequence FROM notify_dead_letters
       )`
    )
    return row?.last ?? 0n
  }

  async appendAlerts(alerts: readonly AlertRecord[]): Promise<void> {
    await insert(this.#db, 'notify_alerts', [
      ['BIGINT', alerts.map(({ sequence }) => sequence)],
      ['VARCHAR', alerts.map(({ alert }) => alert)]
    ])
  }

  /** A batch is through: its alerts, the last of which is `last`, have become these messages. */
  async finishBatch(last: bigint, messages: readonly MessageRecord[]): Promise<void> {
    await this.#db.transaction(async (on) => {
      for (let start = 0; start < messages.length; start += CHUNK) {
        await insertMessages(on, messages.slice(start, start + CHUNK))
      }
      await on.run('DELETE FROM notify_alerts WHERE sequence <= $1', [last])
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
    for (const table of ['notify_filters', 'notify_switches']) {
      await this.#db.run(`DELETE FROM ${table} WHERE id IN (SELECT unnest($1::VARCHAR[]))`, [ids])
    }
  }

  async putSwitches({ id, disabled, inactive }: SwitchRecord): Promise<void> {
    await this.#db.run('INSERT OR REPLACE INTO notify_switches VALUES ($1, $2, $3)', [id, disabled, inactive])
  }

  async removeSwitches(id: string): Promise<void> {
    await this.#db.run('DELETE FROM notify_switches WHERE id = $1', [id])
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
