import { type Clock, millisOf, type Timer } from '../../core/clock.ts'
import { type Instant, instantOfMillis, isBefore } from '../../core/instant.ts'

interface Due {
  atMs: number
  readonly periodMs: number
  readonly callback: () => void
}

/** A clock that stands still but for what its owner makes of it: the recorded time of a replay that does not wait. */
export class ReplayClock implements Clock {
  #now: Instant
  readonly #due = new Set<Due>()
  #nextMs = Infinity

  constructor(start: Instant) {
    this.#now = start
  }

  now(): Instant {
    return this.#now
  }

  /** Nobody sets it. */
  elapsedMs(): number {
    return millisOf(this)
  }

  onJump(): () => void {
    return () => {}
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#schedule(Math.max(0, delayMs), 0, callback)
  }

  every(periodMs: number, callback: () => void): Timer {
    return this.#schedule(Math.max(1, periodMs), Math.max(1, periodMs), callback)
  }

  /** Whether something falls due until then. */
  isDueBy(time: Instant): boolean {
    return this.#nextMs <= time.ms + time.ns / 1e6
  }

  /**
   * Goes on to `time`, never back, and runs what falls due on the way, in order, but no more than `most` callbacks.
   * @returns Whether it got there.
   */
  advance(time: Instant, most: number): boolean {
    for (let left = most; this.isDueBy(time); left--) {
      if (left <= 0) return false
      const next = [...this.#due].reduce((first, one) => (one.atMs < first.atMs ? one : first))
      const at = instantOfMillis(next.atMs)
      if (isBefore(this.#now, at)) this.#now = at
      if (next.periodMs > 0) next.atMs += next.periodMs
      else this.#due.delete(next)
      this.#findNext()
      next.callback()
    }
    if (isBefore(this.#now, time)) this.#now = time
    return true
  }

  #schedule(delayMs: number, periodMs: number, callback: () => void): Timer {
    const due = { atMs: this.elapsedMs() + delayMs, periodMs, callback }
    this.#due.add(due)
    this.#nextMs = Math.min(this.#nextMs, due.atMs)
    return {
      cancel: () => {
        this.#due.delete(due)
        this.#findNext()
      }
    }
  }

  #findNext(): void {
    this.#nextMs = Infinity
    for (const { atMs } of this.#due) if (atMs < this.#nextMs) this.#nextMs = atMs
  }
}
