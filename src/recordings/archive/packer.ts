import type { Instant } from '../../core/instant.ts'
import { dbrpKey } from '../../model/dbrp.ts'
import type { Schema } from '../../model/schema.ts'
import type { Series } from '../../model/series.ts'
import type { Value } from '../../model/value.ts'
import { setInstant, setInt } from './int64.ts'
import type { BatchDefinition, Definition, Parcel } from './parcel.ts'
import { TableBuffer } from './table-buffer.ts'

/** A series under its number in the archive. */
export interface PackedSeries {
  readonly id: number
  readonly table: TableBuffer
}

/** Packs points, in their order, into parcels for an archive. */
export class Packer {
  /** Points in all. */
  points = 0
  /** Points that wait. */
  waiting = 0
  readonly #tables = new Map<string, TableBuffer>()
  #seriesCount = 0
  #definitions: Definition[] = []
  #bodyCount = 0
  #bodySequences = new Int32Array(2)
  #bodyTimes = new Int32Array(2)

  /** Gives a series its number. Whoever calls remembers what it gets: a series met twice is two in the archive. */
  meet({ database: db, retentionPolicy: rp, name: measurement, tags }: Series): PackedSeries {
    const key = `${dbrpKey(db, rp)}\0${measurement}`
    let table = this.#tables.get(key)
    if (table === undefined) {
      table = new TableBuffer(this.#tables.size, (definition) => this.#definitions.push(definition))
      this.#tables.set(key, table)
      this.#definitions.push({ kind: 'table', table: table.id, db, rp, measurement })
    }
    const id = this.#seriesCount++
    this.#definitions.push({ kind: 'series', table: table.id, series: id, tags: [...tags.entries()] })
    return { id, table }
  }

  add({ id, table }: PackedSeries, time: Instant, schema: Schema, values: readonly Value[]): void {
    table.add(this.points++, id, time, schema, values)
    this.waiting++
  }

  /** The points to come arrived together at `time`. */
  body(time: Instant): void {
    const at = this.#bodyCount++
    if (2 * at >= this.#bodySequences.length) {
      this.#bodySequences = doubled(this.#bodySequences)
      this.#bodyTimes = doubled(this.#bodyTimes)
    }
    setInt(this.#bodySequences, at, this.points)
    setInstant(this.#bodyTimes, at, time)
  }

  /** A batch whose points were the last ones added. */
  batch(definition: BatchDefinition): void {
    this.#definitions.push(definition)
  }

  get isEmpty(): boolean {
    return this.waiting === 0 && this.#definitions.length === 0
  }

  take(): Parcel {
    const parcel: Parcel = {
      definitions: this.#definitions,
      chunks: [...this.#tables.values()].filter(({ rows }) => rows > 0).map((table) => table.take()),
      bodies: { count: this.#bodyCount, sequences: this.#bodySequences, times: this.#bodyTimes },
      points: this.waiting
    }
    this.#definitions = []
    this.#bodyCount = 0
    this.#bodySequences = new Int32Array(2)
    this.#bodyTimes = new Int32Array(2)
    this.waiting = 0
    return parcel
  }
}

function doubled(from: Int32Array): Int32Array<ArrayBuffer> {
  const to = new Int32Array(2 * from.length)
  to.set(from)
  return to
}
