import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { within } from '../core/within.ts'

export interface Closing {
  /** Name of the service in the log. */
  readonly name: string
  /** How long it may take; then the others are ended without it. */
  readonly withinMs?: number
  /** Whether something is lost where it does not end. */
  readonly stores?: boolean
}

const WITHIN_MS = 1000
/** Time that the end of all services together may take. */
const TOTAL_MS = 9000
/** What is left for each of those to come that store. */
const RESERVED_MS = 1000

interface Closer extends Closing {
  readonly close: () => unknown
}

/** How to end what has been made so far, in time, whatever some of it does. */
export class Closers {
  readonly #log: Logger
  readonly #closers: Closer[] = []
  readonly #totalMs: number

  constructor(log: Logger, totalMs = TOTAL_MS) {
    this.#log = log
    this.#totalMs = totalMs
  }

  add(closing: Closing, close: () => unknown): void {
    this.#closers.push({ ...closing, close })
  }

  /** The last made first. @returns What did not end, or failed to. */
  async close(): Promise<readonly Closing[]> {
    const untilMs = performance.now() + this.#totalMs
    const failed: Closing[] = []
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) {
      const reservedMs = this.#closers.filter(({ stores }) => stores).length * RESERVED_MS
      const leftMs = Math.max(0, untilMs - performance.now() - reservedMs)
      if (!(await this.#end(closer, Math.min(closer.withinMs ?? WITHIN_MS, leftMs)))) failed.push(closer)
    }
    return failed
  }

  /** @returns Whether it has ended. */
  async #end({ name, close }: Closer, withinMs: number): Promise<boolean> {
    try {
      const ended = Promise.resolve(close()).then(() => true)
      ended.catch(() => {}) // What fails after its time has nobody to tell.
      const hasEnded = await within(withinMs, ended, () => false)
      if (!hasEnded) this.#log.error('a service did not stop in time', { name, 'after-ms': Math.round(withinMs) })
      return hasEnded
    } catch (error) {
      this.#log.error('failed to stop a service', { name, err: messageOf(error) })
      return false
    }
  }
}
