import { precisionOf } from '../lineproto/precision.ts'
import type { LoopedLines, LoopedLoss } from '../model/looped.ts'
import type { ShardWrites } from '../shards/writes.ts'
import { BodyBuffers } from './body-buffers.ts'
import type { InputBatch } from './inputs/input.ts'

export interface IngestOptions {
  /** Used where a writer names no retention policy. */
  readonly defaultRetentionPolicy: string
  /** How long a write may wait for room before it is refused. */
  readonly writeDeadlineMs: number
}

/** A body on its way in. `bytes` is owned by the router from here on. */
export interface IngestBody {
  readonly db: string
  readonly rp: string
  /** Unit of the times, as writers say it; unknown texts stand for nanoseconds. */
  readonly precision?: string | undefined
  readonly bytes: ArrayBuffer
  readonly length: number
  /** False where its points go nowhere: then they are not counted by measurement. */
  readonly isCounted?: boolean
}

/** The one way in for points, whatever input they come by. */
export class IngestRouter {
  readonly buffers = new BodyBuffers()
  readonly #shards: ShardWrites
  readonly #options: IngestOptions
  /** Counters for `/metrics` and debug/vars. */
  readonly counters = { bodies: 0, bytes: 0, refused: 0, busy: 0 }

  constructor(shards: ShardWrites, options: IngestOptions) {
    this.#shards = shards
    this.#options = options
  }

  /**
   * Resolves when every task that reads it has processed the body.
   * @returns The problems of bad lines (then nothing of the body was processed), or undefined.
   * @throws WRITE_BUSY past the deadline, SHARD_DIED where the outcome is not known: the writer may try again.
   */
  async write({ db, rp, precision, bytes, length, isCounted = true }: IngestBody): Promise<string | undefined> {
    this.counters.bodies++
    this.counters.bytes += length
    const body = {
      db,
      rp: rp === '' ? this.#options.defaultRetentionPolicy : rp,
      precision: precisionOf(precision),
      bytes,
      length,
      isCounted
    }
    try {
      const problems = await this.#shards.write(body, this.#options.writeDeadlineMs, (buffer) =>
        this.buffers.give(buffer)
      )
      if (problems !== undefined) this.counters.refused++
      return problems
    } catch (error) {
      this.counters.busy++
      throw error
    }
  }

  /**
   * Takes in what a loopback node wrote.
   * @param onProcessed Called once, when its readers have read it.
   * @returns What was refused of it, once all that its readers do on account of it is finished.
   */
  async writeLooped({ db, rp, hop, lines }: LoopedLines, onProcessed: () => void): Promise<LoopedLoss | undefined> {
    const { bytes, length } = this.#bytesOf(lines)
    this.counters.bodies++
    this.counters.bytes += length
    const giveBack = (buffer: ArrayBuffer): void => this.buffers.give(buffer)
    return await this.#shards.writeLooped(
      { db, rp, bytes, length, hop },
      this.#options.writeDeadlineMs,
      giveBack,
      onProcessed
    )
  }

  /** Takes a batch of an input, whose bytes are its own. */
  async take({ bytes, ...batch }: InputBatch): Promise<string | undefined> {
    const buffer = this.buffers.take(bytes.length)
    new Uint8Array(buffer).set(bytes)
    return await this.write({ ...batch, bytes: buffer, length: bytes.length })
  }

  /** Writes lines that are at hand as text. */
  async writeText(db: string, rp: string, lines: string): Promise<string | undefined> {
    return await this.write({ db, rp, ...this.#bytesOf(lines) })
  }

  #bytesOf(lines: string): { readonly bytes: ArrayBuffer; readonly length: number } {
    const bytes = this.buffers.take(Buffer.byteLength(lines))
    return { bytes, length: Buffer.from(bytes).write(lines) }
  }
}
