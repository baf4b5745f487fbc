import type { Clock, Timer } from '../../core/clock.ts'

/** Something that falls due; in the list of `Deadlines`, earliest first. */
export abstract class Deadline {
  atMs = 0
  earlier: Deadline | undefined
  later: Deadline | undefined
  isSet = false
}

/**
 * Many deadlines on one timer. Made for those that are all set equally far ahead: such a one goes to the end of the
 * list, so setting costs the same however many there are, and moving one on does not touch the timer.
 */
export class Deadlines<D extends Deadline> {
  readonly #clock: Clock
  readonly #onDue: (item: D) => void
  #first: Deadline | undefined
  #last: Deadline | undefined
  #timer: Timer | undefined

  /** @param onDue Gets an item that is not set any more. */
  constructor(clock: Clock, onDue: (item: D) => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  /** Sets a deadline, or moves it. @param atMs By `Clock.elapsedMs`, as everything here. */
  set(item: D, atMs: number): void {
    if (item.isSet) this.#unlink(item)
    let earlier = this.#last
    while (earlier !== undefined && earlier.atMs > atMs) earlier = earlier.earlier
    const later = earlier === undefined ? this.#first : earlier.later
    item.atMs = atMs
    item.earlier = earlier
    item.later = later
    item.isSet = true
    if (earlier === undefined) this.#first = item
    else earlier.later = item
    if (later === undefined) this.#last = item
    else later.earlier = item
    if (this.#timer === undefined) this.#wait()
  }

  remove(item: D): void {
    if (item.isSet) this.#unlink(item)
  }

  /** Forgets all of them. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#first = this.#last = undefined
  }

  #wait(): void {
    if (this.#first === undefined) return
    const delayMs = Math.max(0, Math.ceil(this.#first.atMs - this.#clock.elapsedMs()))
    this.#timer = this.#clock.after(delayMs, () => {
      this.#timer = undefined
      const nowMs = this.#clock.elapsedMs()
      for (let first = this.#first; first !== undefined && first.atMs <= nowMs; first = this.#first) {
        this.#unlink(first)
        this.#onDue(first as D)
      }
      if (this.#timer === undefined) this.#wait()
    })
  }

  #unlink(item: Deadline): void {
    const { earlier, later } = item
    if (earlier === undefined) this.#first = later
    else earlier.later = later
    if (later === undefined) this.#last = earlier
    else later.earlier = earlier
    item.earlier = item.later = undefined
    item.isSet = false
  }
}
