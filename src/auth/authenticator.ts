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
import { type Caller, type Gate, type Refusal, refusalOf } from './gate.ts'
import { userOfJwt } from './jwt.ts'
import { LoginThrottle } from './login-throttle.ts'
import { grantsOf } from './permissions.ts'
import { Principal } from './principal.ts'
import type { Tokens } from './tokens.ts'
import type { User, Users } from './users.ts'

export interface AuthenticatorOptions {
  readonly users: Users
  readonly tokens: Tokens
  /** As the configuration has them now. */
  readonly configured: () => readonly ConfiguredToken[]
  /** By which JWTs are signed; '' accepts none. */
  readonly sharedSecret: () => string
  readonly clock: Clock
}

/** Passwords that need not be hashed again, since they were found right. */
const CHECKED_MAX = 1000
const CHECKED_MS = 60 * 60_000

/** Lets in whoever says, by name and password, by a JWT or by a token, who it is. */
export class Authenticator implements Gate {
  readonly anonymous = undefined
  readonly refusal: Refusal = refusalOf
  readonly throttle: LoginThrottle
  readonly #options: AuthenticatorOptions
  readonly #checked = new Map<string, { readonly principal: Principal; readonly untilMs: number }>()
  /** Of this process alone: what is kept of a password is of no use elsewhere. */
  readonly #key = randomBytes(32)

  constructor(options: AuthenticatorOptions) {
    this.#options = options
    this.throttle = new LoginThrottle(options.clock)
    // Differs: after a change the old password is of no use at once; in the original it is, for up to an hour.
    options.users.onChange(() => this.#checked.clear())
  }

  /** At once where no password has to be hashed. Fails with an error of `errors.ts`. */
  authenticate({ authorization, query, address }: Caller): Principal | Promise<Principal> {
    const credentials = credentialsIn(authorization, query)
    if (credentials === undefined) throw CredentialsMissing()
    if (credentials.kind === 'password') return this.#byPassword(credentials, address)
    if (credentials.kind === 'subscriber') return this.#bySubscription(credentials.token, address)
    return this.#byBearer(credentials.token, address)
  }

  #byPassword(
    { name, password }: Extract<Credentials, { kind: 'password' }>,
    address: string
  ): Principal | Promise<Principal> {
    if (name === '') throw UsernameMissing()
    const key = createHmac('sha256', this.#key).update(`${name}\0${password}`).digest('base64')
    const known = this.#checked.get(key)
    if (known !== undefined && known.untilMs > this.#nowMs()) return known.principal
    this.throttle.admit(address, name)
    return this.#options.users.login(name, password).then((user) => {
      if (user === undefined) {
        this.throttle.fail(address, name)
        throw LoginFailed()
      }
      this.throttle.succeed(address, name)
      const principal = principalOf(user)
      if (this.#checked.size >= CHECKED_MAX) this.#checked.delete(this.#checked.keys().next().value!)
      this.#checked.set(key, { principal, untilMs: this.#nowMs() + CHECKED_MS })
      return principal
    })
  }

  #bySubscription(token: string, address: string): Principal {
    const principal = this.#byToken(token, address)
    if (principal === undefined) throw SubscriptionTokenInvalid()
    return principal
  }

  #byBearer(token: string, address: string): Principal {
    if (token.startsWith(TOKEN_PREFIX)) {
      const principal = this.#byToken(token, address)
      if (principal === undefined) throw TokenInvalid()
      return principal
    }
    const configured = findConfigured(this.#options.configured(), token)
    if (configured !== undefined) return configured
    const name = userOfJwt(token, this.#options.sharedSecret(), this.#nowMs())
    const user = this.#options.users.find(name)
    if (user === undefined) throw JwtUserUnknown(name)
    return principalOf(user)
  }

  #byToken(token: string, address: string): Principal | undefined {
    this.throttle.admit(address, '')
    const principal = this.#options.tokens.find(token)
    if (principal === undefined) this.throttle.fail(address, '')
    return principal
  }

  #nowMs(): number {
    return this.#options.clock.now().ms
  }
}

function principalOf({ name, type, permissions }: User): Principal {
  return new Principal(name, grantsOf(type, permissions))
}
