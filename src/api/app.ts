import assert from 'node:assert/strict'
import type { ServerOptions } from 'node:https'
import { gzip, constants } from 'node:zlib'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Audit } from '../auth/audit.ts'
import { AccessError } from '../auth/errors.ts'
import type { Gate } from '../auth/gate.ts'
import type { Logger } from '../core/logger.ts'
import { timeUuid } from '../core/uuid.ts'
import { API_VERSION } from '../core/version.ts'
import { formatGoDuration } from '../core/duration.ts'
import { compactJson, type JsonOutput, prettyJson } from '../model/json.ts'
import type { Intake } from '../ingest/intake.ts'
import { type BrowserRules, SECURITY_HEADERS } from './browsers.ts'
import { addAudit } from './changes.ts'
import { type Connections, TooManyConnections } from './connections.ts'
import { addGuard } from './guard.ts'
import { needs } from './needs.ts'
import { isOurs, NotFound, problemOf } from './problems.ts'
import { addRateLimit, type RateLimit } from './rate-limit.ts'
import { addBodyReader } from './request-body.ts'

/**
 * The HTTP server without its endpoints: addressing, headers, compression, errors and the request log, as every
 * resource of the Kapacitor API shares them. An endpoint returns a plain object, which goes out as pretty JSON, or
 * sends a text of its own; it throws an `AppError` for any other answer than the one that it is for.
 *
 * Every route declares what it needs of its caller (`needs`), and one that is more than a question what it changes
 * (`changes`, `asks`); one that does not ends the start.
 * A path that ends in `/*` is Kapacitor's prefix route: it also takes the path that ends in the slash.
 */
export type App = FastifyInstance

export const BASE = '/kapacitor/v1'
/** Prefix of the paths that Kapacitor has nothing like. */
export const KAPOK_BASE = '/kapok/v1'
const PREVIEW = '/kapacitor/v1preview'

export const JSON_TYPE = 'application/json; charset=utf-8'

/** A year, in which browsers do not try plain HTTP. */
const STRICT_TRANSPORT = 'max-age=31536000'

/** Below this gzip saves nothing. */
const GZIP_MIN_BYTES = 512

export interface AppOptions {
  readonly log: Logger
  /** A line of log for every request. */
  readonly logRequests: boolean
  readonly maxBodyBytes: number
  /** What bodies may take, but for those of writes. */
  readonly intake: Intake
  readonly connections: Connections
  readonly rateLimit: RateLimit
  /** Who gets in. */
  readonly gate: Gate
  /** Is told of every change; undefined: there is none. */
  readonly audit?: Audit | undefined
  /** What pages in browsers may do. */
  readonly browsers: BrowserRules
  /** Undefined: plain HTTP. */
  readonly tls?: ServerOptions | undefined
  /** Addresses and networks whose `X-Forwarded-*` are believed. */
  readonly trustedProxies?: readonly string[]
}

export function createApp(options: AppOptions): App {
  const {
    log,
    logRequests,
    maxBodyBytes,
    intake,
    connections,
    rateLimit,
    gate,
    audit,
    browsers,
    tls,
    trustedProxies = []
  } = options
  const { serverOptions } = connections
  const app = Fastify({
    // The type of the server tells those with TLS from those without, which makes no difference here.
    ...(tls !== undefined && {
      https: { ...serverOptions, handshakeTimeout: connections.limits.headerMs, ...tls } as never
    }),
    http: serverOptions,
    keepAliveTimeout: serverOptions.keepAliveTimeout,
    requestTimeout: serverOptions.requestTimeout,
    ...(trustedProxies.length > 0 && { trustProxy: [...trustedProxies] }),
    bodyLimit: maxBodyBytes,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    genReqId: timeUuid,
    return503OnClosing: false,
    rewriteUrl: (request) => withoutPreview(request.url ?? '/'),
    frameworkErrors: (error, request, reply) => answerError(error, request, reply)
  })

  const routes = new Map<string, string[]>()
  app.addHook('onRoute', ({ path, method, config }) => {
    assert(config?.needs !== undefined, `the route ${String(method)} ${path} declares no needs`)
    const isQuestion = [method].flat().every((one) => one === 'GET' || one === 'HEAD')
    assert(isQuestion || config.changes !== undefined, `the route ${String(method)} ${path} declares no changes`)
    const pattern = path.replace('::', ':').replace(/\*$/, '')
    routes.set(pattern, [...(routes.get(pattern) ?? []), ...[method].flat()])
  })

  connections.watch(app.server)
  addBodyReader(app, intake)
  app.setReplySerializer((payload) => prettyJson(payload as JsonOutput))

  app.addHook('onRequest', (request, reply, done) => {
    delete request.raw.headers['content-type']
    reply.header('Request-Id', request.id)
    reply.header('Content-Type', JSON_TYPE)
    reply.headers(SECURITY_HEADERS)
    if (connections.isSurplus(request.raw.socket)) {
      reply.header('Connection', 'close')
      return done(TooManyConnections())
    }
    if (tls !== undefined) reply.header('Strict-Transport-Security', STRICT_TRANSPORT)
    browsers.addCors(request, reply)
    const error = browsers.findError(request)
    if (error !== undefined) return done(error)
    if (request.method === 'OPTIONS') return void reply.code(200).send('')
    reply.header('X-Kapacitor-Version', API_VERSION)
    const clean = cleanUrl(request.originalUrl)
    if (clean !== request.originalUrl) return redirect(reply, clean)
    done()
  })

  addGuard(app, gate)
  addRateLimit(app, gate, rateLimit)
  addAudit(app, audit)

  app.addHook('onSend', (request, reply, payload, done) => {
    connections.answering(request, reply)
    const isText = typeof payload === 'string' || Buffer.isBuffer(payload)
    // Packed by hand: @fastify/compress would pack what is streamed, too, and reaches no route that is declared beside
    // it. Differs: no Content-Encoding on empty answers, and short ones are not packed.
    if (!isText || payload.length < GZIP_MIN_BYTES || reply.hasHeader('Content-Encoding')) return done(null, payload)
    if (!String(request.headers['accept-encoding'] ?? '').includes('gzip')) return done(null, payload)
    reply.header('Content-Encoding', 'gzip')
    reply.removeHeader('Content-Length')
    gzip(payload, { level: constants.Z_BEST_SPEED }, (error, packed) =>
      error === null ? done(null, packed) : done(error)
    )
  })

  if (logRequests) app.addHook('onResponse', logRequest(log.child({ service: 'http' })))

  app.setNotFoundHandler(() => {
    throw NotFound()
  })
  app.setErrorHandler((error, request, reply) => {
    if (isOurs(error)) log.error('a request failed by an error of the server', { uri: request.originalUrl, err: error })
    return answerError(error, request, reply)
  })

  app.get(`${BASE}/::routes`, needs('read'), () => new Map(routes))
  return app
}

/** Who is not let in gets compact JSON, as in the original. */
function answerAccessError({ status, message, waitMs }: AccessError, reply: FastifyReply): FastifyReply {
  if (waitMs !== undefined) reply.header('Retry-After', String(Math.ceil(waitMs / 1000)))
  return reply
    .code(status)
    .header('Content-Type', JSON_TYPE)
    .send(compactJson({ error: message, message }))
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof AccessError) return answerAccessError(error, reply)
  const { status, body } = problemOf(error, request.url.startsWith(`${KAPOK_BASE}/`))
  if (status === 503 && !reply.hasHeader('Retry-After')) reply.header('Retry-After', '1')
  if (status === 408) reply.header('Connection', 'close')
  // The serializer of the app does not reach the answer to an unknown path.
  return reply.code(status).header('Content-Type', JSON_TYPE).send(prettyJson(body))
}

/** What lies below the preview base is served from the base; only the logs are preview. */
function withoutPreview(url: string): string {
  if (!url.startsWith(`${PREVIEW}/`) || /^\/kapacitor\/v1preview\/logs(\?|$)/.test(url)) return url
  return BASE + url.slice(PREVIEW.length)
}

/** The URL with `//`, `.` and `..` taken out of its path. */
function cleanUrl(url: string): string {
  if (!/\/\/|\/\.\.?(?:[/?]|$)/.test(url)) return url
  const [path, query] = split(url, '?')
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  const isFolder = path.endsWith('/') && parts.length > 0
  return `/${parts.join('/')}${isFolder ? '/' : ''}${query}`
}

function split(url: string, mark: string): [before: string, markAndAfter: string] {
  const at = url.indexOf(mark)
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at)]
}

function redirect(reply: FastifyReply, url: string): void {
  const href = url.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
  void reply
    .code(301)
    .header('Location', url)
    .header('Content-Type', 'text/html; charset=utf-8')
    .send(`<a href="${href}">Moved Permanently</a>.\n\n`)
}

function logRequest(log: Logger) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { raw, headers } = request
    const elapsedMs = reply.elapsedTime
    log.info('http request', {
      host: request.ip,
      username: request.principal?.name ?? '-',
      start: new Date(Date.now() - elapsedMs).toISOString(),
      method: request.method,
      uri: request.originalUrl.replace(/([?&]p=)[^&]*/g, '$1[REDACTED]'),
      protocol: `HTTP/${raw.httpVersion}`,
      status: reply.statusCode,
      referer: headers.referer ?? '-',
      'user-agent': headers['user-agent'] ?? '-',
      'request-id': request.id,
      duration: formatGoDuration(BigInt(Math.round(elapsedMs * 1e6)))
    })
    done()
  }
}
