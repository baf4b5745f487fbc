import { type Instant, instantOfNanos, nanosOf } from '../core/instant.ts'
import type { Logger } from '../core/logger.ts'
import type { Dbrp } from '../model/dbrp.ts'
import type { Statements } from './contract.ts'
import { readRows } from './read-rows.ts'

export interface TaskRecord {
  readonly id: string
  /** '' where it has none. The template may have been deleted since. */
  readonly templateId: string
  readonly type: 'stream' | 'batch'
  /** The script as supplied, not formatted; the template's where there is one. */
  readonly script: string
  readonly dbrps: readonly Dbrp[]
  /** JSON of the vars that the client supplied. */
  readonly varsJson: string
  readonly status: 'enabled' | 'disabled'
  /** Error of the last failed start or of the end of a run; '' where there was none. */
  readonly error: string
  readonly created: Instant
  readonly modified: Instant
  /** undefined: never. */
  readonly lastEnabled: Instant | undefined
}

interface TaskRow {
  id: string
  template_id: string
  type: TaskRecord['type']
  script: string
  dbrps: string
  vars: string
  status: TaskRecord['status']
  error: string
  created: bigint
  modified: bigint
  last_enabled: bigint | null
}

export class TaskStore {
  readonly #db: Statements

  /** @param db The database, or the transaction that the changes are to be part of. */
  constructor(db: Statements) {
    this.#db = db
  }

  async all(log: Logger): Promise<TaskRecord[]> {
    return readRows(log, 'tasks', await this.#db.all<TaskRow>('SELECT * FROM tasks'), ({ id }) => id, recordOf)
  }

  /** Adds it or replaces the one of its id. */
  async put(task: TaskRecord): Promise<void> {
    await this.#db.run('INSERT OR REPLACE INTO tasks VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)', [
      task.id,
      task.templateId,
      task.type,
      task.script,
      JSON.stringify(task.dbrps),
      task.varsJson,
      task.status,
      task.error,
      nanosOf(task.created),
      nanosOf(task.modified),
      task.lastEnabled === undefined ? null : nanosOf(task.lastEnabled)
    ])
  }

  async remove(id: string): Promise<void> {
    await this.#db.run('DELETE FROM tasks WHERE id = $1', [id])
  }
}

function recordOf(row: TaskRow): TaskRecord {
  JSON.parse(row.vars)
  return {
    id: row.id,
    templateId: row.template_id,
    type: row.type,
    script: row.script,
    dbrps: JSON.parse(row.dbrps) as Dbrp[],
    varsJson: row.vars,
    status: row.status,
    error: row.error,
    created: instantOfNanos(row.created),
    modified: instantOfNanos(row.modified),
    lastEnabled: row.last_enabled === null ? undefined : instantOfNanos(row.last_enabled)
  }
}
