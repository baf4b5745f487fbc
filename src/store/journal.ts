import { ftruncateSync } from 'node:fs'
import { constants, type FileHandle, open, readFile } from 'node:fs/promises'
import { deserialize, serialize } from 'node:v8'
import { crc32 } from 'node:zlib'
import type { Table, TableRow } from './contract.ts'

/**
 * Rows on their way into tables. A row is safe as soon as it is in this file, which takes 0.3 ms, while a transaction
 * of DuckDB takes 1.4 (measured here, a lone row): who waits for safety waits for the file, and rows move into their
 * tables a little later, many at a time. The file is empty whenever nothing is on its way; after a crash, what it
 * holds is moved again, less what the tables have already.
 *
 * An entry is its length and its checksum, 4 bytes each, then the table and its rows as V8 serializes them. A torn
 * entry at the end was never promised to anybody.
 */
export interface Move {
  readonly table: Table
  readonly rows: readonly TableRow[]
}

/** How long rows wait for company before they move. */
const GATHER_MS = 500
const RETRY_MS = 1000
/** Past these whoever adds waits until all has moved. */
const MAX_BYTES = 64 * 1024 * 1024
const MAX_ROWS = 20_000

export class Journal {
  readonly #file: FileHandle
  readonly #move: (moves: readonly Move[]) => Promise<void>
  /** Not moved yet, in order, without what is being moved. */
  #waiting: Move[] = []
  /** Rows and bytes that have not been moved, and that the file holds. */
  #rows = 0
  #bytes = 0
  /** Entries for the next write, and who waits for it. */
  #unwritten: { readonly entry: Buffer; readonly done: (error: unknown) => void }[] = []
  #writing: Promise<void> | undefined
  #moving: Promise<void> | undefined
  /** How many wait for all to be moved: then nothing is gathered. */
  #settling = 0
  #endGathering: () => void = () => {}

  private constructor(file: FileHandle, move: (moves: readonly Move[]) => Promise<void>) {
    this.#file = file
    this.#move = move
  }

  /**
   * Opens the file and moves what a crash has left in it.
   * @param move Puts rows into their tables as one transaction.
   * @param recover The same for rows of which the tables may have some.
   */
  static async open(
    path: string,
    move: (moves: readonly Move[]) => Promise<void>,
    recover: (moves: readonly Move[]) => Promise<void>
  ): Promise<Journal> {
    const left = entriesIn(await readFile(path).catch(() => Buffer.alloc(0)))
    if (left.length > 0) await recover(left)
    // A write is on disk when it returns.
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_DSYNC
    const file = await open(path, flags, 0o600)
    await file.truncate(0)
    return new Journal(file, move)
  }

  /** Resolves when the rows are safe. */
  async add(table: Table, rows: readonly TableRow[]): Promise<void> {
    if (this.#bytes > MAX_BYTES || this.#rows > MAX_ROWS) await this.#drained()
    const entry = entryOf({ table, rows })
    this.#waiting.push({ table, rows })
    this.#rows += rows.length
    this.#bytes += entry.length
    const failure = await new Promise<unknown>((done) => {
      this.#unwritten.push({ entry, done })
      this.#writing ??= this.#write()
      this.#startMoving()
    })
    // Where the file cannot be written, the table has to do.
    if (failure !== undefined) await this.settle()
  }

  /** Resolves when everything added so far is in its table; rejects where it cannot be put there. */
  async settle(): Promise<void> {
    this.#settling++
    try {
      while (this.#waiting.length > 0 || this.#moving !== undefined) {
        this.#startMoving()
        this.#endGathering()
        await this.#moving
      }
    } finally {
      this.#settling--
    }
  }

  async close(): Promise<void> {
    await this.#drained().catch(() => undefined)
    await this.#file.close()
  }

  async #drained(): Promise<void> {
    await this.settle()
    await this.#writing
  }

  async #write(): Promise<void> {
    while (this.#unwritten.length > 0) {
      const batch = this.#unwritten.splice(0)
      const failure = await this.#file.appendFile(Buffer.concat(batch.map(({ entry }) => entry))).then(
        () => undefined,
        (error: unknown) => error
      )
      for (const { done } of batch) done(failure)
    }
    this.#writing = undefined
    this.#emptyIfMoved()
  }

  #startMoving(): void {
    if (this.#moving !== undefined) return
    this.#moving = this.#moveAll()
    // Told to whoever settles; the next try comes with the next row, or soon.
    this.#moving.catch(() => setTimeout(() => this.#waiting.length > 0 && this.#startMoving(), RETRY_MS).unref())
  }

  async #moveAll(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        if (this.#settling === 0) await this.#gathered()
        const moves = this.#waiting
        this.#waiting = []
        try {
          await this.#move(moves)
        } catch (error) {
          this.#waiting = [...moves, ...this.#waiting]
          throw error
        }
        for (const { rows } of moves) this.#rows -= rows.length
      }
    } finally {
      this.#moving = undefined
    }
    this.#emptyIfMoved()
  }

  /** At once, so that no row can come in between. */
  #emptyIfMoved(): void {
    if (this.#writing !== undefined || this.#moving !== undefined || this.#waiting.length > 0) return
    ftruncateSync(this.#file.fd, 0)
    this.#bytes = 0
  }

  #gathered(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS)
      this.#endGathering = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

const HEAD_BYTES = 8

function entryOf(move: Move): Buffer {
  const body = serialize(move)
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32LE(body.length, 0)
  head.writeUInt32LE(crc32(body), 4)
  return Buffer.concat([head, body])
}

function entriesIn(bytes: Buffer): Move[] {
  const moves: Move[] = []
  let at = 0
  while (at + HEAD_BYTES <= bytes.length) {
    const end = at + HEAD_BYTES + bytes.readUInt32LE(at)
    const body = bytes.subarray(at + HEAD_BYTES, end)
    if (end > bytes.length || crc32(body) !== bytes.readUInt32LE(at + 4)) break
    moves.push(deserialize(body) as Move)
    at = end
  }
  return moves
}
