import { readFileSync } from 'node:fs'
import { Audit } from '../auth/audit.ts'
import { Authenticator } from '../auth/authenticator.ts'
import { BearerGate } from '../auth/bearer-gate.ts'
import type { ConfiguredToken } from '../auth/configured-token.ts'
import { ensureAdmin } from '../auth/first-admin.ts'
import { type Gate, openGate } from '../auth/gate.ts'
import { Passwords } from '../auth/password.ts'
import type { Scope } from '../auth/scope.ts'
import { Tokens } from '../auth/tokens.ts'
import { Users } from '../auth/users.ts'
import type { Config } from '../config/sections.ts'
import { defineError, messageOf } from '../core/errors.ts'
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
}

const SecretUnreadable = defineError(
  'SECRET_UNREADABLE',
  500,
  (key: string, detail: string) => `${key}-file: ${detail}`
)

/** Users, tokens and the gate that the configuration asks for. Fails with ADMIN_MISSING or SECRET_UNREADABLE. */
export async function openAuth({ config, db, clock, log, closers }: Base): Promise<Auth> {
  const { http, auth, audit: auditConfig } = config
  const authLog = log.child({ service: 'auth' })
  const users = await Users.open(new UserStore(db), new Passwords(config.auth['scrypt-cost']))
  const tokens = await Tokens.open(new TokenStore(db), clock, authLog)
  closers.add({ name: 'tokens' }, () => tokens.close())
  const limits = { rows: auditConfig['max-rows'], ageMs: Number(auditConfig.retention / 1_000_000n) }
  const audit = await Audit.open(new AuditStore(db), limits, clock, log.child({ service: 'audit' }))
  closers.add({ name: 'audit' }, () => audit.close())
  const configured = (mayDoAll: Scope): readonly ConfiguredToken[] =>
    [
      { name: 'notify.auth-token', value: notifyTokenOf(config, 'auth-token'), scopes: [mayDoAll] },
      { name: 'notify.post-token', value: notifyTokenOf(config, 'post-token'), scopes: ['notify:post' as const] }
    ].filter(({ value }) => value !== '')

  if (!http['auth-enabled']) {
    const locked = configured('admin')
    return { gate: locked.length === 0 ? openGate : new BearerGate(locked), users, tokens, audit }
  }
  const password = secretOf('auth.admin-password', auth['admin-password'], auth['admin-password-file'])
  await ensureAdmin(users, auth['admin-user'], password, authLog)
  const sharedSecret = secretOf('http.shared-secret', http['shared-secret'], http['shared-secret-file'])
  return {
    gate: new Authenticator({ users, tokens, configured: configured('notify'), sharedSecret, clock }),
    users,
    tokens,
    audit
  }
}

const SUBSCRIPTIONS = 'subscriptions'

/** Tokens that InfluxDB gets within the subscriptions of this server. */
export function subscriberTokens(tokens: Tokens): SubscriberTokens {
  return {
    async issue(subscription, db) {
      const name = `subscription ${subscription}`
      const before = tokens.all.filter((one) => one.owner === SUBSCRIPTIONS && one.name === name)
      for (const { id } of before) await tokens.revoke(id)
      const scopes = [`write:${db}`]
      return (await tokens.create({ name, scopes, owner: SUBSCRIPTIONS, expiresMs: undefined })).token
    },
    isValid: (token, db) => tokens.find(token)?.mayWriteTo(db) === true
  }
}

function notifyTokenOf({ notify }: Config, key: 'auth-token' | 'post-token'): string {
  return secretOf(`notify.${key}`, notify[key], notify[`${key}-file`])
}

function secretOf(key: string, value: string, file: string): string {
  if (file === '') return value
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw SecretUnreadable(key, messageOf(error))
  }
}
