import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'

/**
 * The contract of inputs: ways in for points beside the HTTP API. An input hears or asks a peer of another protocol,
 * makes line protocol of what it says, and hands that on. What it has handed on is not done before it is acknowledged:
 * an input bounds what it has not seen acknowledged, by not reading on where the protocol lets a peer wait, and by
 * dropping, counting and logging where it does not. A new kind is one file beside this one and a line in the index.
 */
export interface InputKind<Settings> {
  /** Name of the kind in settings, logs and metrics: `udp`. */
  readonly name: string
  readonly summary: string
  /** Resolves with an input that takes points in. Rejects where it cannot: an address is taken, a file is missing. */
  start(settings: Settings, world: InputWorld): Promise<Input>
}

/** What inputs ask of the world. */
export interface InputWorld {
  readonly clock: Clock
  readonly log: Logger
  /** Counters that all inputs of the kind share. */
  readonly counters: InputCounters
  /**
   * Hands points on; resolving is the acknowledgement that every task that reads them has processed them.
   * @returns The problems of bad lines (then nothing of the batch was processed), or undefined.
   * @throws WRITE_BUSY past the deadline of writes, SHARD_DIED where the outcome is not known.
   */
  take(batch: InputBatch): Promise<string | undefined>
}

export interface InputBatch {
  readonly db: string
  /** '' is the default one. */
  readonly rp: string
  /** Line protocol. Copied before `take` returns. */
  readonly bytes: Uint8Array
  /** Unit of the times, as writers say it. Default: nanoseconds. */
  readonly precision?: string
}

/** An input at work. */
export interface Input {
  /** Port that it listens on, where the system has chosen it, too; undefined where it asks instead. */
  readonly port: number | undefined
  /** Takes in nothing more, hands on what still waits for a batch to be full, and resolves when all is acknowledged. */
  close(): Promise<void>
}

/** Messages by what became of them: datagrams, lines, pages, whatever the protocol sends as one. */
export interface InputCounters {
  taken: number
  /** Batches for which there was no room. */
  dropped: number
  /** Batches that were no good, or were not acknowledged. */
  failed: number
}
