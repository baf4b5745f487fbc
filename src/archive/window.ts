import type { Instant } from '../core/instant.ts'
import type { PointColumns } from '../model/point-columns.ts'
import { instantAt, safeIntAt } from './int64.ts'
import type { Columns } from './read-vectors.ts'
import type { TableRows } from './table-rows.ts'

/** A stretch of an archive: the points of all tables that are read, put back into the order in which they came. */
export class ArchiveWindow {
  /** Sequence numbers, the last one exclusive. */
  readonly start: number
  readonly end: number
  readonly #tables: readonly TableRows[]
  /**
   * Where each point of the window is, by its sequence number less `start`: 1 + index of its table; 0: nobody reads it.
   */
  readonly #owners: Uint16Array
  readonly #bodySequences: Int32Array
  readonly #bodyTimes: Int32Array
  readonly #bodyCount: number
  #next: number
  #body = 0

  constructor(start: number, end: number, tables: readonly TableRows[], bodies: Columns) {
    this.start = start
    this.end = end
    this.#tables = tables
    this.#next = start
    this.#bodyCount = bodies.rows
    this.#bodySequences = bodies.columns[0] as Int32Array
    this.#bodyTimes = bodies.columns[1] as Int32Array
    this.#owners = new Uint16Array(end - start)
    for (const [index, table] of tables.entries()) {
      for (let row = 0; row < table.rows; row++) this.#owners[table.sequenceAt(row) - start] = index + 1
    }
  }

  get isAtEnd(): boolean {
    return this.#next >= this.end
  }

  /** The next body that begins here, if it begins with the next point; moves on to the one after it. */
  takeBody(): Instant | undefined {
    if (this.#body >= this.#bodyCount || safeIntAt(this.#bodySequences, this.#body) > this.#next) return undefined
    return instantAt(this.#bodyTimes, this.#body++)
  }

  /** Time of the next point that somebody reads before the next body begins; undefined where there is none. */
  get nextTime(): Instant | undefined {
    const end = this.#bodyEnd
    while (this.#next < end) {
      const owner = this.#owners[this.#next - this.start]!
      if (owner > 0) return this.#tables[owner - 1]!.time
      this.#next++
    }
    return undefined
  }

  /** Appends the next point, for which `nextTime` was asked. */
  appendNextTo(columns: PointColumns): void {
    this.#tables[this.#owners[this.#next++ - this.start]! - 1]!.appendTo(columns)
  }

  /** Appends the points up to the next body. */
  appendTo(columns: PointColumns): void {
    const end = this.#bodyEnd
    const owners = this.#owners
    const tables = this.#tables
    for (let at = this.#next; at < end; at++) {
      const owner = owners[at - this.start]!
      if (owner > 0) tables[owner - 1]!.appendTo(columns)
    }
    this.#next = end
  }

  get #bodyEnd(): number {
    return this.#body < this.#bodyCount ? safeIntAt(this.#bodySequences, this.#body) : this.end
  }

  /** Sequence number of the next point. */
  get position(): number {
    return this.#next
  }
}
