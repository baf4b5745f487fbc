import { WriteBusy } from './errors.ts'

interface Waiting {
  readonly resume: () => void
}

/** Where bodies wait for room in a shard: until the shard takes points, and has less under way. */
export class WriteGate {
  /** Bytes that were admitted and that the shard is not done with. */
  inFlightBytes = 0
  readonly #maxInFlightBytes: number
  readonly #takesPoints: () => boolean
  readonly #waiting: Waiting[] = []
  /** What tasks write back. */
  readonly #waitingLooped: Waiting[] = []

  /** @param takesPoints Whether any bytes may be sent now; `resume` is to be called when that turns true. */
  constructor(maxInFlightBytes: number, takesPoints: () => boolean) {
    this.#maxInFlightBytes = maxInFlightBytes
    this.#takesPoints = takesPoints
  }

  /** Resolves when so many bytes may be sent, and counts them as under way. Fails with WRITE_BUSY past the deadline. */
  async admit(bytes: number, deadlineMs: number): Promise<void> {
    const until = performance.now() + deadlineMs
    while (!this.#hasRoom(bytes)) await wait(this.#waiting, until)
    this.inFlightBytes += bytes
  }

  /**
   * Resolves when what tasks write back may be sent. That waits for no writer: writers wait for what is written back.
   * Fails with WRITE_BUSY past the deadline.
   */
  async admitLooped(deadlineMs: number): Promise<void> {
    const until = performance.now() + deadlineMs
    while (!this.#takesPoints()) await wait(this.#waitingLooped, until)
  }

  /** Gives back bytes that were admitted and that the shard is done with, or that are not sent after all. */
  release(bytes: number): void {
    this.inFlightBytes -= bytes
    this.#waiting.shift()?.resume()
  }

  /** Lets all that wait look again. */
  resume(): void {
    for (const { resume } of [...this.#waitingLooped.splice(0), ...this.#waiting.splice(0)]) resume()
  }

  #hasRoom(bytes: number): boolean {
    if (!this.#takesPoints()) return false
    return this.inFlightBytes === 0 || this.inFlightBytes + bytes <= this.#maxInFlightBytes
  }
}

function wait(queue: Waiting[], untilMs: number): Promise<void> {
  return new Promise<void>((resume, refuse) => {
    const waiting: Waiting = {
      resume: () => {
        clearTimeout(timer)
        resume()
      }
    }
    const timer = setTimeout(
      () => {
        queue.splice(queue.indexOf(waiting), 1)
        refuse(WriteBusy())
      },
      Math.max(0, untilMs - performance.now())
    )
    queue.push(waiting)
  })
}
