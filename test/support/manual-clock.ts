import type { Clock, Timer } from '../../src/core/clock.ts'
import { type Instant, instantOfMillis } from '../../src/core/instant.ts'

interface Due {
  atMs: number
  readonly periodMs: number
  readonly callback: () => void
}

/** A clock that a test turns by hand: `advance` runs what falls due, in order. */
export class ManualClock implements Clock {
  /** What the clock on the wall shows when none of its time has passed. */
  #startMs: number
  #elapsedMs = 0
  readonly #due: Due[] = []
  readonly #listeners = new Set<(byMs: number) => void>()

  constructor(startMs = 0) {
    this.#startMs = startMs
  }

  now(): Instant {
    return instantOfMillis(this.#startMs + this.#elapsedMs)
  }

  elapsedMs(): number {
    return this.#elapsedMs
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#schedule(delayMs, 0, callback)
  }

  every(periodMs: number, callback: () => void): Timer {
    return this.#schedule(periodMs, periodMs, callback)
  }

  onJump(listener: (byMs: number) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Sets the clock on the wall, forward or back: no time passes. */
  set(byMs: number): void {
    this.#startMs += byMs
    for (const listener of [...this.#listeners]) listener(byMs)
  }

  advance(ms: number): void {
    const end = this.#elapsedMs + ms
    for (;;) {
      const next = this.#due.reduce<Due | undefined>(
        (first, one) => (one.atMs <= end && (first === undefined || one.atMs < first.atMs) ? one : first),
        undefined
      )
      if (next === undefined) break
      this.#elapsedMs = next.atMs
      if (next.periodMs > 0) next.atMs += next.periodMs
      else this.#due.splice(this.#due.indexOf(next), 1)
      next.callback()
    }
    this.#elapsedMs = end
  }

  #schedule(delayMs: number, periodMs: number, callback: () => void): Timer {
    const entry = { atMs: this.#elapsedMs + delayMs, periodMs, callback }
    this.#due.push(entry)
    return {
      cancel: () => {
        const index = this.#due.indexOf(entry)
        if (index >= 0) this.#due.splice(index, 1)
      }
    }
  }
}
