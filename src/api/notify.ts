import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Scope } from '../auth/scope.ts'
import { defineError } from '../core/errors.ts'
import { challengeOf } from '../auth/bearer-gate.ts'
import type { Logger } from '../core/logger.ts'
import { type Json, parseJson } from '../core/json.ts'
import { compactJson, type JsonOutput } from '../model/json.ts'
import type { Precondition } from '../notify/revision.ts'
import type { NotifyService } from '../notify/service.ts'
import type { App } from './app.ts'
import { textOf } from './body.ts'
import type { ChangedThing } from './changes.ts'
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
  readonly log: Logger
}

export interface NotifyCall {
  readonly request: FastifyRequest
  readonly body: string
  /** What follows the path of the endpoint, split at slashes. */
  readonly rest: readonly string[]
  /** Adds a header `Warning` for each; what was asked for is done all the same. */
  readonly warn: (texts: readonly string[]) => void
  /** What `If-Match` and `If-None-Match` ask for. */
  readonly precondition: Precondition
}

export type NotifyAnswer =
  { readonly json: JsonOutput; readonly revision?: string } | { readonly text: string } | undefined
type Handle = (call: NotifyCall) => NotifyAnswer | Promise<NotifyAnswer> | Promise<void>

export interface NotifyEndpoint {
  /** Ends in `/*` where more may follow. */
  readonly path: string
  /** Scopes by method, where they are not the usual ones. */
  readonly needs?: Readonly<Record<string, readonly Scope[]>>
  /** What methods other than GET and POST change, by the first part of the path that follows. */
  readonly thing?: { readonly kind: string; readonly read?: (id: string) => unknown }
  /** Runs before the method is looked at; fails for what is wrong with the path. */
  readonly check?: (call: NotifyCall) => void
  readonly methods: Readonly<Record<string, Handle>>
}

const READ_NEEDS: readonly Scope[] = ['notify:read']
const CHANGE_NEEDS: readonly Scope[] = ['notify']
const WARNINGS_MAX = 10
const WARNING_MAX_CHARS = 300
const BODY_MAX_BYTES = 10 * 1024 * 1024

export const BadMethod = defineError('METHOD_NOT_ALLOWED', 405, () => 'bad method')
export const BadRequest = defineError('NOTIFY_REQUEST', 400, (detail: string) => detail)
const OtherRevision = defineError(
  'REVISION_OTHER',
  412,
  () => 'the filter or route is not as If-Match or If-None-Match of the request says: read it again'
)
const NothingThere = defineError('NOTIFY_NOT_FOUND', 404, () => 'not found')

export function addNotifyEndpoint(app: App, { notify, log }: NotifyServices, endpoint: NotifyEndpoint): void {
  const { path, check, methods } = endpoint
  const scopesOf = (request: FastifyRequest): readonly Scope[] => {
    const method = methodOf(request)
    return endpoint.needs?.[method] ?? (method === 'GET' ? READ_NEEDS : CHANGE_NEEDS)
  }
  const changeIn = (request: FastifyRequest): ChangedThing | undefined => {
    const isQuestion = ['GET', 'POST', 'HEAD'].includes(methodOf(request))
    return isQuestion || endpoint.thing === undefined ? undefined : { ...endpoint.thing, id: restOf(request)[0] ?? '' }
  }
  void app.register((scope, _options, done) => {
    scope.setErrorHandler((error, request, reply) => {
      if (isOurs(error))
        log.error('a request failed by an error of the server', { uri: request.originalUrl, err: error })
      return answerError(error, request, reply, notify)
    })
    scope.all(
      path,
      { bodyLimit: BODY_MAX_BYTES, config: { needs: scopesOf, changes: changeIn } },
      async (request, reply) => {
        const warn = (texts: readonly string[]): void => {
          if (texts.length > 0) reply.header('Warning', texts.slice(0, WARNINGS_MAX).map(warningOf))
        }
        const call = {
          request,
          body: textOf(request),
          rest: restOf(request),
          warn,
          precondition: preconditionOf(request)
        }
        check?.(call)
        const handle = methods[methodOf(request)]
        if (handle === undefined) {
          reply.header('Allow', Object.keys(methods).join(', '))
          throw BadMethod()
        }
        return answer((await handle(call)) as NotifyAnswer, reply)
      }
    )
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

/** A POST may stand for another method, which is written in capitals. */
function methodOf({ method, headers }: FastifyRequest): string {
  const override = headers['x-http-method-override']
  return method === 'POST' && typeof override === 'string' && override !== '' ? override : method
}

/** Differs: a change can be made on condition that nobody made another one since; the original has nothing for that. */
function preconditionOf({ headers }: FastifyRequest): Precondition {
  const isAmong = (tags: string, revision: string | undefined): boolean =>
    revision !== undefined && (tags.trim() === '*' || tags.split(/\s*,\s*/).includes(`"${revision}"`))
  return (revision) => {
    const { 'if-match': match, 'if-none-match': noneMatch } = headers
    if (match !== undefined && !isAmong(match, revision)) throw OtherRevision()
    if (noneMatch !== undefined && isAmong(noneMatch, revision)) throw OtherRevision()
  }
}

function restOf(request: FastifyRequest): string[] {
  const { '*': rest } = request.params as { '*'?: string }
  return rest === undefined ? [] : rest.split('/')
}

function answer(value: NotifyAnswer, reply: FastifyReply): FastifyReply {
  if (value === undefined) return reply.removeHeader('Content-Type').send()
  if ('text' in value) return reply.header('Content-Type', 'text/plain; charset=UTF-8').send(value.text)
  if (value.revision !== undefined) reply.header('ETag', `"${value.revision}"`)
  return reply.header('Content-Type', 'application/json; charset=UTF-8').send(compactJson(value.json))
}

/** RFC 7234, section 5.5; what a header cannot say is escaped. */
function warningOf(text: string): string {
  const ascii = text.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return `299 kapok "${ascii.slice(0, WARNING_MAX_CHARS).replace(/["\\]/g, '\\$&')}"`
}

/** Differs: errors are JSON, with a code, for clients that accept that. */
function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { pauseLeftMs }: NotifyService
): FastifyReply {
  const { status, code, body } = problemOf(error)
  const isTooLarge = body.error === BodyTooLarge().message
  const challenge = challengeOf(error)
  if (challenge !== undefined) reply.header('WWW-Authenticate', challenge)
  if (status === 503) reply.header('Retry-After', String(Math.floor(pauseLeftMs / 1000) + 1))
  const text = isTooLarge ? 'http: request body too large' : body.error
  const isJson = /\bapplication\/json\b/.test(request.headers.accept ?? '')
  return reply
    .code(isTooLarge ? 400 : status)
    .header('Content-Type', isJson ? 'application/json; charset=UTF-8' : 'text/plain; charset=utf-8')
    .send(isJson ? compactJson({ error: text, code }) : `${text}\n`)
}
