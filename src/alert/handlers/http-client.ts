import http from 'node:http'
import https from 'node:https'
import { messageOf } from '../../core/errors.ts'
import { DeliveryError, type HttpPoster } from './handler.ts'
import type { NetworkGuard } from './network-guard.ts'

export interface HttpRequest {
  readonly url: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
  /** Default: 30 s. */
  readonly timeoutMs?: number
  readonly basicAuth?: { readonly username: string; readonly password: string } | undefined
  /** Accepts any certificate. */
  readonly isInsecure?: boolean
  /** Gives it up. */
  readonly signal?: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  readonly body: string
  /** Of a `Retry-After` header. */
  readonly retryAfterMs: number | undefined
}

// Differs: every request of a handler has a time limit, of 30 s unless it sets one; Kapacitor waits for ever.
const TIMEOUT_MS = 30_000
const REDIRECTS_MAX = 10
/** What is kept of an answer: it is only for error messages. */
const BODY_MAX_BYTES = 64 * 1024

/** POSTs over connections that are kept open. Rejects with `unavailable` where no answer came. */
export class HttpClient implements HttpPoster {
  readonly #guard: NetworkGuard | undefined
  readonly #plain: http.Agent
  readonly #secure: https.Agent
  readonly #insecure: https.Agent

  /**
   * @param guard Networks that no request goes to.
   * Differs: blocked networks are blocked for every handler that speaks HTTP; Kapacitor looks at some of them only.
   */
  constructor(guard?: NetworkGuard) {
    const options = { keepAlive: true, ...(guard !== undefined && { lookup: guard.lookup }) }
    this.#guard = guard
    this.#plain = new http.Agent(options)
    this.#secure = new https.Agent(options)
    this.#insecure = new https.Agent({ ...options, rejectUnauthorized: false })
  }

  async post(request: HttpRequest): Promise<HttpAnswer> {
    let url = urlOf(request.url)
    let method = 'POST'
    for (let redirects = 0; ; redirects++) {
      const { answer, location } = await this.#exchange(url, method, request)
      if (location === undefined || redirects === REDIRECTS_MAX) return answer
      if (answer.status < 307) method = 'GET'
      url = urlOf(new URL(location, url).href)
    }
  }

  close(): void {
    for (const agent of [this.#plain, this.#secure, this.#insecure]) agent.destroy()
  }

  #exchange(
    url: URL,
    method: string,
    given: HttpRequest
  ): Promise<{ answer: HttpAnswer; location: string | undefined }> {
    const { body, headers, timeoutMs = TIMEOUT_MS, basicAuth, isInsecure = false, signal } = given
    const isSecure = url.protocol === 'https:'
    this.#guard?.check(url.hostname)
    const options: https.RequestOptions = {
      method,
      agent: isSecure ? (isInsecure ? this.#insecure : this.#secure) : this.#plain,
      headers: {
        'User-Agent': 'kapok',
        ...headers,
        ...(method === 'POST' ? { 'Content-Length': Buffer.byteLength(body) } : {})
      },
      ...(signal === undefined ? {} : { signal }),
      ...(basicAuth === undefined ? {} : { auth: `${basicAuth.username}:${basicAuth.password}` })
    }
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) =>
        reject(
          error instanceof DeliveryError ? error : new DeliveryError('unavailable', messageOf(error), { cause: error })
        )
      const request = (isSecure ? https : http).request(url, options, (response) => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          if (size < BODY_MAX_BYTES) chunks.push(chunk)
          size += chunk.length
        })
        response.on('error', fail)
        response.on('end', () => {
          const { statusCode = 0, headers } = response
          const answer = {
            status: statusCode,
            body: Buffer.concat(chunks).toString(),
            retryAfterMs: retryAfterMs(headers['retry-after'])
          }
          resolve({ answer, location: REDIRECTS.has(statusCode) ? headers.location : undefined })
        })
      })
      // A deadline for the whole exchange: an answer that trickles in is none.
      const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
      request.on('close', () => clearTimeout(timer))
      request.on('error', (error: NodeJS.ErrnoException) => {
        // The server has closed a kept connection just as we took it.
        if (request.reusedSocket && error.code === 'ECONNRESET') resolve(this.#exchange(url, method, given))
        else fail(error)
      })
      request.end(method === 'POST' ? body : undefined)
    })
  }
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const AWAY = new Set([408, 425, 429, 502, 503, 504])

/** The failure that an answer other than success is. Rate limits and gateways say that nobody takes anything now. */
export function refusal({ status, retryAfterMs }: HttpAnswer, message: string): DeliveryError {
  const failure = AWAY.has(status) ? 'unavailable' : status >= 500 ? 'failed' : 'refused'
  return new DeliveryError(failure, message, { retryAfterMs })
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new DeliveryError('refused', `unsupported URL ${JSON.stringify(text)}`)
}

/** Seconds, or a date. */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  const waitMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs)
}
