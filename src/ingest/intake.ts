import { type Clock, type Timer } from '../core/clock.ts'
import { formatDuration } from '../core/duration.ts'
import { type AppError, defineError } from '../core/errors.ts'

export interface IntakeLimits {
  /** Memory of all bodies under way, from their first byte until nothing needs them any more. */
  readonly maxBytes: number
  /** How long a body may wait for room. */
  readonly roomMs: number
  /** How long a body may pause. */
  readonly idleMs: number
  /** How long a body may take. */
  readonly totalMs: number
}

export const BodyStalled = defineError(
  'BODY_STALLED',
  408,
  (ms: number) => `the body of the request has stalled: nothing came for ${spanText(ms)}`
)
export const BodyTooSlow = defineError(
  'BODY_TOO_SLOW',
  408,
  (ms: number) => `the body of the request takes too long: it is not whole after ${spanText(ms)}`
)
export const IntakeFull = defineError('INTAKE_FULL', 503, () => 'too many requests are being received, try again later')

/** A body's share of the intake. */
export interface Lease {
  readonly sender: string
  readonly sinceMs: number
  readonly totalMs: number
  readonly fail: (error: AppError) => void
  /** When bytes of the body came last. */
  heardMs: number
  bytes: number
  /** What it waits for. */
  waits: { readonly bytes: number; readonly go: () => void; readonly sinceMs: number } | undefined
  /** Nothing more is to come: it only takes room. */
  isWhole: boolean
}

/** How often the clock is looked at. */
const TICK_MS = 250
/** A body that pauses for so long makes room where others wait for it. */
const YIELD_MS = 1000
/** Bodies that wait for room at most: each of them holds what has come last. */
const MAX_WAITING = 256

/**
 * Counts the bytes of bodies while they come in, over all connections, so that their number times their size cannot
 * exceed what there is. A body that finds no room is not read on until others have been dealt with; one that waits may
 * go beyond the bound, so that bodies which wait for each other get on. One that stalls is given up, at once where
 * others wait.
 */
export class Intake {
  readonly counters = { stalled: 0, refused: 0 }
  readonly limits: IntakeLimits
  readonly #clock: Clock
  readonly #leases = new Set<Lease>()
  readonly #waiting: Lease[] = []
  /** Goes beyond the bound. */
  #favoured: Lease | undefined
  /** Bytes by their senders. */
  readonly #heldBy = new Map<string, number>()
  #timer: Timer | undefined
  #bytes = 0

  constructor(limits: IntakeLimits, clock: Clock) {
    this.limits = limits
    this.#clock = clock
  }

  /** Memory that is held for bodies. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Waits until a body may be read.
   * @param sender Who sends it: of those that wait, whose senders hold least go first.
   * @param fail Is told, once at most, that it is not to be read on, and why: BODY_STALLED, BODY_TOO_SLOW, INTAKE_FULL.
   * @param totalMs How long it may take, where that is not the usual time.
   */
  open(sender: string, fail: (error: AppError) => void, totalMs = this.limits.totalMs): Lease {
    const nowMs = this.#clock.elapsedMs()
    const state = { heardMs: nowMs, bytes: 0, waits: undefined, isWhole: false }
    const lease: Lease = { ...{ sender, fail, totalMs, sinceMs: nowMs }, ...state }
    this.#leases.add(lease)
    this.#timer ??= this.#clock.every(TICK_MS, () => this.#tick())
    return lease
  }

  /** Something of the body came. */
  heard(lease: Lease): void {
    lease.heardMs = this.#clock.elapsedMs()
  }

  /** Asks for so many bytes more; `go` is called, at once or later, when there is room for them. */
  take(lease: Lease, bytes: number, go: () => void): void {
    if (this.#waiting.length === 0 && this.#hasRoom(lease, bytes)) {
      this.#hold(lease, bytes)
      return go()
    }
    if (this.#waiting.length >= MAX_WAITING) return this.#refuse(lease)
    lease.waits = { bytes, go, sinceMs: this.#clock.elapsedMs() }
    this.#waiting.push(lease)
    this.#admit()
  }

  /** Gives everything back: nothing needs the body any more. */
  close(lease: Lease): void {
    if (!this.#leases.delete(lease)) return
    this.#hold(lease, -lease.bytes)
    if (this.#favoured === lease) this.#favoured = undefined
    const place = this.#waiting.indexOf(lease)
    if (place >= 0) this.#waiting.splice(place, 1)
    this.#admit()
    if (this.#leases.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #hasRoom(lease: Lease, bytes: number): boolean {
    return this.#bytes + bytes <= this.limits.maxBytes || lease === this.#favoured
  }

  #hold(lease: Lease, bytes: number): void {
    const { sender } = lease
    lease.bytes += bytes
    this.#bytes += bytes
    const held = (this.#heldBy.get(sender) ?? 0) + bytes
    if (held === 0) this.#heldBy.delete(sender)
    else this.#heldBy.set(sender, held)
  }

  /** Lets those in that wait, as far as there is room. */
  #admit(): void {
    for (let lease = this.#next(); lease !== undefined; lease = this.#next()) {
      const { bytes, go } = lease.waits!
      if (!this.#hasRoom(lease, bytes)) {
        if (this.#favoured !== undefined) return
        this.#favoured = lease
      }
      this.#waiting.splice(this.#waiting.indexOf(lease), 1)
      lease.waits = undefined
      lease.heardMs = this.#clock.elapsedMs()
      this.#hold(lease, bytes)
      go()
    }
  }

  /** The first waiting body of the sender that holds least: one that sends very much does not keep others out. */
  #next(): Lease | undefined {
    let next: Lease | undefined
    let least = Infinity
    for (const lease of this.#waiting) {
      const held = lease === this.#favoured ? -1 : (this.#heldBy.get(lease.sender) ?? 0)
      if (held >= least) continue
      next = lease
      least = held
    }
    return next
  }

  #tick(): void {
    const nowMs = this.#clock.elapsedMs()
    const { idleMs, roomMs } = this.limits
    const isNeeded = this.#waiting.length > 0
    for (const lease of [...this.#leases]) {
      if (lease.isWhole) continue
      const { waits } = lease
      if (waits !== undefined) {
        if (nowMs - waits.sinceMs >= roomMs) this.#refuse(lease)
        continue
      }
      const pauseMs = nowMs - lease.heardMs
      if (pauseMs >= idleMs || (isNeeded && lease.bytes > 0 && pauseMs >= YIELD_MS))
        this.#giveUp(lease, BodyStalled(pauseMs))
      else if (nowMs - lease.sinceMs >= lease.totalMs) this.#giveUp(lease, BodyTooSlow(lease.totalMs))
    }
  }

  #refuse(lease: Lease): void {
    this.counters.refused++
    this.#end(lease, IntakeFull())
  }

  #giveUp(lease: Lease, error: AppError): void {
    this.counters.stalled++
    this.#end(lease, error)
  }

  #end(lease: Lease, error: AppError): void {
    this.close(lease)
    lease.fail(error)
  }
}

function spanText(ms: number): string {
  return formatDuration(BigInt(Math.round(ms / 100)) * 100_000_000n)
}
