import type { FastifyRequest } from 'fastify'
import { type Scope, SCOPES } from '../auth/scope.ts'

/** The scopes of which a caller has to hold one; a function where the request decides. */
export type Needs = readonly Scope[] | ((request: FastifyRequest) => readonly Scope[])

declare module 'fastify' {
  interface FastifyContextConfig {
    needs?: Needs
  }
}

/** Scopes for what tells nothing and changes nothing: whoever may do anything at all may ask. */
export const ANY_SCOPE: readonly Scope[] = SCOPES

/** Options of a route that lets callers in who hold one of these scopes. Every route has some: see `createApp`. */
export function needs(...scopes: readonly [Scope, ...Scope[]]): { readonly config: { readonly needs: Needs } } {
  return { config: { needs: scopes } }
}
