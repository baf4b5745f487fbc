import { join } from 'node:path'
import { isOverridable } from '../../src/config/overridable.ts'
import { sections } from '../../src/config/sections.ts'
import { Field, type Fields, List } from '../../src/core/fields.ts'
import type { Secrecies } from '../../src/core/secrecy.ts'
import { secret } from '../support/secret.ts'
import type { Peers } from './peers.ts'

/** Definitions with a secret wherever there can be one, each told apart by its place. */
export class Planting {
  /** All that were planted. */
  readonly secrets: string[] = []
  readonly #peers: Peers

  constructor(peers: Peers) {
    this.#peers = peers
  }

  /** With letters that are escaped in URLs, JSON and HTML. */
  secret(place: string): string {
    const planted = `${secret(place)}/"&<+%`
    this.secrets.push(planted)
    return planted
  }

  /** An address with credentials; its path names who it is that asks there. */
  url(place: string, name: string): string {
    return `http://user:${encodeURIComponent(this.secret(place))}@${this.#peers.http}/${name}`
  }

  /** An address that is a secret. */
  webhook(place: string, name: string): string {
    return `http://${this.#peers.http}/${name}/${encodeURIComponent(this.secret(place))}`
  }

  /** Options of a handler or transport. */
  options(secrecies: Secrecies, place: string, name: string): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(secrecies).flatMap(([key, secrecy]): [string, unknown][] => {
        const inside = `${place}-${key}`
        if (secrecy === 'secret') return [[key, this.secret(inside)]]
        if (secrecy === 'secretTarget') return [[key, this.webhook(inside, name)]]
        if (secrecy === 'url') return [[key, this.url(inside, name)]]
        if (secrecy === 'headers') return [[key, { Authorization: `Bearer ${this.secret(inside)}` }]]
        return []
      })
    )
  }

  /** Values of a section. @param name Of the section. */
  values(fields: Fields, place: string, name: string): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(fields).flatMap(([key, field]): [string, unknown][] => {
        const inside = `${place}-${key}`
        if (!(field instanceof Field)) {
          const inner = this.values(field.fields, inside, name)
          return Object.keys(inner).length === 0 ? [] : [[key, field instanceof List ? [inner] : inner]]
        }
        if (field.isSecretMap) return [[key, { 'X-Token': this.secret(inside) }]]
        if (field.isTarget && field.kind === 'text') return [[key, this.#address(field, inside, name, key)]]
        return field.isSecret ? [[key, this.secret(inside)]] : []
      })
    )
  }

  #address({ isSecret, docs }: Field<unknown>, place: string, name: string, key: string): string {
    if (isSecret) return this.webhook(place, name)
    if (key === 'host') return '127.0.0.1'
    if (key === 'addr') return docs.startsWith('Receiver') ? this.#peers.udp : this.#peers.tcp
    return name === 'mqtt' ? `tcp://${this.#peers.tcp}` : this.url(place, name)
  }

  /** Every section of the configuration, the services of handlers turned on. */
  configuration(folder: string): object {
    const planted = Object.fromEntries(
      Object.entries(sections as Fields).flatMap(([name, section]) => {
        if (section instanceof Field) return []
        const values = this.values(section.fields, name, name)
        if (isOverridable(name) && 'enabled' in section.fields) values['enabled'] = true
        const more = this.#needed(folder)[name]
        if (Object.keys(values).length === 0 && more === undefined) return []
        return [[name, section instanceof List ? [{ ...values, ...more }] : { ...values, ...more }]]
      })
    )
    const [kafka] = planted['kafka'] as [object]
    return {
      ...planted,
      kafka: [kafka, { ...kafka, ...this.#oauth() }],
      data_dir: join(folder, 'data')
    }
  }

  /** What sections need beside secrets, and limits that spare time. */
  #needed(folder: string): Readonly<Record<string, object>> {
    const { tcp, mailPort, http } = this.#peers
    const isOnly = { default: true, workspace: 'planted' }
    return {
      alert: { 'outbox-attempts': 1 },
      auth: { 'admin-user': 'root', 'scrypt-cost': 10 },
      discord: isOnly,
      http: { 'auth-enabled': true },
      httppost: { endpoint: 'planted' },
      influxdb: { name: 'default', default: true, urls: [this.url('influxdb-urls', 'influxdb')], username: 'u' },
      kafka: { brokers: [tcp], timeout: '100ms', 'sasl-username': 'u', 'sasl-mechanism': 'PLAIN' },
      mqtt: { name: 'default', default: true, username: 'u' },
      notify: { folder: join(folder, 'notify'), 'initial-interval': '10ms', 'max-interval': '10ms' },
      security: { 'allow-commands': ['*'], 'log-folders': [folder] },
      servicenow: { username: 'u' },
      slack: isOnly,
      smtp: { port: mailPort, from: 'a@example.com', to: ['b@example.com'], username: 'u' },
      snmptrap: { retries: 0 },
      telegram: { url: `http://${http}/telegram/bot` },
      zenoss: { username: 'u' }
    }
  }

  #oauth(): object {
    return {
      id: 'oauth',
      'sasl-mechanism': 'OAUTHBEARER',
      'sasl-access-token': '',
      'sasl-oauth-client-id': 'u',
      'sasl-oauth-client-secret': this.secret('kafka-oauth'),
      'sasl-oauth-parameters': { assertion: this.secret('kafka-oauth-parameters') },
      'sasl-oauth-token-url': this.url('kafka-oauth-token-url', 'kafka-oauth')
    }
  }

  /** What handlers need beside secrets, by kind. */
  neededByHandlers(folder: string): Readonly<Record<string, object>> {
    return {
      aggregate: { interval: 1e9, topic: 'aggregated' },
      exec: { prog: '/bin/false' },
      kafka: { topic: 'planted' },
      log: { path: join(folder, 'events.log') },
      mqtt: { topic: 'planted' },
      post: { 'capture-response': true },
      publish: { topics: ['published'] },
      snmptrap: { 'trap-oid': '1.3.6.1.4.1.1' },
      tcp: { address: this.#peers.tcp }
    }
  }

  /** What transports need, by type; those that are handlers need what these do. */
  neededByTransports(folder: string): Readonly<Record<string, object>> {
    const { mailPort } = this.#peers
    const { exec, ...handlers } = this.neededByHandlers(folder)
    return {
      ...handlers,
      'topic-exec': exec!,
      email: { from: 'a@example.com', to: ['b@example.com'], host: '127.0.0.1', port: mailPort, user: 'u' },
      exec: { command: ['/bin/false'] },
      slack: { url: this.webhook('transport-slack-url', 'slack') },
      twilio: { account: 'AC1', from: '+123', to: ['+456'] }
    }
  }
}
