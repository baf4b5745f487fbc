import { backoffMs } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import { LoginThrottled } from './errors.ts'

/** Failures that cost nothing, then waits that double. */
const FREE_FAILURES = 5
const WAIT_MIN_MS = 1000
const WAIT_MAX_MS = 60_000
/** Without a failure for so long, all is forgotten. */
const FORGET_AFTER_MS = 15 * 60_000
const KEYS_MAX = 10_000

interface Failures {
  count: number
  lastMs: number
  untilMs: number
}

/**
 * Slows failed logins down, by the address that they come from together with the name that they try: nobody locks
 * another one out. An address that tries many names is slowed down as a whole, at ten times as many failures.
 */
export class LoginThrottle {
  readonly #clock: Clock
  readonly #failures = new Map<string, Failures>()
  /** Failed logins since the start. */
  failed = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Fails with LOGIN_THROTTLED where this one has to wait. */
  admit(address: string, name: string): void {
    const nowMs = this.#nowMs()
    for (const key of [keyOf(address, name), address]) {
      const untilMs = this.#failures.get(key)?.untilMs ?? 0
      if (untilMs > nowMs) throw LoginThrottled(untilMs - nowMs)
    }
  }

  fail(address: string, name: string): void {
    this.failed++
    this.#count(keyOf(address, name), FREE_FAILURES)
    this.#count(address, FREE_FAILURES * 10)
  }

  succeed(address: string, name: string): void {
    this.#failures.delete(keyOf(address, name))
  }

  #count(key: string, free: number): void {
    const nowMs = this.#nowMs()
    const known = this.#failures.get(key)
    const count = known === undefined || nowMs - known.lastMs > FORGET_AFTER_MS ? 1 : known.count + 1
    const waitMs = count <= free ? 0 : backoffMs(count - free - 1, WAIT_MIN_MS, WAIT_MAX_MS)
    // The one that failed last stands last: the first are those to forget.
    this.#failures.delete(key)
    this.#failures.set(key, { count, lastMs: nowMs, untilMs: nowMs + waitMs })
    if (this.#failures.size > KEYS_MAX) this.#failures.delete(this.#failures.keys().next().value!)
  }

  #nowMs(): number {
    return this.#clock.now().ms
  }
}

function keyOf(address: string, name: string): string {
  return `${address}\0${name.slice(0, 200)}`
}
