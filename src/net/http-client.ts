import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { defineError, messageOf } from '../core/errors.ts'
import { unescaped } from '../core/mask.ts'
import type { NetworkGuard } from './network-guard.ts'
import { type Environment, proxyFor } from './proxies.ts'

/**
 * The one way in which requests go out over HTTP: past the network guard at each redirect, over connections that are
 * kept, through the proxies that the environment names (HTTP_PROXY, HTTPS_PROXY, NO_PROXY), within limits of time and
 * size.
 */
export interface HttpClientOptions {
  /** Networks that no request goes to. */
  readonly guard?: NetworkGuard | undefined
  /** What is trusted and who one is, in PEM. */
  readonly tls?: TlsIdentity
  /** Connections to one server at a time. Default: any number. */
  readonly maxConnections?: number
  /** Which proxies there are. Default: that of the process. */
  readonly environment?: Environment
}

export interface TlsIdentity {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** Accepts any certificate. */
  readonly isInsecure?: boolean
}

export interface HttpRequest {
  /** Default: POST. */
  readonly method?: 'GET' | 'POST'
  readonly url: string
  readonly body?: string | Buffer | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly basicAuth?: { readonly username: string; readonly password: string } | undefined
  /** Time limit of the whole exchange: an answer that trickles in is none. 0: none. */
  readonly timeoutMs: number
  /** Bytes that the answer may have. */
  readonly maxBytes: number
  /** A longer answer is cut, where that is enough; otherwise it fails. */
  readonly cuts?: boolean
  /** Default: 10. The answer to the last request is what comes of more. */
  readonly maxRedirects?: number
  /** Accepts any certificate. */
  readonly isInsecure?: boolean
  /** Gives the request up: it fails with the reason of the signal then. */
  readonly signal?: AbortSignal | undefined
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export const UnsupportedUrl = defineError(
  'URL_UNSUPPORTED',
  502,
  (text: string) => `unsupported URL ${JSON.stringify(text)}`
)
export const AnswerTooLong = defineError(
  'ANSWER_TOO_LONG',
  502,
  (maxBytes: number) => `the answer is longer than ${maxBytes} bytes`
)

const CONNECT_MS = 30_000
const MAX_REDIRECTS = 10
const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** What the client says itself of a request; as in the original, scripts cannot. */
const OWN_HEADERS = new Set([
  ...[
    'host',
    'content-length',
    'transfer-encoding',
    'connection',
    'keep-alive',
    'proxy-connection',
    'upgrade',
    'expect'
  ]
])
/** What another server than the one that was asked is not told. */
const CREDENTIALS = new Set(['authorization', 'cookie', 'proxy-authorization'])

export class HttpClient {
  readonly #options: HttpClientOptions
  /** Agents by proxy ('' is none) and whether any certificate is accepted. */
  readonly #agents = new Map<string, Promise<Dispatcher>>()

  constructor(options: HttpClientOptions = {}) {
    this.#options = options
  }

  /** Fails with NETWORK_BLOCKED, URL_UNSUPPORTED, ANSWER_TOO_LONG, or an `Error` where no answer came. */
  async request(request: HttpRequest): Promise<HttpAnswer> {
    const { timeoutMs, signal } = request
    const timer = timeoutMs > 0 ? AbortSignal.timeout(timeoutMs) : undefined
    const signals = [timer, signal].filter((one) => one !== undefined)
    const deadline = signals.length > 1 ? AbortSignal.any(signals) : signals[0]
    try {
      return await this.#follow(request, deadline)
    } catch (error) {
      signal?.throwIfAborted()
      if (timer?.aborted === true) throw new Error(`no answer within ${timeoutMs} ms`, { cause: error })
      throw withWords(error)
    }
  }

  close(): void {
    for (const agent of this.#agents.values()) void agent.then((open) => open.destroy())
    this.#agents.clear()
  }

  async #follow(request: HttpRequest, deadline: AbortSignal | undefined): Promise<HttpAnswer> {
    const { maxRedirects = MAX_REDIRECTS } = request
    let url = urlOf(request.url)
    let headers = headersOf(request, url)
    let method = request.method ?? 'POST'
    for (let redirects = 0; ; redirects++) {
      const answer = await this.#ask(url, method, headers, request, deadline)
      const { location } = answer.headers
      if (!REDIRECTS.has(answer.status) || location === undefined || redirects >= maxRedirects) return answer
      const target = urlOf(new URL(location, url).href)
      if (target.origin !== url.origin) headers = without(headers, CREDENTIALS)
      if (answer.status < 307 && method !== 'GET') {
        method = 'GET'
        headers = without(headers, new Set(['content-type', 'content-encoding']))
      }
      url = target
    }
  }

  async #ask(
    url: URL,
    method: 'GET' | 'POST',
    headers: Readonly<Record<string, string>>,
    { body, isInsecure = false, maxBytes, cuts = false }: HttpRequest,
    signal: AbortSignal | undefined
  ): Promise<HttpAnswer> {
    const { guard, environment = process.env } = this.#options
    const proxy = proxyFor(url, environment)
    const host = url.hostname.replace(/^\[|\]$/g, '')
    // A proxy would look the name up by itself.
    if (proxy === '') guard?.check(host)
    else await guard?.resolve(host)
    const dispatcher = await this.#agentFor(proxy, isInsecure)
    const options: Dispatcher.RequestOptions = {
      ...{ origin: url.origin, path: `${url.pathname}${url.search}`, method, headers },
      ...{ headersTimeout: 0, bodyTimeout: 0, signal },
      ...(method === 'GET' ? {} : { body: body ?? '' })
    }
    const reply = await dispatcher.request(options).catch((error: unknown) => {
      if (!isOfKeptConnection(error)) throw error
      return dispatcher.request(options)
    })
    return { status: reply.statusCode, headers: reply.headers, body: await read(reply.body, maxBytes, cuts) }
  }

  #agentFor(proxy: string, isInsecure: boolean): Promise<Dispatcher> {
    const key = `${isInsecure} ${proxy}`
    let agent = this.#agents.get(key)
    if (agent === undefined) this.#agents.set(key, (agent = openAgent(this.#options, proxy, isInsecure)))
    return agent
  }
}

async function openAgent(options: HttpClientOptions, proxy: string, isInsecure: boolean): Promise<Dispatcher> {
  const { guard, tls: { ca = '', cert = '', key, isInsecure: acceptsAny = false } = {}, maxConnections } = options
  // Loaded when it is needed: most threads ask nobody.
  const { Agent, ProxyAgent } = await import('undici')
  const common = maxConnections === undefined ? {} : { connections: maxConnections }
  const tls = {
    rejectUnauthorized: !isInsecure && !acceptsAny,
    ...(ca !== '' && { ca }),
    ...(cert !== '' && { cert, key })
  }
  if (proxy !== '') return new ProxyAgent({ ...common, uri: proxy, requestTls: tls, proxyTunnel: false })
  const lookup = guard === undefined ? {} : { lookup: guard.lookup }
  return new Agent({ ...common, connect: { timeout: CONNECT_MS, ...tls, ...lookup } })
}

/** Cut answers end their connection: who sends without end is not listened to. */
async function read(body: AsyncIterable<Buffer>, maxBytes: number, cuts: boolean): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
    if (size <= maxBytes) continue
    if (!cuts) throw AnswerTooLong(maxBytes)
    break
  }
  return Buffer.concat(chunks, Math.min(size, maxBytes))
}

/** The server has closed a kept connection just as it was taken: nobody has seen the request. */
function isOfKeptConnection(error: unknown): boolean {
  const { code, socket } = error as { code?: string; socket?: { bytesRead?: number } }
  return code === 'UND_ERR_SOCKET' ? (socket?.bytesRead ?? 0) > 0 : code === 'ECONNRESET' || code === 'EPIPE'
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw UnsupportedUrl(text)
}

function headersOf({ headers = {}, basicAuth }: HttpRequest, url: URL): Record<string, string> {
  const { username, password } = basicAuth ?? { username: unescaped(url.username), password: unescaped(url.password) }
  const hasUser = username !== '' || password !== ''
  const given = without(headers, hasUser ? new Set([...OWN_HEADERS, 'authorization']) : OWN_HEADERS)
  const login = Buffer.from(`${username}:${password}`).toString('base64')
  const namesItself = Object.keys(given).some((name) => name.toLowerCase() === 'user-agent')
  return {
    ...(!namesItself && { 'User-Agent': 'kapok' }),
    ...given,
    ...(hasUser && { Authorization: `Basic ${login}` })
  }
}

/** @param names In small letters. */
function without(headers: Readonly<Record<string, string>>, names: ReadonlySet<string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.has(name.toLowerCase())))
}

/** Where several addresses of one name fail, the error has no words of its own. */
function withWords(error: unknown): unknown {
  if (!(error instanceof AggregateError) || error.message !== '') return error
  return new Error([...new Set((error.errors as unknown[]).map(messageOf))].join(', '), { cause: error })
}
