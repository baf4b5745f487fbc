import { deserialize, serialize } from 'node:v8'
import { crc32 } from 'node:zlib'
import type { Table, TableRow } from './contract.ts'

/** Rows on their way into a table. */
export interface JournalRows {
  readonly table: Table
  readonly rows: readonly TableRow[]
}

/** What the bytes of a journal hold. */
export interface JournalContent {
  readonly batches: readonly JournalRows[]
  /** Bytes between good entries that are none, and how many entries they seem to have been. */
  readonly damagedBytes: number
  readonly damagedEntries: number
  /** Where the last good entry ends: what follows was being written, or is damaged. */
  readonly end: number
}

// An entry is these four bytes, the length and the checksum of its body, 4 bytes each, and the body: the table and its
// rows as V8 serializes them.
const MAGIC = Buffer.from([0xfe, 0x4b, 0x4a, 0x31])
const HEAD_BYTES = MAGIC.length + 8

export function entryOf(rows: JournalRows): Buffer {
  const body = serialize(rows)
  const head = Buffer.alloc(HEAD_BYTES)
  MAGIC.copy(head)
  head.writeUInt32LE(body.length, MAGIC.length)
  head.writeUInt32LE(crc32(body), MAGIC.length + 4)
  return Buffer.concat([head, body])
}

/** All good entries, also those behind damaged ones. */
export function readEntries(bytes: Buffer): JournalContent {
  const search = new EntrySearch(bytes)
  const batches: JournalRows[] = []
  let damagedBytes = 0
  let damagedEntries = 0
  let end = 0
  for (let entry = search.next(0); entry !== undefined; entry = search.next(end)) {
    if (entry.start > end) damagedEntries += search.countHeads(end, entry.start)
    damagedBytes += entry.start - end
    batches.push(entry.content)
    end = entry.end
  }
  return { batches, damagedBytes, damagedEntries, end }
}

interface JournalEntry {
  readonly start: number
  readonly end: number
  readonly content: JournalRows
}

class EntrySearch {
  readonly #bytes: Buffer
  /** Bytes that may still be checked in vain: what looks like a head within a damaged entry could be many. */
  #budget: number

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#budget = 4 * bytes.length
  }

  /** The first good entry from `from` on. */
  next(from: number): JournalEntry | undefined {
    for (let start = from; start >= 0 && this.#budget >= 0; start = this.#bytes.indexOf(MAGIC, start + 1)) {
      const entry = this.#entryAt(start)
      if (entry !== undefined) return entry
    }
    return undefined
  }

  /** How many entries seem to begin in a range, at least one. */
  countHeads(from: number, to: number): number {
    let count = 0
    for (let at = this.#bytes.indexOf(MAGIC, from); at >= 0 && at < to; at = this.#bytes.indexOf(MAGIC, at + 1)) count++
    return Math.max(count, 1)
  }

  #entryAt(start: number): JournalEntry | undefined {
    const bodyAt = start + HEAD_BYTES
    if (bodyAt > this.#bytes.length || !this.#bytes.subarray(start).subarray(0, MAGIC.length).equals(MAGIC)) {
      return undefined
    }
    const end = bodyAt + this.#bytes.readUInt32LE(start + MAGIC.length)
    if (end > this.#bytes.length) return undefined
    const body = this.#bytes.subarray(bodyAt, end)
    const content = crc32(body) === this.#bytes.readUInt32LE(start + MAGIC.length + 4) ? decodeRows(body) : undefined
    if (content === undefined) this.#budget -= body.length
    return content === undefined ? undefined : { start, end, content }
  }
}

function decodeRows(body: Buffer): JournalRows | undefined {
  try {
    const value = deserialize(body) as Partial<JournalRows> | null
    return Array.isArray(value?.rows) && Array.isArray(value.table?.columns) ? (value as JournalRows) : undefined
  } catch {
    // Another version of V8 may have written it.
    return undefined
  }
}
