import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { messageOf } from '../core/errors.ts'
import { InfluxAway, InfluxRefused } from './errors.ts'
import type { ClusterSettings } from './settings.ts'

export interface Ask {
  readonly method: 'GET' | 'POST'
  /** With its query string. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer | string
  readonly signal?: AbortSignal | undefined
  /** Timeout where none is configured; 0 is none. */
  readonly fallbackTimeoutMs?: number
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** Longest answer that is taken, packed or not. */
const MAX_REPLY_BYTES = 256 * 1024 * 1024
const MAX_SOCKETS = 64
const unpack = promisify(gunzip)

/** Connections to the addresses of one cluster. Node's own client, as fetch knows no certificates of ours. */
export class Connections {
  readonly #settings: ClusterSettings
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: MAX_SOCKETS })
  readonly #https: HttpsAgent
  #turn = 0

  constructor(settings: ClusterSettings) {
    this.#settings = settings
    const { ca, cert, key, acceptsAny } = settings.tls
    this.#https = new HttpsAgent({
      keepAlive: true,
      maxSockets: MAX_SOCKETS,
      rejectUnauthorized: !acceptsAny,
      ...(ca !== '' && { ca }),
      ...(cert !== '' && { cert, key })
    })
  }

  /**
   * Asks the next address, then, while nobody answers, those behind it.
   * Rejects with INFLUXDB_AWAY, or INFLUXDB_REFUSED for an answer that is too long, or as the signal says.
   */
  async send(ask: Ask): Promise<Reply> {
    const { urls } = this.#settings
    const first = this.#turn++
    for (let i = 0; ; i++) {
      const url = urls[(first + i) % urls.length]!
      try {
        return await this.#sendTo(url, ask)
      } catch (error) {
        if (error instanceof TooLong) throw InfluxRefused(`the answer is longer than ${MAX_REPLY_BYTES} bytes`)
        ask.signal?.throwIfAborted()
        if (i + 1 === urls.length) throw InfluxAway(reasonOf(error))
      }
    }
  }

  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  #sendTo(url: string, { method, path, headers, body, signal, fallbackTimeoutMs = 0 }: Ask): Promise<Reply> {
    const timeoutMs = this.#settings.timeoutMs || fallbackTimeoutMs
    const base = new URL(url)
    const isTls = base.protocol === 'https:'
    const options = {
      method,
      headers: { ...headers, 'Accept-Encoding': 'gzip', 'Content-Length': Buffer.byteLength(body ?? '') },
      agent: isTls ? this.#https : this.#http,
      signal
    }
    const target = new URL(base.pathname.replace(/\/$/, '') + path, base)
    return new Promise((resolve, reject) => {
      const request = (isTls ? httpsRequest : httpRequest)(target, options, (reply) => {
        read(reply).then(resolve, reject)
      })
      if (timeoutMs > 0) {
        const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs}ms`)), timeoutMs)
        request.on('close', () => clearTimeout(timer))
      }
      request.on('error', reject)
      request.end(body)
    })
  }
}

class TooLong extends Error {}

async function read(reply: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_REPLY_BYTES) throw new TooLong()
    chunks.push(chunk)
  }
  const { statusCode: status = 0, headers } = reply
  const bytes = Buffer.concat(chunks, length)
  return { status, headers, body: headers['content-encoding'] === 'gzip' ? await unpackBounded(bytes) : bytes }
}

async function unpackBounded(bytes: Buffer): Promise<Buffer> {
  try {
    return await unpack(bytes, { maxOutputLength: MAX_REPLY_BYTES })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new TooLong()
    throw error
  }
}

/** Where several addresses of one name fail, Node's error has no words of its own. */
function reasonOf(error: unknown): string {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  return messageOf(first)
}
