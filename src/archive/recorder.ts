import type { Clock, Timer } from '../core/clock.ts'
import { type Instant, isBefore, nanosOf } from '../core/instant.ts'
import type { RequiredFields } from '../model/required-fields.ts'
import type { PointColumns } from '../model/point-columns.ts'
import { Packer } from './packer.ts'
import type { FromArchive, ToArchive } from './record-batch.ts'

/** Which points a recording takes, and when it ends. Plain data. */
export interface RecorderOptions {
  /** '' stands for all. */
  readonly measurements: readonly string[]
  /** The first point later than it ends the recording. */
  readonly stop: Instant
}

export interface RecorderHost {
  /** Number under which the thread's activity tells of the recorder. */
  readonly owner: number
  readonly clock: Clock
  /** Number below which the recorder keeps what it knows of a series. */
  readonly slot: number
  send(message: ToArchive): void
  /** Ends the reading of points: nothing more is to be read. */
  ended(): void
}

/** Bytes handed over and not stored yet at which writers wait. */
const MAX_UNSTORED_BYTES = 256 * 1024 * 1024
/** How long points wait for others. */
const PARCEL_MS = 200
/** A recording ends after `stop`, by the clock, when nothing has come for so long. */
const QUIET_MS = 10_000
/**
 * A recording whose `stop` was past from the beginning ends when nothing has come for so long: it waits for old data.
 */
const QUIET_PAST_MS = 600_000

/**
 * The end of a stream recording that lives in a shard: takes the points of a task's streams where they have been
 * parsed, packs them and sends them on. Bodies come in one after the other, as for the task itself.
 */
export class Recorder {
  /** Writers need not wait for it: what is lost with the thread, a second's worth of commits would have lost, too. */
  readonly isDeferred = true
  readonly owner: number
  readonly measurements: ReadonlySet<string>
  readonly #options: RecorderOptions
  readonly #host: RecorderHost
  readonly #packer: Packer
  readonly #timer: Timer
  readonly #isAhead: boolean
  /** When the last message came, by the clock that nobody sets. */
  #lastMessageMs: number
  #hasEnded = false
  #unstoredBytes = 0
  #drained: (() => void)[] = []

  constructor(options: RecorderOptions, host: RecorderHost) {
    this.#options = options
    this.#host = host
    this.owner = host.owner
    this.measurements = new Set(options.measurements)
    this.#packer = new Packer(host.slot, (measurement) => this.#isWanted(measurement))
    this.#lastMessageMs = host.clock.elapsedMs()
    this.#isAhead = isBefore(host.clock.now(), options.stop)
    this.#timer = host.clock.every(PARCEL_MS, () => this.#tick())
  }

  /** What is not stored; writers wait where it is too much, and only then. */
  pendingFor(): number {
    return this.#unstoredBytes > MAX_UNSTORED_BYTES ? this.#unstoredBytes : 0
  }

  whenDrainedFor(): Promise<void> {
    return this.pendingFor() > 0 ? new Promise((resolve) => this.#drained.push(resolve)) : Promise.resolve()
  }

  requiredFields(measurement: string): RequiredFields | undefined {
    return this.#isWanted(measurement) ? 'all' : undefined
  }

  /** @param now When the body came in. */
  read(columns: PointColumns, now: Instant): void {
    if (this.#hasEnded) return
    const packer = this.#packer
    const before = packer.points
    const goesOn = packer.add(columns, this.#options.stop, now)
    if (packer.points > before) this.#lastMessageMs = this.#host.clock.elapsedMs()
    if (packer.excess !== undefined) this.#abandon(packer.excess)
    else if (!goesOn) this.end(now)
    else if (packer.isFull) this.#send()
  }

  /** Ends the recording: what has come until now is in it. */
  end(now: Instant): void {
    if (this.#hasEnded) return
    this.#finish({ kind: 'end', timeNs: nanosOf(now) })
  }

  /** Ends a recording that is not whole. */
  cut(reason: string): void {
    if (!this.#hasEnded) this.#finish({ kind: 'cut', reason })
  }

  onMessage(message: FromArchive): void {
    if (message.kind === 'stored') {
      this.#unstoredBytes -= message.bytes
      this.#packer.buffers.give(message.buffers)
    } else {
      this.#unstoredBytes = 0
      if (!this.#hasEnded) this.#release()
    }
    if (this.pendingFor() === 0) for (const resume of this.#drained.splice(0)) resume()
  }

  /** Ends the recording without the points that wait: they may be what is too much. */
  #abandon(reason: string): void {
    this.#host.send({ kind: 'cut', reason })
    this.#release()
  }

  #finish(message: ToArchive): void {
    this.#send()
    this.#host.send(message)
    this.#release()
  }

  #release(): void {
    this.#hasEnded = true
    this.#timer.cancel()
    this.#host.ended()
  }

  /** Differs: a recording that nothing ends any more ends by the clock; Kapacitor's goes on for ever. */
  #tick(): void {
    this.#send()
    const { clock } = this.#host
    const now = clock.now()
    if (!isBefore(this.#options.stop, now)) return
    if (clock.elapsedMs() - this.#lastMessageMs >= (this.#isAhead ? QUIET_MS : QUIET_PAST_MS)) this.end(now)
  }

  #send(): void {
    if (this.#packer.isEmpty) return
    const recordBatch = this.#packer.take()
    this.#unstoredBytes += recordBatch.bytes
    this.#host.send({ kind: 'records', recordBatch })
  }

  #isWanted(measurement: string): boolean {
    return this.measurements.has(measurement) || (this.measurements.has('') && measurement !== '')
  }
}
