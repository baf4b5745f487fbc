import type { Series } from '../model/series.ts'
import type { Layout } from './layout.ts'

/** A series by the bytes that writers spell it with (measurement and tags, as written). */
export class SeriesEntry {
  /** With the space that ends it. */
  readonly key: Uint8Array
  readonly hash: number
  readonly series: Series
  /** Layout of its last line; undefined after the demand for fields has changed. */
  layout: Layout | undefined
  /** The series that came after it last time: writers repeat themselves, so it is tried first. */
  next: SeriesEntry | undefined

  constructor(key: Uint8Array, hash: number, series: Series) {
    this.key = key
    this.hash = hash
    this.series = series
  }
}

/** Hash table from the bytes of a series to its entry: open addressing, no string is made for a look-up. */
export class SeriesTable {
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
      if (entry.hash === hash && entry.key.length === end - start + 1 && startsWith(bytes, start, entry.key))
        return entry
    }
  }

  add(entry: SeriesEntry): void {
    this.#entries.push(entry)
    if (this.#entries.length * 2 > this.#buckets.length) this.#grow()
    else this.#place(entry, this.#entries.length)
  }

  clear(): void {
    for (const entry of this.#entries) entry.next = undefined
    this.#entries = []
    this.#buckets = new Int32Array(1024)
  }

  forgetLayouts(): void {
    for (const entry of this.#entries) entry.layout = undefined
  }

  *series(): Generator<Series> {
    for (const entry of this.#entries) yield entry.series
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

/** Whether `key` stands at `start`; the caller makes sure that it fits. */
export function startsWith(bytes: Uint8Array, start: number, key: Uint8Array): boolean {
  for (let i = 0, at = start; i < key.length; i++, at++) if (key[i] !== bytes[at]) return false
  return true
}

export const HASH_SEED = 0x811c9dc5 | 0

/** One step of the hash over the bytes of a key (FNV-1a). */
export function hashStep(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 16777619)
}
