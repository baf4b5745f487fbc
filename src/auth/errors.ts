import { AppError } from '../core/errors.ts'
import { quote } from '../core/print.ts'

/** Somebody is not let in; in Kapacitor's words where it has them, since clients match on them. */
export class AccessError extends AppError {
  /** Value of the header Retry-After, where the same request may be answered otherwise later. */
  readonly waitMs: number | undefined

  constructor(code: string, status: number, message: string, waitMs?: number) {
    super(code, status, message)
    this.waitMs = waitMs
  }
}

function defineAccessError<A extends unknown[]>(
  code: string,
  status: number,
  message: (...args: A) => string
): (...args: A) => AccessError {
  return (...args) => new AccessError(code, status, message(...args))
}

export const CredentialsMissing = defineAccessError(
  'CREDENTIALS_MISSING',
  401,
  () => 'unable to parse authentication credentials'
)
export const UsernameMissing = defineAccessError('CREDENTIALS_NAME', 401, () => 'username required')
/** Nobody is told whether the user or the password was wrong. */
export const LoginFailed = defineAccessError('LOGIN_FAILED', 401, () => 'authorization failed')
export const InvalidJwt = defineAccessError('JWT_INVALID', 401, (reason: string) => `invalid token: ${reason}`)
export const JwtClaims = defineAccessError('JWT_CLAIMS', 401, (reason: string) => reason)
export const JwtUserUnknown = defineAccessError(
  'JWT_USER_UNKNOWN',
  401,
  (name: string) => `retrieving user ${quote(name)} from store: no user exists`
)
export const TokenInvalid = defineAccessError(
  'TOKEN_INVALID',
  401,
  () => 'invalid token: it is unknown, expired or revoked'
)
export const SubscriptionTokenInvalid = defineAccessError(
  'SUBSCRIPTION_TOKEN_INVALID',
  401,
  () => 'invalid subscription token'
)
export const PrivilegeMissing = defineAccessError(
  'PRIVILEGE_MISSING',
  403,
  (name: string, privilege: string, path: string) =>
    `user ${name} does not have ${quote(privilege)} privilege for API endpoint ${quote(path)}`
)
export const DatabaseForbidden = defineAccessError(
  'DATABASE_FORBIDDEN',
  401,
  (name: string, database: string) => `${quote(name)} user is not authorized to write to database ${quote(database)}`
)
const BUSY_MS = 1000
export const LoginsBusy = (): AccessError =>
  new AccessError('LOGINS_BUSY', 503, 'too many logins are being checked, try again later', BUSY_MS)
export const LoginThrottled = (waitMs: number): AccessError =>
  new AccessError('LOGIN_THROTTLED', 429, `too many failed logins, try again in ${Math.ceil(waitMs / 1000)} s`, waitMs)
