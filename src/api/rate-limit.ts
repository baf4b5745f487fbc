import type { FastifyInstance } from 'fastify'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { Refused } from '../auth/errors.ts'
import type { Gate } from '../auth/gate.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether its requests cost much, and so are counted. */
    isExpensive?: true
  }
}

const WINDOW_S = 60

const TooManyRequests = (client: string, waitMs: number): Refused => {
  const message = `too many requests of ${client} that cost much, try again in ${Math.ceil(waitMs / 1000)} s`
  return new Refused('TOO_MANY_REQUESTS', 429, message, waitMs)
}

/** Options of a route whose requests cost much, of which a client may make so many a minute. */
export function expensive<T extends { readonly config: object }>(options: T): T & { config: { isExpensive: true } } {
  return { ...options, config: { ...options.config, isExpensive: true } }
}

/**
 * Counts the requests of each client that cost much, on all ports together. A client is forgotten a minute after its
 * first request; how many there can be follows from the limit of connections.
 */
export class RateLimit {
  /** Requests that were refused. */
  refused = 0
  readonly #limiter: RateLimiterMemory | undefined

  /** @param maxPerMinute Of each client; 0: any number. */
  constructor(maxPerMinute: number) {
    if (maxPerMinute > 0) this.#limiter = new RateLimiterMemory({ points: maxPerMinute, duration: WINDOW_S })
  }

  /** Rejects with TOO_MANY_REQUESTS. */
  async admit(client: string): Promise<void> {
    try {
      await this.#limiter?.consume(client)
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error
      this.refused++
      throw TooManyRequests(client, error.msBeforeNext)
    }
  }
}

/** Counts after the guard has found out who asks, and before the body is read. */
export function addRateLimit(app: FastifyInstance, gate: Gate, limit: RateLimit): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.isExpensive !== true) return done()
    const { principal, ip } = request
    const isKnown = principal !== undefined && principal !== gate.anonymous
    limit.admit(isKnown ? principal.name : ip).then(() => done(), done)
  })
}
