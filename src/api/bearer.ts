import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { AppError, defineError } from '../core/errors.ts'

/** Bearer tokens (RFC 6750). */
export interface Tokens {
  /** For everything; '' asks for none. */
  readonly notifyToken: string
  /** For what posts alerts, and nothing else; '' or undefined: there is none. */
  readonly postToken?: string
}

const TokenRequired = defineError('TOKEN_REQUIRED', 401, () => 'auth token is required')
const NotBearer = defineError('TOKEN_NOT_BEARER', 401, () => 'not a Bearer token')
const TokenMismatch = defineError('TOKEN_MISMATCH', 401, () => 'token mismatch')
const TokenTooWeak = defineError('TOKEN_TOO_WEAK', 403, () => 'the token only allows alerts to be posted')

/**
 * Differs: 401 with a challenge, and the token compared in constant time; the original answers 403.
 * Differs: a second token may be for those who only post alerts; the original has one, which allows everything.
 */
export function findRefusal(
  { headers }: FastifyRequest,
  { notifyToken, postToken = '' }: Tokens,
  isPost: boolean
): AppError | undefined {
  if (notifyToken === '') return undefined
  const words = (headers.authorization ?? '').split(/\s+/).filter((word) => word !== '')
  if (words.length !== 2) return TokenRequired()
  if (words[0] !== 'Bearer') return NotBearer()
  if (isSame(words[1]!, notifyToken)) return undefined
  if (postToken === '' || !isSame(words[1]!, postToken)) return TokenMismatch()
  return isPost ? undefined : TokenTooWeak()
}

/** The header `WWW-Authenticate` of a refusal (RFC 6750, section 3); undefined where it needs none. */
export function challengeOf(error: unknown): string | undefined {
  if (!(error instanceof AppError) || !error.code.startsWith('TOKEN_')) return undefined
  const reason = REASONS[error.code]
  return `Bearer realm="kapok"${reason === undefined ? '' : `, error="${reason}"`}`
}

/** No error code where there was no token. */
const REASONS: Readonly<Record<string, string>> = {
  TOKEN_MISMATCH: 'invalid_token',
  TOKEN_TOO_WEAK: 'insufficient_scope'
}

function isSame(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
