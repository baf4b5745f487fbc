import { chmod, mkdir, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type DuckDBAppender, type DuckDBConnection, DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api'
import { ARCHIVE_VERSION, Names, SCHEMA } from './layout.ts'
import type { ArchiveDefinition, Bodies, RecordBatch } from './record-batch.ts'
import { ArchiveTable } from './archive-table.ts'
import { createChunk, setVector, VECTOR_ROWS } from './vectors.ts'

/**
 * Points that one transaction takes at most: four row groups. Those that are full are packed at once and need no log;
 * that is done by this thread, which stands back, and not by the one that commits.
 */
const COMMIT_POINTS = 491_520
const OPTIONS = { threads: '1', memory_limit: '256MB', write_buffer_row_group_count: '1' }
/**
 * A transaction is committed at so many bytes, too, for points with long texts: DuckDB keeps in memory what is not
 * committed.
 */
const COMMIT_BYTES = 32 * 1024 * 1024
/** How long points wait for their transaction to end: what a crash may take. */
const COMMIT_MS = 1000

export type ArchiveType = 'stream' | 'batch'

/**
 * Writes an archive: the only one who does. Belongs into a thread of its own, since it packs while it is called.
 * What it throws (a full disk) leaves the file with what was committed; then only `close` may be called.
 */
export class ArchiveWriter {
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection
  readonly #path: string
  readonly #maxBytes: number
  readonly #tables: ArchiveTable[] = []
  readonly #names = new Names()
  #bodies: DuckDBAppender | undefined
  #batches: DuckDBAppender | undefined
  #isOpen = true
  #openedAtMs = 0
  #uncommitted = 0
  #uncommittedBytes = 0

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, path: string, maxBytes: number) {
    this.#instance = instance
    this.#connection = connection
    this.#path = path
    this.#maxBytes = maxBytes
  }

  /**
   * Makes the file, whose folder is made where it is missing; replaces one that is there.
   * @param maxBytes A file that has become larger takes nothing more.
   */
  static async create(path: string, type: ArchiveType, startedNs: bigint, maxBytes = Infinity): Promise<ArchiveWriter> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    for (const file of [path, `${path}.wal`]) await rm(file, { force: true })
    const instance = await DuckDBInstance.create(path, OPTIONS)
    try {
      await chmod(path, 0o600)
      const connection = await instance.connect()
      await connection.run(SCHEMA)
      const row = [ARCHIVE_VERSION, type, startedNs]
      await connection.run('INSERT INTO kapok.recording VALUES ($1, $2, 0, $3, NULL)', row)
      return new ArchiveWriter(instance, connection, path, maxBytes)
    } catch (error) {
      instance.closeSync()
      throw error
    }
  }

  async write({ definitions, chunks, bodies, points, bytes }: RecordBatch): Promise<void> {
    await this.#begin()
    for (const definition of definitions) await this.#define(definition)
    for (const chunk of chunks) await this.#tables[chunk.table]!.append(chunk)
    await this.#appendBodies(bodies)
    this.#uncommitted += points
    this.#uncommittedBytes += bytes
    if (this.#uncommitted >= COMMIT_POINTS || this.#uncommittedBytes >= COMMIT_BYTES) await this.commit()
  }

  /** Whether what was written has waited long enough. */
  get isDue(): boolean {
    return this.#openedAtMs > 0 && performance.now() - this.#openedAtMs >= COMMIT_MS
  }

  async commit(): Promise<void> {
    if (this.#openedAtMs === 0) return
    this.#bodies?.flushSync()
    this.#batches?.flushSync()
    for (const table of this.#tables) await table.flush()
    await this.#connection.run('COMMIT')
    this.#openedAtMs = 0
    this.#uncommitted = 0
    this.#uncommittedBytes = 0
    await this.#checkSize()
  }

  /** How many queries the batches answer. */
  async setQueries(count: number): Promise<void> {
    await this.#begin()
    await this.#connection.run('UPDATE kapok.recording SET queries = $1', [count])
  }

  /** The recording is whole: all of it is in the file or its log. Then only `close` may be called. */
  async finish(endedNs: bigint): Promise<void> {
    await this.#begin()
    await this.#connection.run('UPDATE kapok.recording SET ended = $1', [endedNs])
    await this.commit()
  }

  /** Lets go of the file, with its log written into it where that can be. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#connection.closeSync()
    this.#instance.closeSync()
  }

  async #checkSize(): Promise<void> {
    const sizes = await Promise.all([this.#path, `${this.#path}.wal`].map(bytesOf))
    if (sizes[0]! + sizes[1]! > this.#maxBytes) throw new Error(tooLarge(this.#maxBytes))
  }

  async #begin(): Promise<void> {
    if (this.#openedAtMs > 0) return
    await this.#connection.run('BEGIN')
    this.#openedAtMs = performance.now()
  }

  async #define(definition: ArchiveDefinition): Promise<void> {
    const connection = this.#connection
    switch (definition.kind) {
      case 'table': {
        const { table, db, rp, measurement } = definition
        const name = this.#names.take(measurement, `${measurement}_${rp}`, `${measurement}_${db}_${rp}`)
        const row = [table, name, db, rp, measurement]
        await connection.run('INSERT INTO kapok.tables VALUES ($1, $2, $3, $4, $5)', row)
        this.#tables[table] = await ArchiveTable.create(connection, table, name)
        return
      }
      case 'field':
        return await this.#tables[definition.table]!.addField(definition)
      case 'shape':
        return await this.#tables[definition.table]!.addShape(definition)
      case 'series':
        return await this.#tables[definition.table]!.addSeries(definition)
      case 'batch': {
        const { query, first, points, name, tags, byName, tmaxNs } = definition
        const batches = (this.#batches ??= await connection.createAppender('batches', 'kapok'))
        batches.appendInteger(query)
        batches.appendBigInt(BigInt(first))
        batches.appendBigInt(BigInt(points))
        batches.appendVarchar(name)
        batches.appendVarchar(JSON.stringify(tags))
        batches.appendBoolean(byName)
        batches.appendBigInt(tmaxNs)
        return batches.endRow()
      }
    }
  }

  async #appendBodies({ count, sequences, times }: Bodies): Promise<void> {
    if (count === 0) return
    this.#bodies ??= await this.#connection.createAppender('bodies', 'kapok')
    for (let row = 0; row < count; row += VECTOR_ROWS) {
      const rows = Math.min(VECTOR_ROWS, count - row)
      const chunk = createChunk(['int', 'int'], rows)
      setVector(chunk, 0, sequences, row, rows, 8)
      setVector(chunk, 1, times, row, rows, 8)
      this.#bodies.appendDataChunk(new DuckDBDataChunk(chunk))
    }
  }
}

function tooLarge(maxBytes: number): string {
  return `the recording has more than the ${maxBytes} bytes that recordings.max-bytes allows`
}

async function bytesOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch {
    return 0 // There is no log when everything is in the file.
  }
}
