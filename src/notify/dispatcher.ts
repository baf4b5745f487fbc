import type { Clock, Timer } from '../core/clock.ts'

export interface Intervals {
  readonly initialMs: number
  readonly maxMs: number
}

/**
 * Runs rounds one after another. The pause before a round begins when the one before has ended; it doubles with every
 * round that had something to do, up to a limit, and falls back to the first after one that had not.
 */
export class Dispatcher {
  readonly #clock: Clock
  readonly #initialMs: number
  readonly #maxMs: number
  readonly #round: () => Promise<boolean>
  #pauseMs: number
  #dueMs = 0
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  #isStopped = false

  /** @param round Must not reject. @returns Whether there was something to do. */
  constructor(clock: Clock, { initialMs, maxMs }: Intervals, round: () => Promise<boolean>) {
    this.#clock = clock
    this.#initialMs = initialMs > 0 ? initialMs : 1000
    this.#maxMs = Math.max(maxMs, this.#initialMs)
    this.#round = round
    this.#pauseMs = this.#initialMs
  }

  start(): void {
    if (this.#isStopped) return
    this.#dueMs = this.#clock.elapsedMs() + this.#pauseMs
    this.#timer = this.#clock.after(this.#pauseMs, () => {
      this.#running = this.#run()
    })
  }

  /** How long it is to the next round; 0 where one is under way. */
  get pauseLeftMs(): number {
    return Math.max(0, this.#dueMs - this.#clock.elapsedMs())
  }

  /** Resolves when no round is under way. */
  idle(): Promise<void> {
    return this.#running ?? Promise.resolve()
  }

  /** A last round at once; afterwards there is none. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#running
    await this.#round()
  }

  async #run(): Promise<void> {
    const wasBusy = await this.#round()
    this.#pauseMs = wasBusy ? Math.min(this.#pauseMs * 2, this.#maxMs) : this.#initialMs
    this.start()
  }
}
