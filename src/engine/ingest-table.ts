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
  /** Measurements of the last body. */
  readonly #names = new Set<string>()
  /** Those that may read a measurement, by its name. */
  #byName: ReadonlyMap<string, readonly StreamReader[]> | undefined
  /** Fields that are read of every measurement. */
  #demandForAll: FieldDemand | undefined
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
    this.#demandChanged()
  }

  remove(reader: StreamReader): void {
    if (this.readers.delete(reader)) this.#demandChanged()
  }

  /** Takes what nodes derived off the series, so that others may have the numbers. */
  clearSlots(slots: readonly number[]): void {
    for (const { slots: held } of this.#parser.series()) {
      for (const slot of slots) if (slot < held.length) held[slot] = undefined
    }
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
    const names = this.#names
    names.clear()
    this.#parser.takeCounts((name, lines) => {
      names.add(name)
      if (isUsed) count(name, lines)
    })
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
      if (reader.isDeferred !== isDeferred || !isAmong(reader.measurements, this.#names)) continue
      const before = activity.begin(reader.owner)
      reader.read(this.#staged, now, hop)
      activity.end(before)
    }
  }

  #demandChanged(): void {
    this.#byName = undefined
    this.#parser.demandChanged()
  }

  /** Costs as much as there are readers that name the measurement: names come from outside, and there is no end of them. */
  #demand(measurement: string): FieldDemand | undefined {
    const byName = (this.#byName ??= this.#readersByName())
    let demand: FieldDemand | undefined
    for (const reader of byName.get(measurement) ?? []) demand = union(demand, reader.demand(measurement))
    return union(demand, this.#demandForAll)
  }

  #readersByName(): ReadonlyMap<string, readonly StreamReader[]> {
    const byName = new Map<string, StreamReader[]>()
    this.#demandForAll = undefined
    for (const reader of this.readers) {
      for (const name of reader.measurements) {
        const readers = byName.get(name)
        if (readers === undefined) byName.set(name, [reader])
        else readers.push(reader)
      }
    }
    // What it reads of a measurement that it does not name.
    for (const reader of byName.get('') ?? []) this.#demandForAll = union(this.#demandForAll, reader.demand(UNNAMED))
    return byName
  }
}

/** No writer can send such a name, and so no script names it. */
const UNNAMED = '\n'

function union(a: FieldDemand | undefined, b: FieldDemand | undefined): FieldDemand | undefined {
  return a === undefined || b === undefined ? (a ?? b) : unionOfDemands(a, b)
}

function isAmong(measurements: ReadonlySet<string>, names: ReadonlySet<string>): boolean {
  for (const measurement of measurements) if (measurement === '' || names.has(measurement)) return true
  return false
}

function ignore(): void {}
