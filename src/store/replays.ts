import { type Instant, instantOfNanos, nanosOf } from '../core/instant.ts'
import type { Statements } from './contract.ts'
import type { RunStatus } from './recordings.ts'

export interface ReplayRecord {
  readonly id: string
  /** '' where it was of no recording. */
  readonly recording: string
  readonly task: string
  /** Points keep their times; otherwise the first one gets the time of the replay. */
  readonly recordingTime: boolean
  readonly clock: 'fast' | 'real'
  /** When the replay ended; while it runs, when it began. */
  readonly date: Instant
  readonly error: string
  readonly status: RunStatus
  /** Progress from 0 to 1. */
  readonly progress: number
  /** JSON of the statistics of its run; '' where it did not run. */
  readonly statsJson: string
}

interface ReplayRow extends Omit<ReplayRecord, 'recordingTime' | 'date' | 'statsJson'> {
  recording_time: boolean
  date: bigint
  stats: string
}

export class ReplayStore {
  readonly #db: Statements

  constructor(db: Statements) {
    this.#db = db
  }

  async all(): Promise<ReplayRecord[]> {
    const rows = await this.#db.all<ReplayRow>('SELECT * FROM replays')
    return rows.map(({ recording_time: recordingTime, date, stats: statsJson, ...row }) => {
      return { ...row, recordingTime, date: instantOfNanos(date), statsJson }
    })
  }

  /** Adds it or replaces the one of its id. */
  async put(replay: ReplayRecord): Promise<void> {
    await this.#db.run('INSERT OR REPLACE INTO replays VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)', [
      replay.id,
      replay.recording,
      replay.task,
      replay.recordingTime,
      replay.clock,
      nanosOf(replay.date),
      replay.error,
      replay.status,
      replay.progress,
      replay.statsJson
    ])
  }

  async remove(id: string): Promise<void> {
    await this.#db.run('DELETE FROM replays WHERE id = $1', [id])
  }
}
