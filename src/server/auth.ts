import { Audit } from '../auth/audit.ts'
import { Authenticator } from '../auth/authenticator.ts'
import { BearerGate } from '../auth/bearer-gate.ts'
import type { ConfiguredToken } from '../auth/configured-token.ts'
import { ensureAdmin } from '../auth/first-admin.ts'
import { type Gate, openGate } from '../auth/gate.ts'
import { LoginThrottle } from '../auth/login-throttle.ts'
import { Passwords } from '../auth/password.ts'
import type { Scope } from '../auth/scope.ts'
import { Tokens } from '../auth/tokens.ts'
import { Users } from '../auth/users.ts'
import type { SubscriberTokens } from '../influxdb/subscriptions.ts'
import { AuditStore } from '../store/audit.ts'
import { TokenStore } from '../store/tokens.ts'
import { UserStore } from '../store/users.ts'
import type { Base } from './base.ts'

export interface Auth {
  readonly gate: Gate
  readonly users: Users
  readonly tokens: Tokens
  readonly audit: Audit
  /** Throttle of all logins, whatever lets in. */
  readonly throttle: LoginThrottle
}

/** Users, tokens and the gate that the configuration asks for. Fails with ADMIN_MISSING. */
export async function openAuth({ config, overrides, db, clock, log, closers }: Base): Promise<Auth> {
  const { http, auth, audit: auditConfig } = config
  const authLog = log.child({ service: 'auth' })
  const users = await Users.open(new UserStore(db), new Passwords(config.auth['scrypt-cost']))
  const tokens = await Tokens.open(new TokenStore(db), clock, authLog)
  closers.add({ name: 'tokens' }, () => tokens.close())
  const limits = { rows: auditConfig['max-rows'], ageMs: Number(auditConfig.retention / 1_000_000n) }
  const audit = await Audit.open(new AuditStore(db), limits, clock, log.child({ service: 'audit' }))
  closers.add({ name: 'audit' }, () => audit.close())
  const configured = (mayDoAll: Scope) => (): readonly ConfiguredToken[] => {
    const { notify } = overrides.current
    return [
      { name: 'notify.auth-token', value: notify['auth-token'], scopes: [mayDoAll] },
      { name: 'notify.post-token', value: notify['post-token'], scopes: ['notify:post' as const] }
    ].filter(({ value }) => value !== '')
  }

  const throttle = new LoginThrottle(clock)
  if (!http['auth-enabled']) {
    const locked = configured('admin')
    const gate = locked().length === 0 ? openGate : new BearerGate(locked, throttle)
    return { gate, users, tokens, audit, throttle }
  }
  await ensureAdmin(users, auth['admin-user'], auth['admin-password'], authLog)
  const gate = new Authenticator({
    users,
    tokens,
    configured: configured('notify'),
    sharedSecret: () => overrides.current.http['shared-secret'],
    ...{ throttle, clock }
  })
  return { gate, users, tokens, audit, throttle }
}

const SUBSCRIPTIONS = 'subscriptions'

/** Tokens that InfluxDB gets within the subscriptions of this server. */
export function subscriberTokens(tokens: Tokens): SubscriberTokens {
  return {
    async issue(subscription, db) {
      const name = `subscription ${subscription}`
      const before = tokens.all.filter((token) => token.owner === SUBSCRIPTIONS && token.name === name)
      for (const { id } of before) await tokens.revoke(id)
      const scopes = [`write:${db}`]
      return (await tokens.create({ name, scopes, owner: SUBSCRIPTIONS, expiresMs: undefined })).token
    },
    isValid: (token, db) => tokens.find(token)?.mayWriteTo(db) === true
  }
}
