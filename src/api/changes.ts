import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Audit } from '../auth/audit.ts'
import type { Scope } from '../auth/scope.ts'
import { type Needs, needs } from './needs.ts'

/** What a request changes, so that the audit can tell how it was before and after. */
export interface ChangedThing {
  /** `task`, `user`. */
  readonly kind: string
  /** '' where the server makes it up: then it is the `id` or `name` of the answer. */
  readonly id: string
  /**
   * The thing as readers are shown it, with secrets masked and without what changes by itself; undefined: it is not
   * there.
   */
  readonly read?: (id: string) => unknown
}

export type FindChanged = (request: FastifyRequest) => ChangedThing | undefined

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route changes; every route says it that is more than a question. */
    changes?: FindChanged | 'nothing'
  }
  interface FastifyRequest {
    change: { readonly thing: ChangedThing; readonly before: unknown } | undefined
  }
}

interface RouteOptions {
  readonly config: { readonly needs: Needs; readonly changes: FindChanged | 'nothing' }
}

/** Options of a route that changes something, for callers who hold the scope. */
export function changes(scope: Scope, find: FindChanged): RouteOptions {
  return { config: { ...needs(scope).config, changes: find } }
}

/** Options of a route that is asked by another method than GET and changes nothing that an audit is about. */
export function asks(...scopes: readonly [Scope, ...Scope[]]): RouteOptions {
  return { config: { ...needs(...scopes).config, changes: 'nothing' } }
}

/** Tells the audit of every change that was made, before its answer goes out. */
export function addAudit(app: FastifyInstance, audit: Audit | undefined): void {
  app.decorateRequest('change', undefined)
  if (audit === undefined) return

  app.addHook('preHandler', (request, _reply, done) => {
    const find = request.routeOptions.config.changes
    const thing = typeof find === 'function' ? attempt(() => find(request)) : undefined
    if (thing === undefined) return done()
    void readThing(thing, thing.id).then((before) => {
      request.change = { thing, before }
      done()
    })
  })

  app.addHook('onSend', (request, { statusCode }, payload, done) => {
    const { change } = request
    if (change === undefined || statusCode >= 400) return done(null, payload)
    void record(audit, request, change, payload).then(() => done(null, payload))
  })
}

async function record(
  audit: Audit,
  request: FastifyRequest,
  { thing, before }: NonNullable<FastifyRequest['change']>,
  payload: unknown
): Promise<void> {
  const id = thing.id === '' ? idIn(payload) : thing.id
  const after = await readThing(thing, id)
  const actor = request.principal?.name ?? ''
  await audit.record({ actor, address: request.ip ?? '', kind: thing.kind, id, before, after })
}

/** What is wrong with a request is told by its handler. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

async function readThing({ read }: ChangedThing, id: string): Promise<unknown> {
  if (read === undefined || id === '') return undefined
  try {
    return await read(id)
  } catch {
    return undefined // It is not there.
  }
}

function idIn(payload: unknown): string {
  if (typeof payload !== 'string') return ''
  const answer = attempt(() => JSON.parse(payload) as { readonly id?: unknown; readonly name?: unknown } | null)
  return String(answer?.id ?? answer?.name ?? '')
}
