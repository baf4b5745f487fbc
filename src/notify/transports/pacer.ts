import type { Clock } from '../../core/clock.ts'

/** Keeps requests to a service apart, as its rate limit asks. */
export class Pacer {
  readonly #clock: Clock
  readonly #gapMs: number
  #freeMs = 0

  constructor(clock: Clock, gapMs: number) {
    this.#clock = clock
    this.#gapMs = gapMs
  }

  /** Resolves when the service may be asked. */
  turn(): Promise<void> {
    const waitMs = this.#freeMs - this.#clock.elapsedMs()
    return waitMs <= 0 ? Promise.resolve() : new Promise((resolve) => this.#clock.after(waitMs, resolve))
  }

  /** A request has ended. */
  done(): void {
    this.#freeMs = this.#clock.elapsedMs() + this.#gapMs
  }
}
