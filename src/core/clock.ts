import { type Instant, instantOfMillis, isBefore, nanosBetween } from './instant.ts'

export interface Timer {
  cancel(): void
}

/** The only source of time and timers; replays and tests bring their own. */
export interface Clock {
  /** What the clock on the wall shows: for stamps. It can be set, forward and back. */
  now(): Instant
  /** Milliseconds since some moment, by a clock that nobody sets: for spans. */
  elapsedMs(): number
  /** Is told of every jump of the clock on the wall, with how far it has jumped. @returns How to end that. */
  onJump(listener: (byMs: number) => void): () => void
  /** Calls back once after `delayMs`, never synchronously. */
  after(delayMs: number, callback: () => void): Timer
  /** Calls back every `periodMs` until cancelled. */
  every(periodMs: number, callback: () => void): Timer
}

/** Where a `SystemClock` has its times from, in milliseconds. */
export interface ClockSource {
  /** Since 1970, in whole milliseconds. */
  wallMs(): number
  /** Since some moment, with fractions. */
  elapsedMs(): number
}

const SYSTEM: ClockSource = { wallMs: () => Date.now(), elapsedMs: () => performance.now() }

/** The monotonic clock may be so much ahead of the other one, which is read in whole milliseconds and a little later. */
const TOLERANCE_MS = 2
/** Smaller steps of the system's clock are followed without a word. */
const JUMP_MS = 1000

/**
 * The time of the system, with fractions of a millisecond that the system's own does not give. Where the system's clock
 * is set, this one follows at once. Its timers go by the monotonic clock, and do not keep the process alive.
 */
export class SystemClock implements Clock {
  readonly #source: ClockSource
  /** Added to the monotonic clock it is the time. */
  #offsetMs: number
  readonly #listeners = new Set<(byMs: number) => void>()

  constructor(source: ClockSource = SYSTEM) {
    this.#source = source
    this.#offsetMs = source.wallMs() - source.elapsedMs()
  }

  now(): Instant {
    const wallMs = this.#source.wallMs()
    const nowMs = this.#offsetMs + this.#source.elapsedMs()
    return instantOfMillis(nowMs < wallMs || nowMs > wallMs + TOLERANCE_MS ? this.#follow() : nowMs)
  }

  elapsedMs(): number {
    return this.#source.elapsedMs()
  }

  /** A jump is noticed when somebody asks for the time. */
  onJump(listener: (byMs: number) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  after(delayMs: number, callback: () => void): Timer {
    // setTimeout fires at once past 2^31-1 ms: longer waits are made of several.
    const step = Math.min(delayMs, 0x7fff_ffff)
    const timer = setTimeout(() => {
      if (step === delayMs) return callback()
      const rest = this.after(delayMs - step, callback)
      cancel = () => rest.cancel()
    }, step)
    timer.unref()
    let cancel = () => clearTimeout(timer)
    return { cancel: () => cancel() }
  }

  every(periodMs: number, callback: () => void): Timer {
    const timer = setInterval(callback, Math.max(1, Math.min(periodMs, 0x7fff_ffff)))
    timer.unref()
    return { cancel: () => clearInterval(timer) }
  }

  /** Goes by the system's clock from here on. @returns The time. */
  #follow(): number {
    const wallMs = this.#source.wallMs()
    const elapsedMs = this.#source.elapsedMs()
    const byMs = wallMs - (this.#offsetMs + elapsedMs)
    // The thread was only held up between the two readings before.
    if (byMs <= 0 && byMs >= -TOLERANCE_MS) return wallMs - byMs
    this.#offsetMs = wallMs - elapsedMs
    if (Math.abs(byMs) >= JUMP_MS) queueMicrotask(() => this.#notifyJump(Math.round(byMs)))
    return wallMs
  }

  #notifyJump(byMs: number): void {
    for (const listener of [...this.#listeners]) listener(byMs)
  }
}

/** The clock of this thread. */
export const wallClock = new SystemClock()

/**
 * Calls back when the clock shows a time, or earlier where the clock is set back: who waits is to look at the clock,
 * and perhaps to wait for another time then.
 */
export function awaitTime(clock: Clock, time: Instant, callback: () => void): Timer {
  const isEarly = (): boolean => isBefore(clock.now(), time)
  const wait = (): Timer => {
    const leftMs = Math.ceil(nanosBetween(time, clock.now()) / 1e6)
    // Clocks and their timers do not always agree.
    return clock.after(Math.max(0, leftMs), () => (isEarly() ? (timer = wait()) : end()))
  }
  const end = (): void => {
    cancel()
    callback()
  }
  const cancel = (): void => {
    timer.cancel()
    forget()
  }
  let timer = wait()
  const forget = clock.onJump((byMs) => {
    if (byMs < 0 || !isEarly()) return end()
    timer.cancel()
    timer = wait()
  })
  return { cancel }
}

/** Milliseconds by the clock that nobody sets, the same in all threads of the process. */
export function processMs(): number {
  const [seconds, nanos] = process.hrtime()
  return seconds * 1000 + nanos / 1e6
}

/** The time of a clock as one number, in milliseconds. */
export function millisOf(clock: Clock): number {
  const { ms, ns } = clock.now()
  return ms + ns / 1e6
}
