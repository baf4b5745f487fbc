import type { Statements } from './contract.ts'
import type { Database } from './db.ts'

export interface HandlerRecord {
  readonly topic: string
  readonly id: string
  readonly kind: string
  /** JSON, `null` where there are none. */
  readonly optionsJson: string
  readonly match: string
}

/** Handlers of topics. Writes take effect in the order of the calls. */
export class TopicStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async handlers(): Promise<HandlerRecord[]> {
    const rows = await this.#db.all<Omit<HandlerRecord, 'optionsJson'> & { options: string }>(
      'SELECT * FROM topic_handlers'
    )
    return rows.map(({ options, ...rest }) => ({ ...rest, optionsJson: options }))
  }

  /** Adds it, or puts it in the place of the handler of its topic that was called `replaces`. */
  async putHandler(handler: HandlerRecord, replaces = handler.id): Promise<void> {
    await this.#db.transaction(async (on) => {
      if (replaces !== handler.id) await removeHandler(on, handler.topic, replaces)
      await on.run('INSERT OR REPLACE INTO topic_handlers VALUES ($1, $2, $3, $4, $5)', [
        handler.topic,
        handler.id,
        handler.kind,
        handler.optionsJson,
        handler.match
      ])
    })
  }

  async removeHandler(topic: string, id: string): Promise<void> {
    await removeHandler(this.#db, topic, id)
  }
}

async function removeHandler(on: Statements, topic: string, id: string): Promise<void> {
  await on.run('DELETE FROM topic_handlers WHERE topic = $1 AND id = $2', [topic, id])
}
