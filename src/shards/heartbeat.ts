import { newActivityCells, readActivity } from '../engine/activity.ts'

/** A thread that has given no sign of life for so long is not asked what can be known without it. */
const SILENT_MS = 1000

/** Whether a thread gets on, as its activity tells. One that was pinged and gives no sign of life is silent. */
export class Heartbeat {
  /** Memory that the thread tells its activity in. */
  readonly cells = newActivityCells()
  /** Time that has passed since it was last found to get on. */
  silentMs = 0
  #beats = 0

  /** Number of whom the thread works for. */
  get owner(): number {
    return readActivity(this.cells).owner
  }

  get isSilent(): boolean {
    return this.silentMs >= SILENT_MS && readActivity(this.cells).beats === this.#beats
  }

  /**
   * Looks at the beats of the thread; called every so often.
   * @param elapsedMs Time since the last look.
   * @returns Whether the thread has got on, and so is to be pinged again.
   */
  look(elapsedMs: number): boolean {
    const { beats } = readActivity(this.cells)
    if (beats === this.#beats) {
      this.silentMs += elapsedMs
      return false
    }
    this.#beats = beats
    this.silentMs = 0
    return true
  }
}
