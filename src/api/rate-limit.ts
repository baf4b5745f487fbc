import type { FastifyInstance } from 'fastify'
import { AccessError } from '../auth/errors.ts'
import type { Gate } from '../auth/gate.ts'
import type { Clock } from '../core/clock.ts'
import { networkOf } from '../core/network-of.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether its requests cost much, and so are counted. */
    isExpensive?: true
  }
}

const WINDOW_MS = 60_000
/** Clients that are counted at a time; of more, those that began first are forgotten. */
const CLIENTS_MAX = 10_000

const TooManyRequests = (client: string, waitMs: number): AccessError => {
  const message = `too many requests of ${client} that cost much, try again in ${Math.ceil(waitMs / 1000)} s`
  return new AccessError('TOO_MANY_REQUESTS', 429, message, waitMs)
}

/** Options of a route whose requests cost much, of which a client may make so many a minute. */
export function expensive<T extends { readonly config: object }>(options: T): T & { config: { isExpensive: true } } {
  return { ...options, config: { ...options.config, isExpensive: true } }
}

interface Window {
  requests: number
  readonly endsMs: number
}

/**
 * Counts the requests of each client that cost much, on all ports together, in windows of a minute. By hand:
 * rate-limiter-flexible has no bound of clients, and goes by a clock of its own.
 */
export class RateLimit {
  /** Requests that were refused. */
  refused = 0
  readonly #maxPerMinute: number
  readonly #clock: Clock
  /** Windows in the order of their begin. */
  readonly #windows = new Map<string, Window>()

  /** @param maxPerMinute Of each client; 0: any number. */
  constructor(maxPerMinute: number, clock: Clock) {
    this.#maxPerMinute = maxPerMinute
    this.#clock = clock
  }

  /** Fails with TOO_MANY_REQUESTS. */
  admit(client: string): void {
    if (this.#maxPerMinute === 0) return
    const nowMs = this.#clock.elapsedMs()
    const window = this.#windowOf(client, nowMs)
    if (window.requests < this.#maxPerMinute) window.requests++
    else {
      this.refused++
      throw TooManyRequests(client, window.endsMs - nowMs)
    }
  }

  #windowOf(client: string, nowMs: number): Window {
    const known = this.#windows.get(client)
    if (known !== undefined && known.endsMs > nowMs) return known
    this.#windows.delete(client)
    for (const [other, { endsMs }] of this.#windows) {
      if (endsMs > nowMs && this.#windows.size < CLIENTS_MAX) break
      this.#windows.delete(other)
    }
    const window = { requests: 0, endsMs: nowMs + WINDOW_MS }
    this.#windows.set(client, window)
    return window
  }
}

/** Counts after the guard has found out who asks, and before the body is read. */
export function addRateLimit(app: FastifyInstance, gate: Gate, limit: RateLimit): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.isExpensive !== true) return done()
    const { principal, ip } = request
    const isKnown = principal !== undefined && principal !== gate.anonymous
    try {
      limit.admit(isKnown ? principal.name : networkOf(ip))
      done()
    } catch (error) {
      done(error as Error)
    }
  })
}
