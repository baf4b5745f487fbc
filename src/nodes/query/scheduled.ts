import { awaitTime, type Timer } from '../../core/clock.ts'
import { Backoff } from '../../core/backoff.ts'
import { messageOf } from '../../core/errors.ts'
import { type Instant, isBefore } from '../../core/instant.ts'
import type { RunningGraph } from '../../graph/instantiate.ts'
import { Node, type NodeContext, StartError } from '../../graph/node.ts'
import { probe } from '../../graph/probe.ts'
import { readSchedule, type Schedule } from '../../influxdb/query/schedule.ts'
import type { InfluxCluster } from '../../influxdb/query/cluster.ts'
import { isAway } from '../../influxdb/query/errors.ts'
import type { Batch } from '../../model/batch.ts'
import { tooOften } from '../too-often.ts'

export interface ScheduledOptions {
  readonly every: bigint
  readonly cron: string
  readonly align: boolean
  readonly timezone: string
  readonly cluster: string
}

const RETRY_FIRST_MS = 250
const RETRY_MAX_MS = 30_000

/**
 * A query that is run when it is due, one run at a time. What falls due meanwhile waits, at most one; further ones are
 * left out and counted. A run that finds the database away is tried again, until the next one is due.
 */
export abstract class ScheduledQuery<O extends ScheduledOptions> extends Node<O> {
  readonly schedule: Schedule
  readonly #backoff = new Backoff(RETRY_FIRST_MS, RETRY_MAX_MS)
  readonly #abort = new AbortController()
  #timer: Timer | undefined
  #retry: Timer | undefined
  /** The run under way, or waiting to be tried again. */
  #current: Instant | undefined
  #waiting: Instant | undefined
  #batches = 0
  #points = 0
  #missed = 0

  constructor(options: O & { readonly quiet: boolean }, context: NodeContext) {
    super(options, context)
    const { every, cron, align, timezone } = options
    const read = readSchedule({ every, cron, align, zone: timezone === '' ? context.ports.timeZone : timezone })
    if (!read.ok) throw new StartError(read.error)
    const problem = every === 0n ? undefined : tooOften("'every'", every)
    if (problem !== undefined) throw new StartError(problem)
    this.schedule = read.schedule
  }

  /** What the database has for a time at which the query is due. */
  abstract ask(cluster: InfluxCluster, due: Instant, signal: AbortSignal): Promise<readonly Batch[]>

  /**
   * Refuses queries of places that are not the task's. As in Kapacitor, what is recorded is checked, and what runs
   * live; a replay asks for nothing.
   * @throws StartError where a query asks for what is no dbrp of its task.
   */
  checkPlaces(): void {}

  override get collected(): number {
    return this.#batches
  }

  /** Differs: runs that were left out are counted, in a statistic that is there once there are any. */
  override counters(): Readonly<Record<string, number>> {
    const counters = { batches_queried: this.#batches, points_queried: this.#points }
    return this.#missed === 0 ? counters : { ...counters, queries_missed: this.#missed }
  }

  /** Sends on what it would have been answered. */
  feed(batch: Batch): void {
    this.#emit(batch)
  }

  override start(): void {
    if (this.context.ports.queries === 'fed') return
    this.checkPlaces()
    const { clock, influx } = this.context.ports
    const { cluster: name } = this.options
    const cluster = influx.findCluster(name)
    if (cluster !== undefined) return this.#await(this.schedule.firstAfter(clock.now()), cluster)
    const error = `failed to get InfluxDB client: no such InfluxDB config ${name}`
    this.#timer = clock.after(0, () => this.context.fail(error))
  }

  override finish(): void {
    this.stop()
  }

  override stop(): void {
    this.#timer?.cancel()
    this.#retry?.cancel()
    this.#abort.abort()
  }

  #await(due: Instant | undefined, cluster: InfluxCluster): void {
    if (due === undefined) return
    const { clock } = this.context.ports
    this.#timer = awaitTime(clock, due, () => {
      const now = clock.now()
      // The clock was set back.
      if (isBefore(now, due)) return this.#await(this.schedule.firstAfter(now), cluster)
      this.#await(this.schedule.nextFrom(due, now), cluster)
      this.#fallDue(due, cluster)
    })
  }

  #fallDue(due: Instant, cluster: InfluxCluster): void {
    if (this.#retry !== undefined) this.#missed++
    else if (this.#current !== undefined) {
      if (this.#waiting === undefined) this.#waiting = due
      else this.#missed++
      return
    }
    this.#run(due, cluster)
  }

  #run(due: Instant, cluster: InfluxCluster, isAgain = false): void {
    const { turn } = this.context.ports
    this.#retry?.cancel()
    this.#retry = undefined
    this.#current = due
    this.ask(cluster, due, this.#abort.signal).then(
      (batches) =>
        turn(() => {
          this.#backoff.reset()
          for (const batch of batches) this.#emit(batch)
          this.#proceed(cluster)
        }),
      (error: unknown) =>
        turn(() => {
          if (this.#abort.signal.aborted) return
          if (!isAgain) this.error('error executing query', { err: messageOf(error) })
          if (isAway(error)) this.#tryAgain(due, cluster)
          else this.#proceed(cluster)
        })
    )
  }

  /** Differs: the original abandons a run when the database does not answer. */
  #tryAgain(due: Instant, cluster: InfluxCluster): void {
    if (this.#waiting === undefined) {
      this.#retry = this.context.ports.clock.after(this.#backoff.nextMs(), () => this.#run(due, cluster, true))
      return
    }
    this.#missed++
    this.#proceed(cluster)
  }

  #proceed(cluster: InfluxCluster): void {
    const due = this.#waiting
    this.#current = undefined
    this.#waiting = undefined
    if (due !== undefined) this.#run(due, cluster)
  }

  #emit(batch: Batch): void {
    this.#batches++
    this.#points += batch.points.length
    probe.isActive = probe.samplesOf(1) > 0
    try {
      this.emitBatch(batch)
    } finally {
      probe.isActive = false
    }
  }
}

/** The queries of a graph, in the order of the script. */
export function queriesOf(running: RunningGraph): ScheduledQuery<ScheduledOptions>[] {
  return running.graph.sources[0]!.children.map((child) => running.running(child)).filter(
    (node): node is ScheduledQuery<ScheduledOptions> => node instanceof ScheduledQuery
  )
}
