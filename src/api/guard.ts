import type { FastifyInstance, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { Gate } from '../auth/gate.ts'
import { Principal } from '../auth/principal.ts'
import type { Scope } from '../auth/scope.ts'
import type { Needs } from './needs.ts'
import { queryOf } from './query.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whoever makes the request; there from the guard on. */
    principal: Principal | undefined
  }
}

/** What an unknown path asks for: who may look at things may know that it is not there. */
const NEEDS_OF_UNKNOWN: readonly Scope[] = ['read']

/**
 * The one guard of every route: it finds out who asks, and lets in who holds a scope that the route needs. It stands
 * in front of the route, so that what is refused was neither read nor done.
 */
export function addGuard(app: FastifyInstance, gate: Gate): void {
  app.decorateRequest('principal', undefined)

  app.addHook('onRequest', (request, _reply, done) => {
    const scopes = scopesOf(request)
    const { anonymous } = gate
    if (anonymous?.holdsOneOf(scopes) === true) {
      request.principal = anonymous
      return done()
    }
    const settle = (principal: Principal): void => admit(gate, request, principal, scopes, done)
    try {
      const found = gate.authenticate({
        authorization: request.headers.authorization ?? '',
        query: () => queryOf(request),
        address: request.ip
      })
      if (found instanceof Principal) settle(found)
      else found.then(settle, done)
    } catch (error) {
      done(error as Error)
    }
  })
}

function admit(
  gate: Gate,
  request: FastifyRequest,
  principal: Principal,
  scopes: readonly Scope[],
  done: HookHandlerDoneFunction
): void {
  request.principal = principal
  // What has no body may be asked for by everybody who is known, as in the original.
  if (request.method === 'HEAD' || principal.holdsOneOf(scopes)) return done()
  const path = request.originalUrl.replace(/\?.*/s, '')
  done(gate.errorFor(principal, { method: request.method, path }))
}

function scopesOf(request: FastifyRequest): readonly Scope[] {
  const needs: Needs | undefined = request.is404 ? NEEDS_OF_UNKNOWN : request.routeOptions.config.needs
  return typeof needs === 'function' ? needs(request) : (needs ?? [])
}
