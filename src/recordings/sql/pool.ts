import { type Clock, type Timer, wallClock } from '../../core/clock.ts'
import { AppError, defineError } from '../../core/errors.ts'
import { SqlProcess } from './process.ts'
import { type SqlQuery, SqlTooLong } from './query.ts'

const SqlBusy = defineError('SQL_BUSY', 503, () => 'too many queries run, try again later')

const AT_A_TIME = 2
const MAX_WAITING = 32
const IDLE_MS = 60_000

/** A query that waits for a process. */
interface Turn {
  readonly begin: () => void
  readonly giveUp: (error: AppError) => void
}

/**
 * Runs users' SQL in processes of its own: some queries at a time, others wait. Of those the newest comes first, since
 * it has the most of its time left; the time that a query may take counts its wait.
 */
export class SqlPool {
  readonly #clock: Clock
  readonly #idle: SqlProcess[] = []
  readonly #all = new Set<SqlProcess>()
  readonly #waiting: Turn[] = []
  #running = 0
  #idleTimer: Timer | undefined
  #isClosed = false

  constructor(clock: Clock = wallClock) {
    this.#clock = clock
  }

  /**
   * The body of the answer.
   * Fails with SQL_BUSY, SQL_CHANGES, SQL_HIDDEN, SQL_REFUSED, SQL_TOO_LONG, SQL_TOO_LARGE or SQL_FAILED.
   */
  async run(query: SqlQuery): Promise<Uint8Array> {
    const { rows, timeoutMs } = query.limits
    const untilMs = this.#clock.elapsedMs() + timeoutMs
    await this.#turn(timeoutMs)
    try {
      const leftMs = Math.max(1, Math.floor(untilMs - this.#clock.elapsedMs()))
      return await this.#runOnProcess({ ...query, limits: { rows, timeoutMs: leftMs } })
    } catch (error) {
      throw error instanceof AppError && error.code === 'SQL_TOO_LONG' ? SqlTooLong(timeoutMs) : error
    } finally {
      this.#running--
      this.#waiting.pop()?.begin()
    }
  }

  /** Ends the queries that run. */
  close(): void {
    this.#isClosed = true
    this.#idleTimer?.cancel()
    for (const turn of this.#waiting.splice(0)) turn.giveUp(SqlBusy())
    for (const child of this.#all) child.kill()
  }

  async #turn(timeoutMs: number): Promise<void> {
    if (this.#isClosed || this.#waiting.length >= MAX_WAITING) throw SqlBusy()
    if (this.#running >= AT_A_TIME) {
      await new Promise<void>((resolve, reject) => {
        const timer = this.#clock.after(timeoutMs, () => turn.giveUp(SqlBusy()))
        const leave = (): void => {
          timer.cancel()
          const place = this.#waiting.indexOf(turn)
          if (place >= 0) this.#waiting.splice(place, 1)
        }
        const turn: Turn = {
          begin: () => {
            leave()
            this.#running++
            resolve()
          },
          giveUp: (error) => {
            leave()
            reject(error)
          }
        }
        this.#waiting.push(turn)
      })
    } else this.#running++
  }

  async #runOnProcess(query: SqlQuery): Promise<Uint8Array> {
    this.#idleTimer?.cancel()
    const child = this.#idle.pop() ?? new SqlProcess(this.#clock)
    this.#all.add(child)
    try {
      return await child.run(query)
    } finally {
      if (child.isAlive && !this.#isClosed) this.#idle.push(child)
      else this.#all.delete(child)
      this.#idleTimer?.cancel()
      if (!this.#isClosed) this.#idleTimer = this.#clock.after(IDLE_MS, () => this.#endIdle())
    }
  }

  #endIdle(): void {
    for (const child of this.#idle.splice(0)) {
      child.kill()
      this.#all.delete(child)
    }
  }
}
