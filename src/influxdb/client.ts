import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import { AppError } from '../core/errors.ts'
import { formatInstant } from '../core/instant.ts'
import { secretsOfUrl } from '../core/mask.ts'
import { redactedMessage, redactorOf } from '../core/redact.ts'
import { secretsOfHeaders } from '../core/secret-values.ts'
import type { FluxRequest, InfluxCluster, InfluxResult, WritePlace } from './query/cluster.ts'
import { InfluxAway, InfluxRefused } from './query/errors.ts'
import { InfluxConnections, type InfluxRequest, type Reply } from './http.ts'
import { wallClock } from '../core/clock.ts'
import { bearerOf } from './bearer.ts'
import type { ClusterSettings } from './settings.ts'

const pack = promisify(gzip)
/** Where none is configured: the end of a task waits for its last writes. */
const WRITE_TIMEOUT_MS = 30_000
/** What an InfluxDB says that is overloaded, starts or ends. */
const PASSING = /timeout|timed out|cache-max-memory-size|closed|unavailable|shutting down/i
/** Bytes that are kept of an answer that is no JSON. Errors are shorter, once no secret can be cut in two any more. */
const REASON_MAX_BYTES = 16 * 1024
const DIALECT = { annotations: ['datatype', 'default', 'group'], delimiter: ',', header: true }

/**
 * Speaks to InfluxDB 1.x, and to 2.x by the endpoints that it has for clients of 1.x, with a token: there a database
 * and retention policy stand for the bucket that is mapped to them, or is called `DATABASE/POLICY`.
 */
export class InfluxClient implements InfluxCluster {
  readonly #connections: InfluxConnections
  #settings: ClusterSettings
  readonly #isPacked: boolean

  constructor(settings: ClusterSettings) {
    this.#connections = new InfluxConnections(settings)
    this.#isPacked = settings.isPacked
    this.#settings = settings
  }

  /** Goes by the credentials of these settings from the next request on. */
  renew(settings: ClusterSettings): void {
    this.#settings = settings
  }

  /** The version that the server tells. */
  ping(): Promise<string> {
    return this.#asking(async (send) => {
      const reply = await send({ method: 'GET', path: '/ping', headers: {} })
      return String(reply.headers['x-influxdb-version'] ?? '')
    })
  }

  query(text: string, signal?: AbortSignal): Promise<readonly InfluxResult[]> {
    const path = `/query?${new URLSearchParams({ db: '', q: text }).toString()}`
    return this.#asking(async (send) => {
      const { body } = await send({ method: 'POST', path, headers: {}, signal })
      const answer = parse(body) as InfluxAnswer
      const results = answer.results ?? []
      const error = answer.error ?? results.find((result) => result.error !== undefined)?.error
      if (error !== undefined) throw InfluxRefused(error)
      return results
    })
  }

  flux({ script, now, org, orgId }: FluxRequest, signal?: AbortSignal): Promise<string> {
    return this.#asking(async (send) => {
      const { body } = await send({
        method: 'POST',
        path: `/api/v2/query?${new URLSearchParams({ org, orgID: orgId }).toString()}`,
        headers: { 'Content-Type': 'application/json', Accept: 'application/csv' },
        body: JSON.stringify({ type: 'flux', now: formatInstant(now), query: script, dialect: DIALECT }),
        signal
      })
      return body.toString()
    })
  }

  async write({ database, retentionPolicy, precision, consistency }: WritePlace, lines: string): Promise<void> {
    const place = new URLSearchParams({ consistency, db: database, precision, rp: retentionPolicy })
    const headers = { 'Content-Type': 'application/octet-stream' }
    const body = this.#isPacked ? await pack(lines, { level: constants.Z_BEST_SPEED }) : lines
    await this.#asking((send) =>
      send({
        method: 'POST',
        path: `/write?${place.toString()}`,
        headers: this.#isPacked ? { ...headers, 'Content-Encoding': 'gzip' } : headers,
        body,
        fallbackTimeoutMs: WRITE_TIMEOUT_MS
      })
    )
  }

  close(): void {
    this.#connections.close()
  }

  /** Asks with the credentials as they are now. What the server says, which may be an echo, comes without them. */
  async #asking<T>(ask: (send: (ask: InfluxRequest) => Promise<Reply>) => Promise<T>): Promise<T> {
    const { password, token, urls } = this.#settings
    const headers = headersOf(this.#settings)
    try {
      return await ask((one) => this.#send({ ...one, headers: { ...headers, ...one.headers } }))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const redact = redactorOf([password, token, ...urls.flatMap(secretsOfUrl), ...secretsOfHeaders(headers)])
      throw new AppError(error.code, error.status, redactedMessage(error, redact))
    }
  }

  async #send(ask: InfluxRequest): Promise<Reply> {
    const reply = await this.#connections.send(ask)
    const { status } = reply
    if (status >= 200 && status < 300) return reply
    const reason = reasonOf(reply)
    // A 500 of 1.x is also the answer to what never succeeds, such as a retention policy that does not exist.
    const isPassing = status > 500 || status === 429 || status === 408 || (status === 500 && PASSING.test(reason))
    throw (isPassing ? InfluxAway : InfluxRefused)(reason)
  }
}

interface InfluxAnswer {
  readonly results?: readonly (InfluxResult & { readonly error?: string })[]
  readonly error?: string
}

function headersOf(settings: ClusterSettings): Readonly<Record<string, string>> {
  return { 'User-Agent': 'KapacitorInfluxDBClient', ...authorization(settings) }
}

function authorization({ username, password, token, sharedSecret }: ClusterSettings): Readonly<Record<string, string>> {
  if (token !== '') return { Authorization: `Token ${token}` }
  if (sharedSecret !== '') return { Authorization: `Bearer ${bearerOf(username, sharedSecret, wallClock.now().ms)}` }
  if (username === '') return {}
  return { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    throw InfluxRefused('the answer is no JSON')
  }
}

/** What a server says of its error: 1.x in `error`, 2.x in `message`, a proxy in whatever words. */
function reasonOf({ status, body }: Reply): string {
  const text = body.toString('utf8', 0, REASON_MAX_BYTES).trim()
  try {
    const { error, message } = JSON.parse(body.toString()) as { error?: unknown; message?: unknown }
    const words = error ?? message
    if (typeof words === 'string') return words
  } catch {
    // Then it is a text.
  }
  return text === '' ? `InfluxDB answered ${status}` : text
}
