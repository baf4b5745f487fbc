import type { Instant } from '../core/instant.ts'
import { dbrpKey } from '../model/dbrp.ts'
import type { Series } from '../model/series.ts'
import type { PointColumns } from '../model/point-columns.ts'
import { Buffers } from './buffers.ts'
import { ArchiveLimits } from './archive-limits.ts'
import { setInstant, setInt } from './int64.ts'
import { type ArchiveDefinition, type BatchDefinition, buffersOf, type RecordBatch } from './record-batch.ts'
import { TableBuffer } from './table-buffer.ts'

const PARCEL_POINTS = 20_480
const PARCEL_CHARS = 4 * 1024 * 1024

/** A series under its number in the archive. */
interface PackedSeries {
  readonly id: number
  readonly table: TableBuffer
}

/** Packs points, in their order, into record batches for an archive. */
export class Packer {
  readonly buffers = new Buffers()
  /** Points in all. */
  points = 0
  /** Points that wait. */
  waiting = 0
  readonly #meter = { chars: 0 }
  /** Slot of a series that says what it is packed as; null where nobody wants it. */
  readonly #slot: number
  readonly #isWanted: (measurement: string) => boolean
  readonly #tables = new Map<string, TableBuffer>()
  readonly #limits = new ArchiveLimits()
  #seriesCount = 0
  #definitions: ArchiveDefinition[] = []
  #bodyCount = 0
  #bodySequences = new Int32Array(2)
  #bodyTimes = new Int32Array(2)
  #seriesIds = new Int32Array(1024)

  constructor(slot: number, isWanted: (measurement: string) => boolean) {
    this.#slot = slot
    this.#isWanted = isWanted
  }

  /** Why the archive can take no more, and not what waits either; undefined: it can. */
  get excess(): string | undefined {
    return this.#limits.excess
  }

  /**
   * Takes over the points that are wanted, up to the first of them that is later than `stop`.
   * @param arrival When they came in, together.
   * @returns false where it came to a later one.
   */
  add(columns: PointColumns, stop: Instant, arrival?: Instant): boolean {
    const { series, schemas, times, length } = columns
    if (length > this.#seriesIds.length) this.#seriesIds = new Int32Array(2 * length)
    const ids = this.#seriesIds
    const slot = this.#slot
    const before = this.points
    const { ms: stopMs, ns: stopNs } = stop
    // Points that follow one another and lie alike are taken over a column at a time.
    let start = 0
    let table: TableBuffer | null = null
    let i = 0
    for (; i < length; i++) {
      const current = series[i]!
      const packed = (current.slots[slot] ?? this.#meet(current)) as PackedSeries | null
      const next = packed === null ? null : packed.table
      if (next !== table || schemas[i] !== schemas[start]) {
        if (table !== null) this.#addRun(table, columns, start, i)
        start = i
        table = next
      }
      if (packed === null) continue
      const { ms, ns } = times[i]!
      if (ms > stopMs || (ms === stopMs && ns > stopNs)) break
      ids[i] = packed.id
    }
    if (table !== null && i > start) this.#addRun(table, columns, start, i)
    if (arrival !== undefined && this.points > before) this.#body(before, arrival)
    return i === length
  }

  /** A batch whose points were the last ones added. */
  batch(definition: BatchDefinition): void {
    this.#define(definition)
  }

  /** Whether enough waits for a batch of records. */
  get isFull(): boolean {
    return this.waiting >= PARCEL_POINTS || this.#meter.chars >= PARCEL_CHARS
  }

  get isEmpty(): boolean {
    return this.waiting === 0 && this.#definitions.length === 0
  }

  take(): RecordBatch {
    const chunks = [...this.#tables.values()].filter(({ rows }) => rows > 0).map((table) => table.take())
    const recordBatch: RecordBatch = {
      definitions: this.#definitions,
      chunks,
      bodies: { count: this.#bodyCount, sequences: this.#bodySequences, times: this.#bodyTimes },
      points: this.waiting,
      bytes: buffersOf({ chunks }).reduce((sum, { byteLength }) => sum + byteLength, this.#meter.chars)
    }
    this.#meter.chars = 0
    this.#definitions = []
    this.#bodyCount = 0
    this.#bodySequences = new Int32Array(2)
    this.#bodyTimes = new Int32Array(2)
    this.waiting = 0
    return recordBatch
  }

  /** A series met twice, after its table was forgotten, is two in the archive. */
  #meet(series: Series): PackedSeries | null {
    const { database: db, retentionPolicy: rp, name: measurement, tags, slots } = series
    if (slots[this.#slot] === null || !this.#isWanted(measurement)) return (slots[this.#slot] = null)
    const key = `${dbrpKey(db, rp)}\0${measurement}`
    let table = this.#tables.get(key)
    if (table === undefined) {
      table = new TableBuffer(this.#tables.size, this.buffers, this.#meter, (definition) => this.#define(definition))
      this.#tables.set(key, table)
      this.#define({ kind: 'table', table: table.id, db, rp, measurement })
    }
    const packed = { id: this.#seriesCount++, table }
    this.#define({ kind: 'series', table: table.id, series: packed.id, tags: [...tags.entries()] })
    slots[this.#slot] = packed
    return packed
  }

  #define(definition: ArchiveDefinition): void {
    this.#definitions.push(definition)
    this.#limits.count(definition)
  }

  #addRun(table: TableBuffer, columns: PointColumns, from: number, to: number): void {
    if (this.excess !== undefined) return
    table.add(this.points, columns, this.#seriesIds, from, to)
    this.points += to - from
    this.waiting += to - from
  }

  #body(sequence: number, time: Instant): void {
    const at = this.#bodyCount++
    if (2 * at >= this.#bodySequences.length) {
      this.#bodySequences = doubled(this.#bodySequences)
      this.#bodyTimes = doubled(this.#bodyTimes)
    }
    setInt(this.#bodySequences, at, sequence)
    setInstant(this.#bodyTimes, at, time)
  }
}

function doubled(from: Int32Array): Int32Array<ArrayBuffer> {
  const to = new Int32Array(2 * from.length)
  to.set(from)
  return to
}
