import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../core/clock.ts'
import { defineError, fromWire } from '../../core/errors.ts'
import type { SqlOutcome } from './child.ts'
import { type SqlQuery, SqlTooLong } from './query.ts'

const SqlFailed = defineError('SQL_FAILED', 500, () => 'the process that ran the query died')

const ENTRY = new URL(`../../../workers/sql${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
/** Time that a process has, beyond that of the query, to end it by itself. */
const GRACE_MS = 1000
/** What little a process needs to know of its surroundings; no secret is among it. */
const ENVIRONMENT = ['PATH', 'TZ', 'NODE_OPTIONS', 'SystemRoot']

/** A process that runs queries, one at a time. It holds up nobody's exit. */
export class SqlProcess {
  readonly #clock: Pick<Clock, 'after'>
  readonly #child: ChildProcess
  isAlive = true
  /** Takes what becomes of the query; undefined where the process is gone. */
  #told: (outcome: SqlOutcome | undefined) => void = () => {}

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock
    const env = Object.fromEntries(ENVIRONMENT.map((name) => [name, process.env[name]]))
    this.#child = fork(fileURLToPath(ENTRY), {
      env,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc']
    })
    this.#child.on('error', () => this.kill())
    this.#child.on('message', (outcome) => this.#told(outcome as SqlOutcome))
    this.#child.once('exit', () => {
      this.isAlive = false
      this.#told(undefined)
    })
    this.#child.unref()
    this.#child.channel?.unref()
  }

  /**
   * The body of the answer.
   * Fails with SQL_CHANGES, SQL_HIDDEN, SQL_REFUSED, SQL_TOO_LONG, SQL_TOO_LARGE or SQL_FAILED; the process may be dead then.
   */
  async run(query: SqlQuery): Promise<Uint8Array> {
    const child = this.#child
    const { timeoutMs } = query.limits
    let isLate = false
    const timer = this.#clock.after(timeoutMs + GRACE_MS, () => {
      isLate = true
      this.kill()
    })
    try {
      const outcome = await new Promise<SqlOutcome | undefined>((resolve) => {
        this.#told = resolve
        if (!this.isAlive) return resolve(undefined)
        child.send(query, (error) => error !== null && resolve(undefined))
      })
      if (outcome === undefined) throw isLate ? SqlTooLong(timeoutMs) : SqlFailed()
      if ('error' in outcome) {
        // It is about to end itself.
        if (outcome.error.code === 'SQL_TOO_LARGE') this.kill()
        throw fromWire(outcome.error)
      }
      return outcome.body
    } finally {
      timer.cancel()
    }
  }

  kill(): void {
    this.isAlive = false
    this.#child.kill('SIGKILL')
  }
}
