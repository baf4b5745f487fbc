import type { Clock, Timer } from '../core/clock.ts'
import type { CrashMarks } from '../store/crash-marks.ts'
import { DeliveryError } from './handlers/delivery-error.ts'
import type { Attempt } from './handlers/handler.ts'

/** Crashes at which a delivery was under way until it is given up. */
const CRASHES_MAX = 2
/**
 * What brings the process down does so soon after it has begun, or keeps the thread busy until then. An attempt that
 * takes longer waits for its receiver, which is no reason for a crash.
 */
const WINDOW_MS = 500

/**
 * Keeps a delivery that brings the process down from doing so at every start: one that was under way at two crashes is
 * refused, and so becomes a dead letter. After a crash, those that were under way are tried one after the other, so that
 * a second one shows which of them it was.
 */
export class CrashGuard {
  readonly #marks: CrashMarks
  readonly #clock: Clock
  /** Attempts that have begun of late, and when, oldest first. */
  readonly #begun = new Map<string, number>()
  #timer: Timer | undefined
  /** Resolves when the suspect that was begun last has ended, or has shown itself harmless. */
  #suspect: Promise<void> = Promise.resolve()

  constructor(marks: CrashMarks, clock: Clock) {
    this.#marks = marks
    this.#clock = clock
  }

  /** Deliveries that were under way at a crash. */
  get suspects(): number {
    return this.#marks.suspects
  }

  /** Attempts that a crash would not count, or not with those before: for lack of room, and since the disk failed. */
  get unmarked(): { readonly dropped: number; readonly failed: number } {
    return this.#marks
  }

  /** Makes an attempt. @param key Of the delivery, the same for all attempts and after a restart. */
  async attempt(key: string, attempt: Attempt, send: () => Promise<void>): Promise<void> {
    const crashes = this.#marks.crashesOf(key)
    if (crashes >= CRASHES_MAX) {
      throw new DeliveryError('refused', `the server crashed ${crashes} times while this was being delivered`)
    }
    await (crashes > 0 ? this.#sendAlone(key, attempt, send) : this.#send(key, send))
  }

  /** Forgets the attempts of an event that was delivered or given up. */
  forget(key: string): void {
    this.#begun.delete(key)
    this.#marks.forget(key)
  }

  /** Says that the process ends in order. */
  close(): void {
    this.#timer?.cancel()
    this.#marks.close()
  }

  async #sendAlone(key: string, { signal }: Attempt, send: () => Promise<void>): Promise<void> {
    const before = this.#suspect
    let release: () => void = () => {}
    this.#suspect = new Promise((resolve) => (release = resolve))
    await before
    const timer = this.#clock.after(WINDOW_MS, release)
    try {
      if (signal.aborted) throw new DeliveryError('unavailable', 'its time was over before its turn')
      await this.#send(key, send)
    } finally {
      timer.cancel()
      release()
    }
  }

  async #send(key: string, send: () => Promise<void>): Promise<void> {
    this.#begun.set(key, this.#clock.elapsedMs())
    this.#marks.begin(key)
    this.#timer ??= this.#clock.after(WINDOW_MS, this.#sweep)
    try {
      await send()
    } finally {
      if (this.#begun.delete(key)) this.#marks.end(key)
    }
  }

  /** Takes the marks off those that have shown themselves harmless. */
  readonly #sweep = (): void => {
    this.#timer = undefined
    const untilMs = this.#clock.elapsedMs() - WINDOW_MS
    for (const [key, sinceMs] of this.#begun) {
      if (sinceMs > untilMs) {
        this.#timer = this.#clock.after(WINDOW_MS, this.#sweep)
        return
      }
      this.#begun.delete(key)
      this.#marks.end(key)
    }
  }
}
