import { type Instant, nanosOf } from '../core/instant.ts'
import type { Batch } from '../model/batch.ts'
import type { Schema } from '../model/schema.ts'
import type { Series } from '../model/series.ts'
import { PointColumns } from '../model/point-columns.ts'
import type { Value } from '../model/value.ts'
import { Packer } from './packer.ts'
import { buffersOf } from './record-batch.ts'
import { type ArchiveType, ArchiveWriter } from './writer.ts'

/** Later than all points. */
const END_OF_TIME: Instant = { ms: Number.MAX_SAFE_INTEGER, ns: 0 }
const ALL = (): boolean => true

/** An archive for points and batches that the thread has at hand. */
export class ArchiveSink {
  readonly #writer: ArchiveWriter
  readonly #packer = new Packer(0, ALL)
  readonly #columns = new PointColumns()
  readonly #stored: (points: number) => void

  private constructor(writer: ArchiveWriter, stored: (points: number) => void) {
    this.#writer = writer
    this.#stored = stored
  }

  /** @param stored Told of points that have been handed to DuckDB. */
  static async create(
    path: string,
    type: ArchiveType,
    startedNs: bigint,
    stored: (points: number) => void,
    maxBytes?: number
  ): Promise<ArchiveSink> {
    return new ArchiveSink(await ArchiveWriter.create(path, type, startedNs, maxBytes), stored)
  }

  /** How many queries the batches answer. */
  async setQueries(count: number): Promise<void> {
    await this.#writer.setQueries(count)
  }

  /** @param series Of which this sink alone uses the slots. */
  point(series: Series, time: Instant, schema: Schema, values: readonly Value[]): void {
    this.#columns.push(series, time, schema, values)
  }

  /** Points in their order; not kept. */
  columns(points: PointColumns): void {
    const packer = this.#packer
    packer.add(points, END_OF_TIME)
    if (packer.excess !== undefined) throw new Error(packer.excess)
  }

  /** @param query Index of the query that it answers. */
  batch(query: number, { name, group, tmax, points }: Batch): void {
    this.#pack()
    const first = this.#packer.points
    for (const { series, time, schema, values } of points) this.#columns.push(series, time, schema, values)
    this.#pack()
    this.#packer.batch({
      kind: 'batch',
      query,
      first,
      points: points.length,
      name,
      tags: [...group.tags.entries()],
      byName: group.dimensions.byName,
      tmaxNs: nanosOf(tmax)
    })
  }

  /** Writes where enough waits. Callers await it now and then. */
  async flush(isLast = false): Promise<void> {
    this.#pack()
    if (this.#packer.isEmpty || (!this.#packer.isFull && !isLast)) return
    const recordBatch = this.#packer.take()
    await this.#writer.write(recordBatch)
    this.#packer.buffers.give(buffersOf(recordBatch))
    this.#stored(recordBatch.points)
  }

  async finish(endedNs: bigint): Promise<void> {
    await this.flush(true)
    await this.#writer.finish(endedNs)
  }

  close(): void {
    this.#writer.close()
  }

  #pack(): void {
    if (this.#columns.length === 0) return
    this.columns(this.#columns)
    this.#columns.clear()
  }
}
