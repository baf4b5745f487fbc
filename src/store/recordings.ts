import { type Instant, instantOfNanos, nanosOf } from '../core/instant.ts'
import type { Statements } from './contract.ts'

export type RunStatus = 'running' | 'finished' | 'failed'

export interface RecordingRecord {
  readonly id: string
  readonly type: 'stream' | 'batch'
  /** Size of the file, in bytes; -1 where none was made. */
  readonly size: number
  /** When the recording ended; while it runs, when it began. */
  readonly date: Instant
  readonly error: string
  readonly status: RunStatus
  /** Progress from 0 to 1. */
  readonly progress: number
}

interface RecordingRow extends Omit<RecordingRecord, 'size' | 'date'> {
  size: bigint
  date: bigint
}

export class RecordingStore {
  readonly #db: Statements

  constructor(db: Statements) {
    this.#db = db
  }

  async all(): Promise<RecordingRecord[]> {
    const rows = await this.#db.all<RecordingRow>('SELECT * FROM recordings')
    return rows.map(({ size, date, ...row }) => ({ ...row, size: Number(size), date: instantOfNanos(date) }))
  }

  /** Adds it or replaces the one of its id. */
  async put({ id, type, size, date, error, status, progress }: RecordingRecord): Promise<void> {
    const row = [id, type, size, nanosOf(date), error, status, progress]
    await this.#db.run('INSERT OR REPLACE INTO recordings VALUES ($1, $2, $3, $4, $5, $6, $7)', row)
  }

  async remove(id: string): Promise<void> {
    await this.#db.run('DELETE FROM recordings WHERE id = $1', [id])
  }
}
