import type { Timer } from '../../core/clock.ts'
import { Backoff } from '../../core/backoff.ts'
import { messageOf } from '../../core/errors.ts'
import { Fifo } from '../../core/fifo.ts'
import type { LogFields } from '../../core/logger.ts'
import type { NodeContext } from '../../graph/node.ts'
import type { InfluxCluster, WritePlace } from '../../influxdb/query/cluster.ts'
import { isAway } from '../../influxdb/query/errors.ts'
import { formatIdentifier } from '../../influxdb/influxql/format.ts'

/** What is written at once. */
export interface WriteBody {
  readonly database: string
  readonly retentionPolicy: string
  readonly lines: string
  readonly points: number
  /** Points that belong to it and cannot be written. */
  readonly unwritable: { readonly points: number; readonly reason: string } | undefined
}

type WriteJob =
  WriteBody | { readonly statement: string; readonly points: 0; readonly lines: ''; readonly unwritable: undefined }

export type Fail = (message: string, details: LogFields) => void

/** Characters that wait in one node at most. Past that the oldest points go, counted. */
const MAX_CHARS = 64 * 1024 * 1024
const RETRY_FIRST_MS = 250
const RETRY_MAX_MS = 30_000
/** A task that stops does not wait longer for a database that does not answer. */
const LAST_ATTEMPTS = 3

/**
 * Writes one body after the other, in order. While the database does not answer, bodies wait and are tried again;
 * writers are held up only while it does answer.
 * Differs: the original drops what it cannot write at the first attempt.
 */
export class WriteQueue {
  readonly #cluster: InfluxCluster
  readonly #fixed: Pick<WritePlace, 'precision' | 'consistency'>
  readonly #context: NodeContext
  readonly #fail: Fail
  /** The one that is dealt with; the others wait. */
  #current: WriteJob | undefined
  readonly #jobs = new Fifo<WriteJob>()
  readonly #backoff = new Backoff(RETRY_FIRST_MS, RETRY_MAX_MS)
  #chars = 0
  /** Points that wait, and how many of them the engine knows of. */
  #points = 0
  #told = 0
  #retry: Timer | undefined
  #isAway = false
  #isFinishing = false
  #hasStopped = false
  #lastAttempts = LAST_ATTEMPTS
  #written = 0
  #errors = 0
  #dropped = 0

  constructor(
    cluster: InfluxCluster,
    fixed: Pick<WritePlace, 'precision' | 'consistency'>,
    context: NodeContext,
    fail: Fail
  ) {
    this.#cluster = cluster
    this.#fixed = fixed
    this.#context = context
    this.#fail = fail
  }

  /** Differs: points that were given up are counted, in a statistic that is there once there are any. */
  counters(): Readonly<Record<string, number>> {
    const counters = { points_written: this.#written, write_errors: this.#errors }
    return this.#dropped === 0 ? counters : { ...counters, points_dropped: this.#dropped }
  }

  create(database: string, retentionPolicy: string): void {
    const policy = retentionPolicy === '' ? '' : ` WITH NAME ${formatIdentifier(retentionPolicy, true)}`
    const statement = `CREATE DATABASE ${formatIdentifier(database, true)}${policy}`
    this.#push({ statement, points: 0, lines: '', unwritable: undefined })
  }

  add(body: WriteBody): void {
    // Differs: says what is missing, where the original sends an empty name.
    if (body.database === '') return this.#refuse(body, 'the points have no database, set one with .database()')
    const { unwritable } = body
    if (unwritable !== undefined) this.#refuse({ ...body, points: unwritable.points }, unwritable.reason)
    if (body.points === 0) return
    this.#push(body)
    while (this.#chars > MAX_CHARS && this.#jobs.length > 0) {
      const { points } = this.#take()!
      this.#forget(points)
      this.#fail('too many points wait for InfluxDB, dropped the oldest', { points })
    }
    this.#report()
  }

  /** No more will come: the rest is waited for, though not forever. */
  finish(): void {
    this.#isFinishing = true
    this.#report()
    if (this.#retry === undefined) return
    this.#retry.cancel()
    this.#attempt(false)
  }

  /** What has not been written then, since the task failed, gets one attempt more that nobody waits for. */
  stop(): void {
    this.#hasStopped = true
    if (this.#retry !== undefined) {
      this.#retry.cancel()
      this.#attempt(false)
    }
    for (let job = this.#take(); job !== undefined; job = this.#take()) {
      this.#current = job
      this.#attempt(false)
    }
  }

  #push(job: WriteJob): void {
    this.#jobs.push(job)
    this.#chars += job.lines.length
    this.#points += job.points
    this.#report()
    if (this.#current === undefined) this.#proceed()
  }

  #take(): WriteJob | undefined {
    const job = this.#jobs.shift()
    this.#chars -= job?.lines.length ?? 0
    return job
  }

  #proceed(): void {
    this.#current = this.#take()
    if (this.#current !== undefined) this.#attempt(true)
  }

  #attempt(isFirst: boolean): void {
    const { turn } = this.#context.ports
    const job = this.#current!
    this.#retry = undefined
    this.#send(job).then(
      () => turn(() => this.#succeed(job)),
      (error: unknown) => (this.#hasStopped ? this.#lost(job, error) : turn(() => this.#failed(job, error, isFirst)))
    )
  }

  #lost({ points }: WriteJob, error: unknown): void {
    const { name, ports } = this.#context
    ports.log.error(name, 'points of a task that has ended were lost', { points, err: messageOf(error) })
  }

  #send(job: WriteJob): Promise<unknown> {
    if ('statement' in job) return this.#cluster.query(job.statement)
    const { database, retentionPolicy, lines } = job
    return this.#cluster.write({ database, retentionPolicy, ...this.#fixed }, lines)
  }

  #succeed(job: WriteJob): void {
    this.#isAway = false
    this.#backoff.reset()
    // Points of a bad body count as written, as in the original, where InfluxDB answers for the whole body with the
    // error of its bad lines.
    if (job.unwritable === undefined) this.#written += job.points
    this.#done(job)
  }

  #failed(job: WriteJob, error: unknown, isFirst: boolean): void {
    const { name, ports } = this.#context
    const err = messageOf(error)
    this.#isAway = isAway(error)
    if (isFirst && 'statement' in job) ports.log.error(name, 'failed to create database', { err })
    else if (isFirst) this.#refuse(job as WriteBody, err)
    if (!this.#isAway) return this.#done(job)
    if (this.#isFinishing && --this.#lastAttempts === 0) return this.#giveUp(err)
    this.#report()
    this.#retry = ports.clock.after(this.#backoff.nextMs(), () => this.#attempt(false))
  }

  #refuse({ points, database, retentionPolicy }: WriteBody, err: string): void {
    this.#errors++
    this.#fail('failed to write points to InfluxDB', { err, points, database, retentionPolicy })
  }

  #done({ points }: WriteJob): void {
    this.#points -= points
    this.#report()
    this.#proceed()
  }

  #giveUp(err: string): void {
    const points = this.#points
    while (this.#take() !== undefined);
    this.#current = undefined
    this.#forget(points)
    this.#fail('InfluxDB did not answer before the task stopped, points are lost', { points, err })
    this.#report()
  }

  #forget(points: number): void {
    this.#points -= points
    this.#dropped += points
  }

  /** Tells the engine how much is unfinished: it holds up writers for that, or the end of the task. */
  #report(): void {
    const unfinished = this.#isAway && !this.#isFinishing ? 0 : this.#points
    if (unfinished === this.#told) return
    const delta = unfinished - this.#told
    this.#told = unfinished
    this.#context.ports.pending(delta)
  }
}
