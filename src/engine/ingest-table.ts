import type { Instant } from '../core/instant.ts'
import { LineParser, type LineParserOptions } from '../lineproto/parser.ts'
import type { Precision } from '../lineproto/precision.ts'
import { type RequiredFields, unionOfReaders } from '../model/required-fields.ts'
import { PointColumns } from '../model/point-columns.ts'
import { activity } from './activity.ts'
import type { StreamReader } from './contract.ts'

export type TableOptions = Omit<LineParserOptions, 'db' | 'rp' | 'requiredFields'>

/**
 * One database and retention policy in a shard: its parser and those that read it, tasks and recorders. A body is
 * parsed once, into the fields that any of them wants, and then given to one after the other.
 */
export class IngestTable {
  readonly db: string
  readonly rp: string
  readonly readers = new Set<StreamReader>()
  readonly #parser: LineParser
  readonly #columns = new PointColumns()
  /** Measurements of the last body. */
  readonly #names = new Set<string>()
  /** Readers that may read a measurement, by its name. */
  #byName: ReadonlyMap<string, readonly StreamReader[]> | undefined
  /** Fields that are read of every measurement. */
  #requiredByAll: RequiredFields | undefined
  /** When the points came in that deferred readers have not read yet, and their hop. */
  #unread: { readonly now: Instant; readonly hop: number } | undefined

  constructor(db: string, rp: string, options: TableOptions) {
    this.db = db
    this.rp = rp
    this.#parser = new LineParser({
      ...options,
      db,
      rp,
      requiredFields: (measurement) => this.#requiredFields(measurement)
    })
  }

  get seriesCount(): number {
    return this.#parser.seriesCount
  }

  add(reader: StreamReader): void {
    this.readers.add(reader)
    this.#requiredFieldsChanged()
  }

  remove(reader: StreamReader): void {
    if (this.readers.delete(reader)) this.#requiredFieldsChanged()
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
   * @returns The problems of a bad body. Nothing of it has been processed then, but the good lines of one that a
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
    const columns = this.#columns
    const problems = this.#parser.parse(body, precision, now, columns, hop > 0)
    const isUsed = problems === undefined || hop > 0
    const names = this.#names
    names.clear()
    this.#parser.takeCounts((name, lines) => {
      names.add(name)
      if (isUsed) count(name, lines)
    })
    if (!isUsed || columns.length === 0) columns.clear()
    else {
      this.#read(false, now, hop)
      this.#unread = { now, hop }
    }
    return problems
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
    this.#columns.clear()
  }

  #read(isDeferred: boolean, now: Instant, hop: number): void {
    for (const reader of this.readers) {
      if (reader.isDeferred !== isDeferred || !isAmong(reader.measurements, this.#names)) continue
      const before = activity.begin(reader.owner)
      reader.read(this.#columns, now, hop)
      activity.end(before)
    }
  }

  #requiredFieldsChanged(): void {
    this.#byName = undefined
    this.#parser.requiredFieldsChanged()
  }

  /** Costs as much as there are readers that name the measurement: names come from outside, and there is no end of them. */
  #requiredFields(measurement: string): RequiredFields | undefined {
    const byName = (this.#byName ??= this.#readersByName())
    let requiredFields: RequiredFields | undefined
    for (const reader of byName.get(measurement) ?? [])
      requiredFields = unionOfReaders(requiredFields, reader.requiredFields(measurement))
    return unionOfReaders(requiredFields, this.#requiredByAll)
  }

  #readersByName(): ReadonlyMap<string, readonly StreamReader[]> {
    const byName = new Map<string, StreamReader[]>()
    this.#requiredByAll = undefined
    for (const reader of this.readers) {
      for (const name of reader.measurements) {
        const readers = byName.get(name)
        if (readers === undefined) byName.set(name, [reader])
        else readers.push(reader)
      }
    }
    // What it reads of a measurement that it does not name.
    for (const reader of byName.get('') ?? [])
      this.#requiredByAll = unionOfReaders(this.#requiredByAll, reader.requiredFields(UNNAMED))
    return byName
  }
}

/** No writer can send such a name, and so no script names it. */
const UNNAMED = '\n'

function isAmong(measurements: ReadonlySet<string>, names: ReadonlySet<string>): boolean {
  for (const measurement of measurements) if (measurement === '' || names.has(measurement)) return true
  return false
}

function ignore(): void {}
