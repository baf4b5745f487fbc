/** How long attempts may begin in a row until the thread does other work, such as answering requests. */
const SLICE_MS = 50

/**
 * When attempts at deliveries may begin: none before `open`, and then as long as the thread's other work does not have to
 * wait. So neither what waits in the outbox at a start nor handlers that take time to begin hold up the server.
 */
export class Turns {
  #isOpen: boolean
  /** Since when attempts have begun in this turn of the event loop. */
  #sinceMs: number | undefined
  readonly #waiting = new Set<() => void>()

  constructor(isOpen = true) {
    this.#isOpen = isOpen
  }

  open(): void {
    this.#isOpen = true
    this.#wake()
  }

  /** @param again Called once it is worth asking again, where the answer is no. @returns Whether an attempt may begin. */
  mayBegin(again: () => void): boolean {
    if (this.#isOpen) {
      const nowMs = performance.now()
      if (this.#sinceMs === undefined) {
        this.#sinceMs = nowMs
        setImmediate(() => {
          this.#sinceMs = undefined
          this.#wake()
        })
      }
      if (nowMs - this.#sinceMs < SLICE_MS) return true
    }
    this.#waiting.add(again)
    return false
  }

  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const again of waiting) again()
  }
}
