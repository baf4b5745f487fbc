import type { IncomingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { AppError, messageOf } from '../core/errors.ts'
import { AnswerTooLong, HttpClient } from '../net/http-client.ts'
import { InfluxAway, InfluxRefused } from './query/errors.ts'
import type { ClusterSettings } from './settings.ts'

export interface InfluxRequest {
  readonly method: 'GET' | 'POST'
  /** Path with its query string. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer | string
  readonly signal?: AbortSignal | undefined
  /** Timeout where none is configured; 0 is none. */
  readonly fallbackTimeoutMs?: number
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Longest answer that is taken, packed or not. */
const MAX_REPLY_BYTES = 256 * 1024 * 1024
const MAX_SOCKETS = 64
const unpack = promisify(gunzip)

/**
 * Connections to the addresses of one cluster. Differs: no network is blocked for them, since the configuration file
 * alone names clusters; Kapacitor looks at them, too.
 */
export class InfluxConnections {
  readonly #settings: ClusterSettings
  readonly #http: HttpClient
  #turn = 0

  constructor(settings: ClusterSettings) {
    this.#settings = settings
    const { ca, cert, key, acceptsAny } = settings.tls
    this.#http = new HttpClient({ tls: { ca, cert, key, isInsecure: acceptsAny }, maxConnections: MAX_SOCKETS })
  }

  /**
   * Asks the next address, then, while nobody answers, those behind it.
   * Rejects with INFLUXDB_AWAY, or INFLUXDB_REFUSED for an answer that is too long, or as the signal says.
   */
  async send(ask: InfluxRequest): Promise<Reply> {
    const { urls } = this.#settings
    const first = this.#turn++
    for (let i = 0; ; i++) {
      const url = urls[(first + i) % urls.length]!
      try {
        return await this.#sendTo(url, ask)
      } catch (error) {
        if (error instanceof AppError) throw InfluxRefused(error.message)
        ask.signal?.throwIfAborted()
        if (i + 1 === urls.length) throw InfluxAway(messageOf(error))
      }
    }
  }

  close(): void {
    this.#http.close()
  }

  async #sendTo(url: string, { path, headers, fallbackTimeoutMs = 0, ...ask }: InfluxRequest): Promise<Reply> {
    const reply = await this.#http.request({
      ...ask,
      url: url.replace(/\/$/, '') + path,
      headers: { ...headers, 'Accept-Encoding': 'gzip' },
      timeoutMs: this.#settings.timeoutMs || fallbackTimeoutMs,
      maxBytes: MAX_REPLY_BYTES,
      maxRedirects: 0
    })
    return reply.headers['content-encoding'] === 'gzip' ? { ...reply, body: await unpackBounded(reply.body) } : reply
  }
}

async function unpackBounded(bytes: Buffer): Promise<Buffer> {
  try {
    return await unpack(bytes, { maxOutputLength: MAX_REPLY_BYTES })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw AnswerTooLong(MAX_REPLY_BYTES)
    throw error
  }
}
