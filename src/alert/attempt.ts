import { createHash } from 'node:crypto'
import type { Attempt } from './handlers/handler.ts'

/** One attempt at a delivery. */
export class RunningAttempt implements Attempt {
  readonly key: string
  #controller: AbortController | undefined
  #isAborted = false

  constructor(key: string) {
    this.key = key
  }

  /** The signal of the attempt, made when it is asked for: few handlers do. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#isAborted) this.#controller.abort()
    return this.#controller.signal
  }

  abort(): void {
    this.#isAborted = true
    this.#controller?.abort()
  }
}

/**
 * A key that is the same for every attempt to tell a handler of an event, now and after a restart, and for nothing
 * else.
 */
export function idempotencyKey(server: string, topic: string, handler: string, origin: bigint): string {
  return createHash('sha1').update(`${server}\n${topic}\n${handler}\n${origin}`).digest('hex')
}
