import type { AppError } from '../core/errors.ts'
import { PrivilegeMissing } from './errors.ts'
import { Principal } from './principal.ts'
import { type Scope, withImplied } from './scope.ts'

/** What a request says of whoever makes it. */
export interface Caller {
  /** The header; '' where there is none. */
  readonly authorization: string
  readonly query: () => URLSearchParams
  readonly address: string
}

/** A request for which somebody, who is known, lacks the scope. */
export interface Overreach {
  readonly method: string
  readonly path: string
}

/** Makes the error of a request that is not allowed. */
export type ErrorFor = (principal: Principal, overreach: Overreach) => AppError

/** Who gets in: one is asked for every request, whatever the route. */
export interface Gate {
  /** Whoever brings no credentials; undefined: nobody gets in without. */
  readonly anonymous: Principal | undefined
  /** Fails for credentials that are missing or wrong. */
  authenticate(caller: Caller): Principal | Promise<Principal>
  readonly errorFor: ErrorFor
}

const ANONYMOUS = 'anonymous'

/** Where nobody is asked: everybody may do everything. */
export const openGate: Gate = {
  anonymous: new Principal(ANONYMOUS, { scopes: withImplied(['admin']) }),
  authenticate: () => openGate.anonymous!,
  errorFor: overreachError
}

/** What everybody may do where only the pool of alerts has a lock. */
const UNLOCKED: readonly Scope[] = ['write', 'tasks', 'alerts', 'silences']

/** Differs from `read` in that the pool stays shut. */
export const anonymousBesidePool = new Principal(ANONYMOUS, { scopes: new Set<Scope>(['read', ...UNLOCKED]) })

const PRIVILEGES: Readonly<Record<string, string>> = { GET: 'read', DELETE: 'delete' }

/** The error of a call that is not allowed, in Kapacitor's words. */
export function overreachError({ name }: Principal, { method, path }: Overreach): AppError {
  return PrivilegeMissing(name, PRIVILEGES[method] ?? 'write', path)
}
