import type { Instant } from '../core/instant.ts'
import { LineParser, type LineParserOptions } from '../lineproto/parser.ts'
import type { Precision } from '../lineproto/precision.ts'
import { type FieldDemand, unionOfDemands } from '../model/demand.ts'
import { Staged } from '../model/staged.ts'
import { activity } from './activity.ts'
import type { StreamReader } from './contract.ts'

export type TableOptions = Omit<LineParserOptions, 'db' | 'rp' | 'demand'>

/**
 * One database and retention policy in a shard: its parser and those that read it, tasks and recorders. A body is
 * parsed once, into the fields that any of them wants, and then given to one after the other.
 */
export class IngestTable {
  readonly db: string
  readonly rp: string
  readonly readers = new Set<StreamReader>()
  readonly #parser: LineParser
  readonly #staged = new Staged()
  /** When the points came in that deferred readers have not read yet, and their hop. */
  #unread: { readonly now: Instant; readonly hop: number } | undefined

  constructor(db: string, rp: string, options: TableOptions) {
    this.db = db
    this.rp = rp
    this.#parser = new LineParser({ ...options, db, rp, demand: (measurement) => this.#demand(measurement) })
  }

  get seriesCount(): number {
    return this.#parser.seriesCount
  }

  add(reader: StreamReader): void {
    this.readers.add(reader)
    this.#parser.demandChanged()
  }

  remove(reader: StreamReader): void {
    if (this.readers.delete(reader)) this.#parser.demandChanged()
  }

  /** Takes what nodes derived off the series, so that others may have the numbers. */
  clearSlots(slots: readonly number[]): void {
    for (const series of this.#parser.series()) for (const slot of slots) series.slots[slot] = undefined
  }

  /**
   * Deferred readers get it with `finish`, or at the latest before the next body.
   * @param count Is told of the lines of a good body, by measurement.
   * @param hop How many times tasks have written the points back.
   * @returns The complaints about a bad body. Nothing of it has been processed then, but the good lines of one that a
   *   task wrote back.
   */
  write(
    body: Buffer,
    precision: Precision,
    now: Instant,
    count: (measurement: string, lines: number) => void = ignore,
    hop = 0
  ): string | undefined {
    this.finish()
    const staged = this.#staged
    const complaints = this.#parser.parse(body, precision, now, staged, hop > 0)
    const isUsed = complaints === undefined || hop > 0
    this.#parser.takeCounts(isUsed ? count : ignore)
    if (!isUsed || staged.length === 0) staged.clear()
    else {
      this.#read(false, now, hop)
      this.#unread = { now, hop }
    }
    return complaints
  }

  /** Bad lines of the last body. */
  get badLines(): number {
    return this.#parser.badLines
  }

  /** Lets deferred readers read the last body. */
  finish(): void {
    if (this.#unread === undefined) return
    this.#read(true, this.#unread.now, this.#unread.hop)
    this.#unread = undefined
    this.#staged.clear()
  }

  #read(isDeferred: boolean, now: Instant, hop: number): void {
    for (const reader of this.readers) {
      if (reader.isDeferred !== isDeferred) continue
      const before = activity.begin(reader.owner)
      reader.read(this.#staged, now, hop)
      activity.end(before)
    }
  }

  #demand(measurement: string): FieldDemand | undefined {
    let demand: FieldDemand | undefined
    for (const reader of this.readers) {
      const wanted = reader.demand(measurement)
      if (wanted !== undefined) demand = demand === undefined ? wanted : unionOfDemands(demand, wanted)
    }
    return demand
  }
}

function ignore(): void {}
