import { type Clock, millisOf, wallClock } from '../../core/clock.ts'
import { AppError, messageOf } from '../../core/errors.ts'
import { HttpClient } from '../../net/http-client.ts'
import type { NetworkGuard } from '../../net/network-guard.ts'
import { DeliveryError } from './delivery-error.ts'

export interface HttpRequest {
  readonly url: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
  /** Default: 30 s. */
  readonly timeoutMs?: number
  readonly basicAuth?: { readonly username: string; readonly password: string } | undefined
  /** Accepts any certificate. */
  readonly isInsecure?: boolean
  /** Gives the request up. */
  readonly signal?: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  readonly body: string
  /** How long a `Retry-After` header asks to wait. */
  readonly retryAfterMs: number | undefined
}

/** One POST, and the answer to it. Rejects with `unavailable` where none came. */
export interface HttpPoster {
  post(request: HttpRequest): Promise<HttpAnswer>
}

// Differs: every request of a handler has a time limit, of 30 s unless it sets one; Kapacitor waits for ever.
const TIMEOUT_MS = 30_000
/** What is kept of an answer: it is only for error messages. */
const BODY_MAX_BYTES = 64 * 1024

/** POSTs of deliveries. Rejects with `unavailable` where no answer came. */
export class DeliveryClient implements HttpPoster {
  readonly #http: HttpClient
  readonly #clock: Clock

  /**
   * @param guard Networks that no request goes to.
   * @param clock Tells how far off the date is until which a receiver asks to wait.
   * Differs: blocked networks are blocked for every handler; Kapacitor looks at some of them only.
   */
  constructor(guard?: NetworkGuard, clock: Clock = wallClock) {
    this.#clock = clock
    this.#http = new HttpClient({ guard })
  }

  async post(request: HttpRequest): Promise<HttpAnswer> {
    try {
      const answer = await this.#http.request({
        ...{ timeoutMs: TIMEOUT_MS, maxBytes: BODY_MAX_BYTES, cuts: true },
        ...request
      })
      const { status, body, headers } = answer
      return { status, body: body.toString(), retryAfterMs: retryAfterMs(headers['retry-after'], this.#clock) }
    } catch (error) {
      throw deliveryErrorOf(error)
    }
  }

  close(): void {
    this.#http.close()
  }
}

/** A request that cannot be made (a blocked network, no URL) is refused; anything else may go well later. */
export function deliveryErrorOf(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error
  return new DeliveryError(error instanceof AppError ? 'refused' : 'unavailable', messageOf(error), { cause: error })
}

const AWAY = new Set([408, 425, 429, 502, 503, 504])

/** The failure that an answer other than success is. Rate limits and gateways say that nobody takes anything now. */
export function answerError({ status, retryAfterMs }: HttpAnswer, message: string): DeliveryError {
  const failure = AWAY.has(status) ? 'unavailable' : status >= 500 ? 'failed' : 'refused'
  return new DeliveryError(failure, message, { retryAfterMs })
}

/** Seconds, or a date. */
function retryAfterMs(header: string | undefined, clock: Clock): number | undefined {
  if (header === undefined) return undefined
  const waitMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - millisOf(clock)
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs)
}
