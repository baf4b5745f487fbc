import type { Series } from '../model/series.ts'
import type { Layout } from './layout.ts'

/** A series by the bytes that writers spell it with (measurement and tags, as written). */
export class SeriesEntry {
  /** Where its key stands in the arena of the table, with the space that ends it. */
  readonly start: number
  readonly end: number
  readonly hash: number
  readonly series: Series
  /** Layout of its last line; undefined after the demand for fields has changed. */
  layout: Layout | undefined
  /** The series that came after it last time: writers repeat themselves, so it is tried first. */
  next: SeriesEntry | undefined

  constructor(start: number, end: number, hash: number, series: Series, layout: Layout | undefined) {
    this.start = start
    this.end = end
    this.hash = hash
    this.series = series
    this.layout = layout
  }
}

const FIRST_ARENA_BYTES = 16 * 1024

/** Hash table from the bytes of a series to its entry: open addressing, no string is made for a look-up. */
export class SeriesTable {
  /** The keys of all series, one after the other; another one after it had to grow. */
  arena = new Uint8Array(FIRST_ARENA_BYTES)
  #used = 0
  #entries: SeriesEntry[] = []
  #buckets = new Int32Array(1024)

  get size(): number {
    return this.#entries.length
  }

  /** @param end Index of the space that ends the key. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): SeriesEntry | undefined {
    const buckets = this.#buckets
    const mask = buckets.length - 1
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const index = buckets[at]!
      if (index === 0) return undefined
      const entry = this.#entries[index - 1]!
      if (entry.hash === hash && this.#isKey(entry, bytes, start, end)) return entry
    }
  }

  /** @param end Index of the space that ends the key; the bytes are copied. */
  add(
    bytes: Uint8Array,
    start: number,
    end: number,
    hash: number,
    series: Series,
    layout: Layout | undefined
  ): SeriesEntry {
    const from = this.#used
    this.#used += end - start + 1
    if (this.#used > this.arena.length) {
      const larger = new Uint8Array(Math.max(this.#used, this.arena.length * 2))
      larger.set(this.arena)
      this.arena = larger
    }
    for (let i = start, at = from; i < end; i++, at++) this.arena[at] = bytes[i]!
    this.arena[this.#used - 1] = 32
    const entry = new SeriesEntry(from, this.#used, hash, series, layout)
    this.#entries.push(entry)
    if (this.#entries.length * 2 > this.#buckets.length) this.#grow()
    else this.#place(entry, this.#entries.length)
    return entry
  }

  clear(): void {
    for (const entry of this.#entries) entry.next = undefined
    this.#entries = []
    this.#buckets = new Int32Array(1024)
    this.arena = new Uint8Array(FIRST_ARENA_BYTES)
    this.#used = 0
  }

  forgetLayouts(): void {
    for (const entry of this.#entries) entry.layout = undefined
  }

  *series(): Generator<Series> {
    for (const entry of this.#entries) yield entry.series
  }

  #isKey(entry: SeriesEntry, bytes: Uint8Array, start: number, end: number): boolean {
    const { arena } = this
    if (entry.end - entry.start !== end - start + 1) return false
    for (let i = start, at = entry.start; i < end; i++, at++) if (arena[at] !== bytes[i]) return false
    return true
  }

  #grow(): void {
    this.#buckets = new Int32Array(this.#buckets.length * 2)
    this.#entries.forEach((entry, index) => this.#place(entry, index + 1))
  }

  #place(entry: SeriesEntry, index: number): void {
    const mask = this.#buckets.length - 1
    let at = entry.hash & mask
    while (this.#buckets[at] !== 0) at = (at + 1) & mask
    this.#buckets[at] = index
  }
}

export const HASH_SEED = 0x811c9dc5 | 0

/** One step of the hash over the bytes of a key (FNV-1a). */
export function hashStep(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 16777619)
}
