import { randomInt } from 'node:crypto'
import type { Series } from '../model/series.ts'
import type { Layout } from './layout.ts'

/** A series by the bytes that writers spell it with (measurement and tags, as written). */
export class SeriesEntry {
  /** Where its key stands in the arena of the table, with the space that ends it. */
  readonly start: number
  readonly end: number
  readonly hash: number
  readonly series: Series
  /** Layout of its last line; undefined after the required fields have changed. */
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
/** Memory that a series takes beside its key, its tags and the slots of its readers, nearly; and one of its tags. */
const SERIES_BYTES = 400
const TAG_BYTES = 64
const SLOT_BYTES = 8
/**
 * Entries that one look-up passes at most. With a fair hash none comes near it (about 70 among a million); keys that
 * somebody made to collide would make each line cost as much as all of them.
 */
const MAX_PROBES = 256

/** Hash table from the bytes of a series to its entry: open addressing, no string is made for a look-up. */
export class SeriesTable {
  /** The keys of all series, one after the other; another one after it had to grow. */
  arena = new Uint8Array(FIRST_ARENA_BYTES)
  /** Where the hash of a key begins: another number in every table, so that nobody can choose keys that collide. */
  hashSeed: number
  /** Memory of the series, nearly. */
  bytes = 0
  #used = 0
  #entries: SeriesEntry[] = []
  #buckets = new Int32Array(1024)
  #isCrowded = false
  readonly #newSeed: () => number

  constructor(newSeed: () => number = randomSeed) {
    this.#newSeed = newSeed
    this.hashSeed = newSeed()
  }

  get size(): number {
    return this.#entries.length
  }

  /** Whether a look-up had to give up among too many keys with like hashes: then the table is to be cleared. */
  get isCrowded(): boolean {
    return this.#isCrowded
  }

  /** @param end Index of the space that ends the key. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): SeriesEntry | undefined {
    const buckets = this.#buckets
    const mask = buckets.length - 1
    let at = spread(hash) & mask
    for (let probes = 0; probes < MAX_PROBES; probes++) {
      const index = buckets[at]!
      if (index === 0) return undefined
      const entry = this.#entries[index - 1]!
      if (entry.hash === hash && this.#isKey(entry, bytes, start, end)) return entry
      at = (at + 1) & mask
    }
    this.#isCrowded = true
    return undefined
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
    this.bytes += SERIES_BYTES + 3 * (end - start) + TAG_BYTES * series.tags.size + SLOT_BYTES * series.slots.length
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
    this.hashSeed = this.#newSeed()
    this.bytes = 0
    this.#used = 0
    this.#isCrowded = false
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
    let at = spread(entry.hash) & mask
    while (this.#buckets[at] !== 0) at = (at + 1) & mask
    this.#buckets[at] = index
  }
}

/** The bits of a hash of which the lower ones depend on all of them. */
function spread(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b)
  return mixed ^ (mixed >>> 16)
}

function randomSeed(): number {
  return randomInt(2 ** 32) | 0
}

/** One step of the hash over the bytes of a key (FNV-1a). */
export function hashStep(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 16777619)
}
