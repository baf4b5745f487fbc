import { AppError, defineError } from '../core/errors.ts'
import { type ConfiguredToken, findConfigured } from './configured-token.ts'
import { anonymousBesidePool, type Caller, type Gate } from './gate.ts'
import type { LoginThrottle } from './login-throttle.ts'
import type { Principal } from './principal.ts'

const TokenRequired = defineError('TOKEN_REQUIRED', 401, () => 'auth token is required')
const NotBearer = defineError('TOKEN_NOT_BEARER', 401, () => 'not a Bearer token')
const TokenMismatch = defineError('TOKEN_MISMATCH', 401, () => 'token mismatch')
const TokenTooWeak = defineError('TOKEN_TOO_WEAK', 403, () => 'the token only allows alerts to be posted')

/**
 * The lock of kkok, in its words: the tokens of the configuration (RFC 6750) open the pool of alerts, and, as there is
 * no other lock, the configuration and the backup, which hold the same secrets. The rest asks nobody.
 *
 * Differs: 401 with a challenge, and the token compared in constant time; the original answers 403.
 * Differs: wrong tokens are counted, and slowed down; in the original anybody may try as many as they can send.
 * Differs: a second token may be for those who only post alerts; the original has one, which allows everything.
 */
export class BearerGate implements Gate {
  readonly anonymous = anonymousBesidePool
  readonly errorFor = (): AppError => TokenTooWeak()
  readonly #tokens: () => readonly ConfiguredToken[]
  readonly #throttle: LoginThrottle

  /** @param tokens As the configuration has them now. */
  constructor(tokens: () => readonly ConfiguredToken[], throttle: LoginThrottle) {
    this.#tokens = tokens
    this.#throttle = throttle
  }

  authenticate({ authorization, address }: Caller): Principal {
    const words = authorization.split(/\s+/).filter((word) => word !== '')
    if (words.length !== 2) throw TokenRequired()
    if (words[0] !== 'Bearer') throw NotBearer()
    const token = words[1]!
    return this.#throttle.attempt({ address, name: 'bearer', proof: token }, () => {
      const principal = findConfigured(this.#tokens(), token)
      if (principal === undefined) throw TokenMismatch()
      return principal
    })
  }
}

/** The header `WWW-Authenticate` of the answer to whoever is not let in (RFC 6750, section 3); undefined where it needs none. */
export function challengeOf(error: unknown): string | undefined {
  if (!(error instanceof AppError) || (error.status !== 401 && error.code !== 'TOKEN_TOO_WEAK')) return undefined
  const reason = REASONS[error.code]
  return `Bearer realm="kapok"${reason === undefined ? '' : `, error="${reason}"`}`
}

/** No error code where there was no token. */
const REASONS: Readonly<Record<string, string>> = {
  TOKEN_MISMATCH: 'invalid_token',
  TOKEN_INVALID: 'invalid_token',
  TOKEN_TOO_WEAK: 'insufficient_scope'
}
