import { createHmac, randomBytes } from 'node:crypto'
import { backoffMs } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import { networkOf } from '../core/network-of.ts'
import { LoginThrottled } from './errors.ts'

/** Failures that cost nothing, then waits that double. */
const FREE_FAILURES = 5
const WAIT_MIN_MS = 1000
const WAIT_MAX_MS = 60_000
/** All is forgotten when nothing has failed for so long. */
const FORGET_AFTER_MS = 15 * 60_000
const KEYS_MAX = 10_000
/** A right proof passes by those that fail for so long. */
const RIGHT_MS = 60 * 60_000
const RIGHT_MAX = 10_000

/** Somebody says who they are. */
export interface Login {
  readonly address: string
  /** Who; for what names nobody, the kind of credentials. */
  readonly name: string
  /** The password or token. */
  readonly proof: string
}

interface Failures {
  count: number
  lastMs: number
  untilMs: number
}

/**
 * Slows failed logins of every kind down, by the address that they come from together with the name that they try:
 * nobody locks another one out. An address that tries many names is slowed down as a whole, at ten times as many
 * failures. What was right lately, from the same address, does not wait for others that fail there; from elsewhere it
 * does, or a guess that is right would be told from others at any rate.
 */
export class LoginThrottle {
  readonly #clock: Clock
  readonly #failures = new Map<string, Failures>()
  /** Until when a right proof passes, by the hash of address, name and proof. */
  readonly #right = new Map<string, number>()
  /** A key of this process alone: what is kept of a password is of no use elsewhere. */
  readonly #key = randomBytes(32)
  /** Failed logins since the start. */
  failed = 0
  /** Logins since the start that were not looked at, since they had to wait. */
  throttled = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The result of a check that fails for a wrong login. Fails with LOGIN_THROTTLED where this one has to wait. */
  attempt<T>(login: Login, check: () => T): T {
    this.admit(login)
    try {
      const result = check()
      this.succeed(login)
      return result
    } catch (error) {
      this.fail(login)
      throw error
    }
  }

  /** Fails with LOGIN_THROTTLED where this one has to wait. */
  admit(login: Login): void {
    const nowMs = this.#nowMs()
    if ((this.#right.get(this.#hashOf(login)) ?? 0) > nowMs) return
    for (const key of keysOf(login)) {
      const untilMs = this.#failures.get(key)?.untilMs ?? 0
      if (untilMs <= nowMs) continue
      this.throttled++
      throw LoginThrottled(untilMs - nowMs)
    }
  }

  fail(login: Login): void {
    this.failed++
    this.#right.delete(this.#hashOf(login))
    const [own, whole] = keysOf(login)
    this.#count(own, FREE_FAILURES)
    this.#count(whole, FREE_FAILURES * 10)
  }

  succeed(login: Login): void {
    const [own] = keysOf(login)
    this.#failures.delete(own)
    const hash = this.#hashOf(login)
    this.#right.delete(hash)
    this.#right.set(hash, this.#nowMs() + RIGHT_MS)
    if (this.#right.size > RIGHT_MAX) this.#right.delete(this.#right.keys().next().value!)
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

  #hashOf({ address, name, proof }: Login): string {
    return createHmac('sha256', this.#key).update(`${address}\0${name}\0${proof}`).digest('base64')
  }

  #nowMs(): number {
    return this.#clock.now().ms
  }
}

function keysOf({ address, name }: Login): readonly [own: string, whole: string] {
  const network = networkOf(address)
  return [`${network}\0${name.slice(0, 200)}`, network]
}
