import { defineError, messageOf } from '../core/errors.ts'
import type { Secrecies } from '../core/secrecy.ts'
import { compileMatch, type Match } from '../lambda/match.ts'
import {
  type Attempt,
  type HandlerDeps,
  type HandlerKind,
  type InlineHandler,
  type OpenHandler,
  UnsupportedKind
} from './handlers/handler.ts'
import type { HttpPoster } from './handlers/http-client.ts'

/** A handler that was made, before it is attached to a topic. */
export interface OpenedHandler {
  readonly kind: string
  /** Which events it gets; undefined: all. */
  readonly match: Match | undefined
  readonly handler: OpenHandler | InlineHandler
}

const CallInvalid = defineError('HANDLER_CALL', 500, (detail: string) => detail)
const InvalidMatch = defineError('INVALID_MATCH', 500, (detail: string) => detail)

/** Makes handlers of what clients and scripts say of them. */
export class HandlerFactory {
  readonly #kinds: ReadonlyMap<string, HandlerKind>
  readonly #deps: HandlerDeps

  constructor(kinds: readonly HandlerKind[], deps: HandlerDeps) {
    this.#kinds = new Map(kinds.map((kind) => [kind.kind, kind]))
    this.#deps = deps
  }

  /** Fails with HANDLER_KIND, INVALID_MATCH or what the kind says of the options. */
  open(kind: string, options: unknown, expression: string): OpenedHandler {
    const http = new KeyedPoster(this.#deps.http)
    const handler = this.#kindOf(kind).open(options, { ...this.#deps, http, commonHttp: this.#deps.http })
    const match = expression === '' ? undefined : matchOf(expression, handler)
    if ('receive' in handler) return { kind, match, handler }
    const keyed: OpenHandler = {
      send(event, attempt) {
        http.attempt = attempt
        return handler.send(event, attempt)
      },
      close: () => handler.close?.()
    }
    return { kind, match, handler: keyed }
  }

  /** Fails as `open` does, and says which handler. @param options As a script names them. */
  openCall(kind: string, options: Readonly<Record<string, unknown>>): OpenedHandler {
    const { fromScript, title = `${kind} handler` } = this.#kindOf(kind)
    try {
      return this.open(kind, fromScript(options), '')
    } catch (error) {
      throw CallInvalid(`failed to create ${title}: ${messageOf(error)}`)
    }
  }

  /** Throws where the configuration does not allow what a call names. */
  checkAllowed(name: string, options: Readonly<Record<string, unknown>>): void {
    const kind = this.#kinds.get(name)
    kind?.checkAllowed?.(kind.fromScript(options), this.#deps)
  }

  /** Which options of a kind are secrets; none for a kind that is unknown. */
  secreciesOf(kind: string): Secrecies {
    return this.#kinds.get(kind)?.secrecies ?? {}
  }

  #kindOf(kind: string): HandlerKind {
    const found = this.#kinds.get(kind)
    if (found === undefined) throw UnsupportedKind(kind)
    return found
  }
}

/** Adds the key of the attempt under way to all that one handler posts, and ends it with the attempt. */
class KeyedPoster implements HttpPoster {
  attempt: Attempt | undefined
  readonly #http: HttpPoster

  constructor(http: HttpPoster) {
    this.#http = http
  }

  post(request: Parameters<HttpPoster['post']>[0]): ReturnType<HttpPoster['post']> {
    if (this.attempt === undefined) return this.#http.post(request)
    const { key, signal } = this.attempt
    // Differs: all attempts at one event carry the same header Idempotency-Key; Kapacitor sends none.
    return this.#http.post({ ...request, headers: { ...request.headers, 'Idempotency-Key': key }, signal })
  }
}

/** @param handler Closed where the expression is refused. */
function matchOf(expression: string, handler: OpenHandler | InlineHandler): Match {
  const match = compileMatch(expression)
  if (match.ok) return match.value
  handler.close?.()
  throw InvalidMatch(match.error.message)
}
