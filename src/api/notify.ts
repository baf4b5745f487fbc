import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError, defineError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { type Json, parseJson } from '../core/json.ts'
import { compactJson, type JsonOutput } from '../model/json.ts'
import type { NotifyService } from '../notify/service.ts'
import type { App } from './app.ts'
import { textOf } from './body.ts'
import { BodyTooLarge, isOurs, problemOf } from './problems.ts'

/**
 * kkok's side of the API, at the root: bearer tokens, overridden methods, texts as text/plain. Its endpoints say what
 * they do for each method, and answer nothing (an empty 200), JSON or a text.
 *
 * Differs: a 405 has `Allow`, and OPTIONS is answered, so that pages of other origins can ask.
 * Differs: the texts that the original has from its libraries, about JSON, times and JavaScript, are worded anew.
 * Differs: at the root of the shared port a path with `//` or `..` is redirected, and an unknown one has the answer of
 * Kapacitor's API; the original knows neither.
 */
export interface NotifyServices {
  readonly notify: NotifyService
  /** '' asks for none. */
  readonly notifyToken: string
  readonly log: Logger
}

export interface NotifyCall {
  readonly request: FastifyRequest
  readonly body: string
  /** What follows the path of the endpoint, split at slashes. */
  readonly rest: readonly string[]
  /** Adds a header `Warning` for each; what was asked for is done all the same. */
  readonly warn: (texts: readonly string[]) => void
}

export type NotifyAnswer = { readonly json: JsonOutput } | { readonly text: string } | undefined
type Handle = (call: NotifyCall) => NotifyAnswer | Promise<NotifyAnswer> | Promise<void>

export interface NotifyEndpoint {
  /** Ends in `/*` where more may follow. */
  readonly path: string
  /** Needs no token. */
  readonly isOpen?: boolean
  /** Runs before the method is looked at; fails for what is wrong with the path. */
  readonly check?: (call: NotifyCall) => void
  readonly methods: Readonly<Record<string, Handle>>
}

const WARNINGS_MAX = 10
const WARNING_MAX_CHARS = 300
const BODY_MAX_BYTES = 10 * 1024 * 1024

export const BadMethod = defineError('METHOD_NOT_ALLOWED', 405, () => 'bad method')
export const BadRequest = defineError('NOTIFY_REQUEST', 400, (detail: string) => detail)
const NothingThere = defineError('NOTIFY_NOT_FOUND', 404, () => 'not found')
const TokenRequired = defineError('TOKEN_REQUIRED', 401, () => 'auth token is required')
const NotBearer = defineError('TOKEN_NOT_BEARER', 401, () => 'not a Bearer token')
const TokenMismatch = defineError('TOKEN_MISMATCH', 401, () => 'token mismatch')

export function addNotifyEndpoint(
  app: App,
  { notify, notifyToken, log }: NotifyServices,
  endpoint: NotifyEndpoint
): void {
  const { path, isOpen = false, check, methods } = endpoint
  void app.register((scope, _options, done) => {
    scope.setErrorHandler((error, request, reply) => {
      if (isOurs(error)) log.error('request failed', { uri: request.originalUrl, error })
      return answerError(error, reply, notify)
    })
    if (!isOpen && notifyToken !== '') {
      scope.addHook('onRequest', (request, _reply, next) => next(findRefusal(request, notifyToken)))
    }
    scope.all(path, { bodyLimit: BODY_MAX_BYTES }, async (request, reply) => {
      const warn = (texts: readonly string[]): void => {
        if (texts.length > 0) reply.header('Warning', texts.slice(0, WARNINGS_MAX).map(warningOf))
      }
      const call = { request, body: textOf(request), rest: restOf(request), warn }
      check?.(call)
      const handle = methods[methodOf(request)]
      if (handle === undefined) {
        reply.header('Allow', Object.keys(methods).join(', '))
        throw BadMethod()
      }
      return answer((await handle(call)) as NotifyAnswer, reply)
    })
    done()
  })
}

/** Everything else, on a port of its own. */
export function addNotifyFallback(app: App, services: NotifyServices): void {
  const methods = new Proxy<Record<string, Handle>>(
    {},
    {
      get: () => () => {
        throw NothingThere()
      }
    }
  )
  addNotifyEndpoint(app, services, { path: '/*', methods })
}

/** The JSON of a body; nothing may follow it. Fails with NOTIFY_REQUEST. */
export function jsonOf(body: string): Json {
  const parsed = parseJson(body)
  if (!parsed.ok) throw BadRequest(parsed.message)
  return parsed.value
}

/** Differs: 401 with a challenge, and the token compared in constant time; the original answers 403. */
function findRefusal({ headers }: FastifyRequest, token: string): AppError | undefined {
  const words = (headers.authorization ?? '').split(/\s+/).filter((word) => word !== '')
  if (words.length !== 2) return TokenRequired()
  if (words[0] !== 'Bearer') return NotBearer()
  return timingSafeEqual(digest(words[1]!), digest(token)) ? undefined : TokenMismatch()
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** A POST may stand for another method, which is written in capitals. */
function methodOf({ method, headers }: FastifyRequest): string {
  const override = headers['x-http-method-override']
  return method === 'POST' && typeof override === 'string' && override !== '' ? override : method
}

function restOf(request: FastifyRequest): string[] {
  const { '*': rest } = request.params as { '*'?: string }
  return rest === undefined ? [] : rest.split('/')
}

function answer(value: NotifyAnswer, reply: FastifyReply): FastifyReply {
  if (value === undefined) return reply.removeHeader('Content-Type').send()
  if ('text' in value) return reply.header('Content-Type', 'text/plain; charset=UTF-8').send(value.text)
  return reply.header('Content-Type', 'application/json; charset=UTF-8').send(compactJson(value.json))
}

/** RFC 7234, section 5.5; what a header cannot say is escaped. */
function warningOf(text: string): string {
  const ascii = text.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return `299 kapok "${ascii.slice(0, WARNING_MAX_CHARS).replace(/["\\]/g, '\\$&')}"`
}

function answerError(error: unknown, reply: FastifyReply, { pauseLeftMs }: NotifyService): FastifyReply {
  const { status, body } = problemOf(error)
  const isTooLarge = body.error === BodyTooLarge().message
  if (status === 401) reply.header('WWW-Authenticate', `Bearer realm="kapok"${challengeOf(error)}`)
  if (status === 503) reply.header('Retry-After', String(Math.floor(pauseLeftMs / 1000) + 1))
  return reply
    .code(isTooLarge ? 400 : status)
    .header('Content-Type', 'text/plain; charset=utf-8')
    .header('X-Content-Type-Options', 'nosniff')
    .send(`${isTooLarge ? 'http: request body too large' : body.error}\n`)
}

/** RFC 6750, section 3: no error code where there was no token. */
function challengeOf(error: unknown): string {
  return error instanceof AppError && error.code === 'TOKEN_MISMATCH' ? ', error="invalid_token"' : ''
}
