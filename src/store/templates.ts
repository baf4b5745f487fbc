import { type Instant, instantOfNanos, nanosOf } from '../core/instant.ts'
import type { Statements } from './contract.ts'

export interface TemplateRecord {
  readonly id: string
  readonly type: 'stream' | 'batch'
  /** The script as supplied, not formatted. */
  readonly script: string
  readonly error: string
  readonly created: Instant
  readonly modified: Instant
}

interface TemplateRow {
  id: string
  type: TemplateRecord['type']
  script: string
  error: string
  created: bigint
  modified: bigint
}

export class TemplateStore {
  readonly #db: Statements

  /** @param db The database, or the transaction that the changes are to be part of. */
  constructor(db: Statements) {
    this.#db = db
  }

  async all(): Promise<TemplateRecord[]> {
    return (await this.#db.all<TemplateRow>('SELECT * FROM templates')).map((row) => ({
      ...row,
      created: instantOfNanos(row.created),
      modified: instantOfNanos(row.modified)
    }))
  }

  /** Adds it or replaces the one of its id. */
  async put(template: TemplateRecord): Promise<void> {
    await this.#db.run('INSERT OR REPLACE INTO templates VALUES ($1, $2, $3, $4, $5, $6)', [
      template.id,
      template.type,
      template.script,
      template.error,
      nanosOf(template.created),
      nanosOf(template.modified)
    ])
  }

  async remove(id: string): Promise<void> {
    await this.#db.run('DELETE FROM templates WHERE id = $1', [id])
  }
}
