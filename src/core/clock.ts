import { type Instant, instantOfMillis } from './instant.ts'

export interface Timer {
  cancel(): void
}

/** The only source of time and timers; replays and tests bring their own. */
export interface Clock {
  now(): Instant
  /** Calls back once after `delayMs`, never synchronously. */
  after(delayMs: number, callback: () => void): Timer
  /** Calls back every `periodMs` until cancelled. */
  every(periodMs: number, callback: () => void): Timer
}

/** The wall clock. Its timers do not keep the process alive. */
export const wallClock: Clock = {
  now: () => instantOfMillis(performance.timeOrigin + performance.now()),
  after(delayMs, callback) {
    // setTimeout fires at once past 2^31-1 ms: longer waits are made of several.
    const step = Math.min(delayMs, 0x7fff_ffff)
    const timer = setTimeout(() => {
      if (step === delayMs) return callback()
      const rest = wallClock.after(delayMs - step, callback)
      cancel = () => rest.cancel()
    }, step)
    timer.unref()
    let cancel = () => clearTimeout(timer)
    return { cancel: () => cancel() }
  },
  every(periodMs, callback) {
    const timer = setInterval(callback, Math.max(1, Math.min(periodMs, 0x7fff_ffff)))
    timer.unref()
    return { cancel: () => clearInterval(timer) }
  }
}

interface Due {
  atMs: number
  readonly periodMs: number
  readonly callback: () => void
}

/** A clock that a test turns by hand: `advance` runs what falls due, in order. */
export class ManualClock implements Clock {
  #nowMs: number
  readonly #due: Due[] = []

  constructor(startMs = 0) {
    this.#nowMs = startMs
  }

  now(): Instant {
    return instantOfMillis(this.#nowMs)
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#schedule(delayMs, 0, callback)
  }

  every(periodMs: number, callback: () => void): Timer {
    return this.#schedule(periodMs, periodMs, callback)
  }

  advance(ms: number): void {
    const end = this.#nowMs + ms
    for (;;) {
      const next = this.#due.reduce<Due | undefined>(
        (first, one) => (one.atMs <= end && (first === undefined || one.atMs < first.atMs) ? one : first),
        undefined
      )
      if (next === undefined) break
      this.#nowMs = next.atMs
      if (next.periodMs > 0) next.atMs += next.periodMs
      else this.#due.splice(this.#due.indexOf(next), 1)
      next.callback()
    }
    this.#nowMs = end
  }

  #schedule(delayMs: number, periodMs: number, callback: () => void): Timer {
    const entry = { atMs: this.#nowMs + delayMs, periodMs, callback }
    this.#due.push(entry)
    return {
      cancel: () => {
        const index = this.#due.indexOf(entry)
        if (index >= 0) this.#due.splice(index, 1)
      }
    }
  }
}
