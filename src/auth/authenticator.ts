import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { type ConfiguredToken, findConfigured } from './configured-token.ts'
import { type Credentials, credentialsIn, TOKEN_PREFIX } from './credentials.ts'
import {
  CredentialsMissing,
  JwtUserUnknown,
  LoginFailed,
  SubscriptionTokenInvalid,
  TokenInvalid,
  UsernameMissing
} from './errors.ts'
import { type Caller, type ErrorFor, type Gate, overreachError } from './gate.ts'
import { userOfJwt } from './jwt.ts'
import type { Login, LoginThrottle } from './login-throttle.ts'
import { grantsOf } from './permissions.ts'
import { Principal } from './principal.ts'
import type { Tokens } from './tokens.ts'
import type { User, Users } from './users.ts'

export interface AuthenticatorOptions {
  readonly users: Users
  readonly tokens: Tokens
  /** Tokens as the configuration has them now. */
  readonly configured: () => readonly ConfiguredToken[]
  /** The secret by which JWTs are signed; '' accepts none. */
  readonly sharedSecret: () => string
  readonly throttle: LoginThrottle
  readonly clock: Clock
}

/** Passwords that need not be hashed again, since they were found right. */
const CHECKED_MAX = 1000
const CHECKED_MS = 60 * 60_000

/** Lets in whoever says, by name and password, by a JWT or by a token, who it is. */
export class Authenticator implements Gate {
  readonly anonymous = undefined
  readonly errorFor: ErrorFor = overreachError
  readonly #options: AuthenticatorOptions
  readonly #checked = new Map<string, { readonly principal: Principal; readonly untilMs: number }>()
  /** A key of this process alone: what is kept of a password is of no use elsewhere. */
  readonly #key = randomBytes(32)

  constructor(options: AuthenticatorOptions) {
    this.#options = options
    // Differs: after a change the old password is of no use at once; in the original it is, for up to an hour.
    options.users.onChange(() => this.#checked.clear())
  }

  /** Finds out who calls, at once where no password has to be hashed. Fails with an error of `errors.ts`. */
  authenticate({ authorization, query, address }: Caller): Principal | Promise<Principal> {
    const credentials = credentialsIn(authorization, query)
    if (credentials === undefined) throw CredentialsMissing()
    if (credentials.kind === 'password') return this.#byPassword({ ...credentials, address })
    const { token } = credentials
    if (credentials.kind === 'subscriber') return this.#byToken(token, address, SubscriptionTokenInvalid)
    return token.startsWith(TOKEN_PREFIX) ? this.#byToken(token, address, TokenInvalid) : this.#byBearer(token, address)
  }

  #byPassword({ name, password, address }: PasswordLogin): Principal | Promise<Principal> {
    if (name === '') throw UsernameMissing()
    const { throttle, users } = this.#options
    const login: Login = { address, name, proof: password }
    throttle.admit(login)
    const key = createHmac('sha256', this.#key).update(`${name}\0${password}`).digest('base64')
    const known = this.#checked.get(key)
    if (known !== undefined && known.untilMs > this.#nowMs()) {
      throttle.succeed(login)
      return known.principal
    }
    return users.login(name, password).then((user) => {
      if (user === undefined) {
        throttle.fail(login)
        throw LoginFailed()
      }
      throttle.succeed(login)
      const principal = principalOf(user)
      if (this.#checked.size >= CHECKED_MAX) this.#checked.delete(this.#checked.keys().next().value!)
      this.#checked.set(key, { principal, untilMs: this.#nowMs() + CHECKED_MS })
      return principal
    })
  }

  #byToken(token: string, address: string, invalid: () => Error): Principal {
    const { throttle, tokens } = this.#options
    return throttle.attempt({ address, name: 'token', proof: token }, () => {
      const principal = tokens.find(token)
      if (principal === undefined) throw invalid()
      return principal
    })
  }

  /** A token of the configuration, or a JWT. */
  #byBearer(token: string, address: string): Principal {
    const { throttle, configured, sharedSecret, users } = this.#options
    return throttle.attempt({ address, name: 'bearer', proof: token }, () => {
      const principal = findConfigured(configured(), token)
      if (principal !== undefined) return principal
      const name = userOfJwt(token, sharedSecret(), this.#nowMs())
      const user = users.find(name)
      if (user === undefined) throw JwtUserUnknown(name)
      return principalOf(user)
    })
  }

  #nowMs(): number {
    return this.#options.clock.now().ms
  }
}

type PasswordLogin = Omit<Extract<Credentials, { kind: 'password' }>, 'kind'> & { readonly address: string }

function principalOf({ name, type, permissions }: User): Principal {
  return new Principal(name, grantsOf(type, permissions))
}
