import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock, Timer } from '../core/clock.ts'
import { defineError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { Serial } from '../core/serial.ts'
import type { TokenRecord, TokenStore } from '../store/tokens.ts'
import { TOKEN_PREFIX } from './credentials.ts'
import { Principal } from './principal.ts'
import { type Scope, SCOPES, withImplied } from './scope.ts'

export const TokenNotFound = defineError('TOKEN_UNKNOWN', 404, (id: string) => `there is no token ${id}`)
const ScopeInvalid = defineError(
  'TOKEN_SCOPE',
  400,
  (scope: string) => `unknown scope ${JSON.stringify(scope)}: a token has some of ${SCOPES.join(', ')}, write:DATABASE`
)
const ScopesMissing = defineError('TOKEN_SCOPES_MISSING', 400, () => 'a token needs at least one scope')
const NameMissing = defineError('TOKEN_NAME', 400, () => 'a token needs a name, which says who uses it')
const TooMany = defineError('TOKENS_TOO_MANY', 409, () => `there are ${TOKENS_MAX} tokens: revoke those not in use`)

const SECRET_BYTES = 32
const TOKENS_MAX = 10_000
/** How often it is stored when tokens were last used. */
const FLUSH_MS = 60_000

export interface TokenRequest {
  readonly name: string
  /** `read`, `write` for every database, `write:DATABASE` for one. */
  readonly scopes: readonly string[]
  readonly owner: string
  readonly expiresMs: number | undefined
}

/** A token that has just been made, with what is shown this once and never again. */
export interface NewToken {
  readonly record: TokenRecord
  readonly token: string
}

interface KnownToken {
  record: TokenRecord
  readonly principal: Principal
  hasNewUse: boolean
}

/**
 * Tokens that the server gives out: `kapok_ID_SECRET`. Who finds the store learns none of them, since the secret is
 * 256 random bits of which only the hash is kept.
 */
export class Tokens {
  readonly #store: TokenStore
  readonly #clock: Clock
  readonly #log: Logger
  readonly #serial = new Serial()
  readonly #entries = new Map<string, KnownToken>()
  readonly #listeners: (() => void)[] = []
  readonly #flushing: Timer

  private constructor(store: TokenStore, clock: Clock, log: Logger) {
    this.#store = store
    this.#clock = clock
    this.#log = log
    this.#flushing = clock.every(FLUSH_MS, () => void this.#flush())
  }

  static async open(store: TokenStore, clock: Clock, log: Logger): Promise<Tokens> {
    const tokens = new Tokens(store, clock, log)
    for (const record of await store.all(log)) tokens.#entries.set(record.id, entryOf(record))
    return tokens
  }

  /** Calls back whenever a token is revoked. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  get all(): readonly TokenRecord[] {
    return [...this.#entries.values()].map(({ record }) => record)
  }

  /** Fails with TOKEN_UNKNOWN. */
  get(id: string): TokenRecord {
    const entry = this.#entries.get(id)
    if (entry === undefined) throw TokenNotFound(id)
    return entry.record
  }

  /** Fails with TOKEN_NAME, TOKEN_SCOPE, TOKEN_SCOPES_MISSING or TOKENS_TOO_MANY. */
  create({ name, scopes, owner, expiresMs }: TokenRequest): Promise<NewToken> {
    if (name === '') throw NameMissing()
    if (scopes.length === 0) throw ScopesMissing()
    const bad = scopes.find((scope) => !isScope(scope))
    if (bad !== undefined) throw ScopeInvalid(bad)
    const id = randomBytes(6).toString('hex')
    const secret = randomBytes(SECRET_BYTES).toString('base64url')
    const createdMs = this.#clock.now().ms
    const digest = digestOf(secret).toString('hex')
    const record = { id, name, digest, scopes, owner, createdMs, expiresMs, lastUsedMs: undefined }
    return this.#serial.run(async () => {
      if (this.#entries.size >= TOKENS_MAX) throw TooMany()
      await this.#store.put(record)
      this.#entries.set(id, entryOf(record))
      return { record, token: `${TOKEN_PREFIX}${id}_${secret}` }
    })
  }

  /** Fails with TOKEN_UNKNOWN. */
  revoke(id: string): Promise<void> {
    return this.#serial.run(async () => {
      this.get(id)
      await this.#store.remove(id)
      this.#entries.delete(id)
      for (const listener of this.#listeners) listener()
    })
  }

  /** @returns Whoever the token stands for; undefined where it is unknown, expired or revoked. */
  find(token: string): Principal | undefined {
    const [, id, secret] = /^kapok_([\da-f]{12})_([\w-]{43})$/.exec(token) ?? []
    const entry = this.#entries.get(id ?? '')
    if (entry === undefined) return undefined
    if (!timingSafeEqual(digestOf(secret!), Buffer.from(entry.record.digest, 'hex'))) return undefined
    const nowMs = this.#clock.now().ms
    if (entry.record.expiresMs !== undefined && entry.record.expiresMs <= nowMs) return undefined
    entry.record = { ...entry.record, lastUsedMs: nowMs }
    entry.hasNewUse = true
    return entry.principal
  }

  async close(): Promise<void> {
    this.#flushing.cancel()
    await this.#flush()
  }

  #flush(): Promise<void> {
    return this.#serial.run(async () => {
      for (const entry of this.#entries.values()) {
        if (!entry.hasNewUse) continue
        entry.hasNewUse = false
        try {
          await this.#store.put(entry.record)
        } catch (error) {
          this.#log.error('failed to store when a token was last used', {
            token: entry.record.id,
            err: messageOf(error)
          })
        }
      }
    })
  }
}

function entryOf(record: TokenRecord): KnownToken {
  const scopes = record.scopes.map((scope) => scope.replace(/^write:.*/s, 'write') as Scope)
  const databases = record.scopes.flatMap((scope) => /^write:(.+)/s.exec(scope)?.[1] ?? [])
  const isConfined = databases.length > 0 && !record.scopes.some((scope) => scope === 'write' || scope === 'admin')
  return {
    record,
    principal: new Principal(`token ${record.name}`, {
      scopes: withImplied(scopes),
      ...(isConfined && { databases: new Set(databases) })
    }),
    hasNewUse: false
  }
}

function isScope(scope: string): boolean {
  return /^write:.+/s.test(scope) || (SCOPES as readonly string[]).includes(scope)
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
