/**
 * What a caller may be allowed to do. A route names the scopes of which any one lets a caller in; users, tokens and
 * subscribers hold some of them.
 */
export const SCOPES = [
  /** Looking at everything but the configuration, users and tokens. */
  'read',
  /** Writing points; a token may be confined to some databases. */
  'write',
  /** Defining, changing, recording and replaying tasks and templates. */
  'tasks',
  /** Changing topics and handlers, their outbox and dead letters; trying services out. */
  'alerts',
  /** Everything of the pool of alerts, its filters and routes. */
  'notify',
  /** Looking at the pool; `read` and `notify` bring it along. */
  'notify:read',
  /** Posting alerts into the pool, and nothing else of it. */
  'notify:post',
  /** Making and ending silences. */
  'silences',
  /** Reading and changing the configuration. */
  'config',
  /** Users, tokens, the audit and backups, which hold everything. */
  'admin'
] as const

export type Scope = (typeof SCOPES)[number]

/** Scopes that bring others along. */
const IMPLIED: Partial<Readonly<Record<Scope, readonly Scope[]>>> = {
  read: ['notify:read'],
  notify: ['notify:read', 'notify:post'],
  admin: SCOPES
}

export function withImplied(scopes: readonly Scope[]): ReadonlySet<Scope> {
  return new Set(scopes.flatMap((scope) => [scope, ...(IMPLIED[scope] ?? [])]))
}
