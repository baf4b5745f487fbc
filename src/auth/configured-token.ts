import { createHash, timingSafeEqual } from 'node:crypto'
import { Principal } from './principal.ts'
import { type Scope, withImplied } from './scope.ts'

/** A token that stands in the configuration. */
export interface ConfiguredToken {
  /** Key of the configuration, as the log and the audit name it. */
  readonly name: string
  readonly value: string
  readonly scopes: readonly Scope[]
}

/** Compares with all of them, each in constant time. */
export function findConfigured(configured: readonly ConfiguredToken[], token: string): Principal | undefined {
  const digest = digestOf(token)
  let found: ConfiguredToken | undefined
  for (const one of configured) if (timingSafeEqual(digest, digestOf(one.value))) found ??= one
  return found && new Principal(found.name, { scopes: withImplied(found.scopes) })
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
