import type { Instant } from '../core/instant.ts'
import type { IngressCount } from '../graph/task.ts'
import type { Precision } from '../lineproto/precision.ts'
import { type Dbrp, dbrpKey } from '../model/dbrp.ts'
import type { LoopedLoss } from '../model/looped.ts'
import type { EngineSettings, StreamReader } from './contract.ts'
import { IngestTable, type TableOptions } from './ingest-table.ts'
import { Ingress } from './ingress.ts'
import { SeriesSlots } from './series-slots.ts'

export type StreamSettings = Pick<EngineSettings, 'maxSeries' | 'maxSeriesBytes' | 'lineLimits' | 'maxPending'>

/** Series that are remembered of what nobody reads. */
const MAX_UNREAD_SERIES = 10_000
/** So much is told of why lines of a loopback node were refused. */
const MAX_REASON_CHARS = 500

/** What is written to a shard, on its way to those that read it. */
export class Streams {
  /** Numbers below which readers keep things on series. */
  readonly slots = new SeriesSlots()
  /** Lines that were refused since they hold more than one line may. */
  linesOverLimit = 0
  readonly #settings: StreamSettings
  readonly #now: () => Instant
  readonly #tables = new Map<string, IngestTable>()
  readonly #ingress = new Ingress()
  /** Checks what no task reads. */
  readonly #unread: IngestTable
  #written: IngestTable

  constructor(settings: StreamSettings, now: () => Instant) {
    this.#settings = settings
    this.#now = now
    this.#unread = new IngestTable('', '', { ...this.#tableOptions(), maxSeries: MAX_UNREAD_SERIES })
    this.#written = this.#unread
  }

  add(reader: StreamReader, dbrps: readonly Dbrp[]): void {
    for (const { db, rp } of dbrps) this.#table(db, rp).add(reader)
  }

  remove(reader: StreamReader, dbrps: readonly Dbrp[]): void {
    for (const { db, rp } of dbrps) {
      const key = dbrpKey(db, rp)
      const table = this.#tables.get(key)
      table?.remove(reader)
      if (table?.readers.size === 0) this.#tables.delete(key)
    }
  }

  /** @param slots Below which nobody looks any more. */
  releaseSlots(slots: readonly number[]): void {
    for (const table of this.#tables.values()) table.clearSlots(slots)
    this.slots.release(slots)
  }

  /**
   * Takes a body in. The answer waits while a task that reads it has too much work under way.
   * @param isCounted False where another shard counts its points.
   * @returns The problems of a bad body; undefined where all of it has been processed.
   */
  write(
    db: string,
    rp: string,
    precision: Precision,
    body: Buffer,
    isCounted: boolean
  ): string | undefined | Promise<undefined> {
    const table = this.#tableOf(db, rp)
    return this.#take(table, db, rp, precision, body, isCounted, 0) ?? this.#whenDrained(table, 0)
  }

  /**
   * Takes in what a loopback node wrote, maybe one of another shard. The good lines of a body with bad ones are used.
   * @param hop How many times tasks have written it back, counted from 1.
   * @returns What was refused of it, or undefined; a promise where its readers have too much under way, until that is
   *   finished which comes of points of this hop.
   */
  writeLooped(
    db: string,
    rp: string,
    body: Buffer,
    isCounted: boolean,
    hop: number
  ): LoopedLoss | undefined | Promise<undefined> {
    const table = this.#tableOf(db, rp)
    const problems = this.#take(table, db, rp, 'n', body, isCounted, hop)
    if (problems === undefined) return this.#whenDrained(table, hop)
    return { points: table.badLines, reason: problems.slice(0, MAX_REASON_CHARS) }
  }

  /** Ends a write; called when its answer is on its way, before anything else. */
  finishWrite(): void {
    this.#written.finish()
  }

  get seriesCount(): number {
    let count = 0
    for (const table of this.#tables.values()) count += table.seriesCount
    return count
  }

  /** Points that came in since the start of the shard. */
  get ingress(): readonly IngressCount[] {
    return this.#ingress.counts
  }

  #tableOf(db: string, rp: string): IngestTable {
    return (this.#written = this.#tables.get(dbrpKey(db, rp)) ?? this.#unread)
  }

  #take(
    table: IngestTable,
    db: string,
    rp: string,
    precision: Precision,
    body: Buffer,
    isCounted: boolean,
    hop: number
  ): string | undefined {
    const count = (measurement: string, points: number): void => {
      if (isCounted) this.#ingress.add(db, rp, measurement, points)
    }
    return table.write(body, precision, this.#now(), count, hop)
  }

  #whenDrained({ readers }: IngestTable, hop: number): undefined | Promise<undefined> {
    for (const reader of readers) {
      if (reader.pendingFor(hop) > this.#settings.maxPending) return reader.whenDrainedFor(hop).then()
    }
    return undefined
  }

  #table(db: string, rp: string): IngestTable {
    const key = dbrpKey(db, rp)
    let table = this.#tables.get(key)
    if (table === undefined) {
      table = new IngestTable(db, rp, { ...this.#tableOptions(), slotCount: () => this.slots.count })
      this.#tables.set(key, table)
    }
    return table
  }

  #tableOptions(): TableOptions {
    const { maxSeries, maxSeriesBytes, lineLimits } = this.#settings
    return { maxSeries, maxSeriesBytes, limits: lineLimits, onOverLimit: () => this.linesOverLimit++ }
  }
}
