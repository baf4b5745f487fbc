import type { Instant } from '../../core/instant.ts'
import type { ReplayClock } from './clock.ts'
import type { ReplayTask } from './task.ts'

/** How long a replay works before others of the thread have their turn. */
const SLICE_MS = 5
/** Callbacks of a clock in a row. */
const SLICE_CALLBACKS = 10_000
/** Events of a task that nobody has taken over at which it waits. */
const MAX_UNACKNOWLEDGED = 2000
/** How often somebody who waits looks whether the replay was cancelled. */
const LOOK_MS = 100

/** When a replay lets others work, what it waits for, and whether it goes on. */
export class Scheduler {
  readonly #tasks: readonly ReplayTask[]
  readonly #maxPending: number
  #isCancelled = false
  #sliceStart = performance.now()
  #wake: () => void = () => {}

  constructor(tasks: readonly ReplayTask[], maxPending: number) {
    this.#tasks = tasks
    this.#maxPending = maxPending
  }

  /** Whether there is somebody to go on for. */
  get goesOn(): boolean {
    return !this.#isCancelled && this.#tasks.some(({ hasFailed }) => !hasFailed)
  }

  get isCancelled(): boolean {
    return this.#isCancelled
  }

  cancel(): void {
    this.#isCancelled = true
    this.#wake()
  }

  /** Something that it may wait for has happened. */
  wake(): void {
    this.#wake()
  }

  /** Whether `take` is to be awaited; asked often. */
  get isOver(): boolean {
    if (performance.now() - this.#sliceStart > SLICE_MS) return true
    for (const task of this.#tasks) if (this.#isBehind(task)) return true
    return false
  }

  /** Lets others work, and waits for what the tasks have under way where that is too much. */
  async take(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    while (this.goesOn && this.#tasks.some((task) => this.#isBehind(task))) await this.#sleep(LOOK_MS)
    this.#sliceStart = performance.now()
  }

  /** Waits until all events have been taken over. */
  async untilAcknowledged(): Promise<void> {
    while (!this.#isCancelled && this.#tasks.some(({ unacknowledged }) => unacknowledged > 0))
      await this.#sleep(LOOK_MS)
  }

  /** Waits so long, or until the replay is cancelled. */
  async wait(delayMs: number): Promise<void> {
    const until = performance.now() + delayMs
    for (let left = delayMs; left > 0 && this.goesOn; left = until - performance.now()) {
      await this.#sleep(Math.min(left, LOOK_MS))
    }
  }

  /** Turns a clock on. */
  async advance(clock: ReplayClock, time: Instant): Promise<void> {
    while (!clock.advance(time, SLICE_CALLBACKS) && this.goesOn) await this.take()
  }

  #isBehind({ unacknowledged, running }: ReplayTask): boolean {
    return unacknowledged > MAX_UNACKNOWLEDGED || (running !== undefined && running.pending > this.#maxPending)
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
