import { isIP } from 'node:net'
import type { Connection, Producer, SASLOptions } from '@platformatic/kafka'
import type { Clock } from '../../core/clock.ts'
import { AppError, messageOf } from '../../core/errors.ts'
import type { HttpPoster } from './http-client.ts'
import { DeliveryError } from './delivery-error.ts'
import type { NetworkGuard } from '../../net/network-guard.ts'
import { objectOf } from './http-service.ts'
import { type OauthSettings, OauthTokens } from './kafka-oauth.ts'
import type { Section } from './services.ts'
import { splitAddress } from './tcp-client.ts'
import { tlsOptionsOf, tlsSettingsOf } from './tls.ts'

export interface KafkaMessage {
  readonly topic: string
  readonly key: string
  readonly value: string
  readonly headers: ReadonlyMap<string, string>
  /** Number of the partition, not negative; taken modulo the number of partitions. */
  readonly partition: number
}

export type KafkaSettings = ReturnType<typeof clusterSettingsOf>

const TIMEOUT_MS = 10_000

/** All that a connection depends on. */
export function clusterSettingsOf(section: Section) {
  return {
    id: section.text('id'),
    brokers: section.texts('brokers'),
    timeoutMs: section.durationMs('timeout') || TIMEOUT_MS,
    tls: section.flag('use-ssl') ? tlsSettingsOf(section) : undefined,
    mechanism: section.text('sasl-mechanism') || (section.text('sasl-username') === '' ? '' : 'PLAIN'),
    username: section.text('sasl-username'),
    password: section.text('sasl-password'),
    extensions: section.map('sasl_extensions'),
    token: section.text('sasl-access-token'),
    oauth: oauthSettingsOf(section)
  }
}

function oauthSettingsOf(section: Section): OauthSettings {
  const service = section.text('sasl-oauth-service').toLowerCase()
  return {
    url:
      service === 'azuread'
        ? `https://login.microsoftonline.com/${section.text('sasl-oauth-tenant-id')}/oauth2/v2.0/token`
        : section.text('sasl-oauth-token-url'),
    clientId: section.text('sasl-oauth-client-id'),
    clientSecret: section.text('sasl-oauth-client-secret'),
    scopes: section.texts('sasl-oauth-scopes'),
    parameters: section.map('sasl-oauth-parameters'),
    isInBody: service === 'auth0',
    marginMs: section.durationMs('sasl-oauth-token-expiry-margin')
  }
}

/** What a cluster asks of the world. */
export interface ClusterDeps {
  /** Client for requests to a token service. */
  readonly http: HttpPoster
  readonly clock: Clock
  readonly guard: NetworkGuard
}

/** Attempts within one delivery: a topic that a broker makes at its first use is there a moment later. */
const RETRIES = 3
const RETRY_DELAY_MS = 300

/** One cluster: connected at the first message; the client connects again by itself. */
export class KafkaCluster {
  readonly #settings: KafkaSettings
  readonly #guard: NetworkGuard
  readonly #tokens: OauthTokens
  #producer: Promise<Producer> | undefined

  constructor(settings: KafkaSettings, { http, clock, guard }: ClusterDeps) {
    this.#settings = settings
    this.#guard = guard
    this.#tokens = new OauthTokens(settings.oauth, http, clock)
  }

  /**
   * Resolves when all replicas in sync have the message. Rejects with a `DeliveryError`.
   * Differs: a message is sent at once and its loss is noticed; Kapacitor gathers batches and drops what fails.
   */
  async send({ topic, key, value, headers, partition }: KafkaMessage): Promise<void> {
    try {
      const producer = await (this.#producer ??= this.#open())
      await this.#checkBrokers(producer, topic)
      const bytes = { key: Buffer.from(key), value: Buffer.from(value), headers: bufferMap(headers) }
      const message = { topic, partition, ...bytes }
      await producer.send({ acks: ALL_REPLICAS, messages: [message] })
    } catch (error) {
      throw new DeliveryError(isForGood(error) ? 'refused' : 'unavailable', `kafka client error: ${reasonOf(error)}`, {
        cause: error
      })
    }
  }

  close(): void {
    const producer = this.#producer
    this.#producer = undefined
    producer?.then((open) => open.close()).catch(() => {})
  }

  /** The client itself connects to whatever names the cluster tells of its brokers. */
  async #checkBrokers(producer: Producer, topic: string): Promise<void> {
    if (!this.#guard.isActive) return
    for (const broker of this.#settings.brokers) await this.#guard.resolve(brokerOf(broker).host)
    const { brokers } = await producer.metadata({ topics: [topic], autocreateTopics: true })
    for (const { host } of brokers.values()) await this.#guard.resolve(host)
  }

  async #open(): Promise<Producer> {
    try {
      const { id, timeoutMs, tls } = this.#settings
      const sasl = saslOf(this.#settings, () => this.#tokens.get())
      const brokers = this.#settings.brokers.map(brokerOf)
      // TLS knows no server names that are addresses.
      const hasNames = brokers.every(({ host }) => isIP(host) === 0)
      // Loaded when it is needed: threads that only read scripts read this file too.
      const { Producer } = await import('@platformatic/kafka')
      const producer = new Producer({
        clientId: id,
        bootstrapBrokers: brokers,
        timeout: timeoutMs,
        connectTimeout: timeoutMs,
        requestTimeout: timeoutMs,
        retries: RETRIES,
        retryDelay: RETRY_DELAY_MS,
        autocreateTopics: true,
        ...(tls !== undefined && { tls: tlsOptionsOf(tls), tlsServerName: hasNames }),
        ...(sasl !== undefined && { sasl })
      })
      producer.on('client:broker:connect', outliveErrors)
      producer.on('client:broker:failed', outliveErrors)
      return producer
    } catch (error) {
      // A certificate that cannot be read may be there the next time.
      this.#producer = undefined
      throw error
    }
  }
}

const ALL_REPLICAS = -1

/**
 * The client hears of the first error of a connection only, but there may be two: a login that takes too long, and then
 * its end. One that nobody hears of would end the process.
 */
function outliveErrors({ connection }: { readonly connection: Connection }): void {
  connection.on('error', () => {})
}

const BROKER_PORT = 9092

/** `host:port`, `[::1]:port`, `host`. */
function brokerOf(address: string): { readonly host: string; readonly port: number } {
  const { host, port } = splitAddress(/:\d+$/.test(address) ? address : `${address}:${BROKER_PORT}`)
  return { host, port }
}

/** @param askToken Gets a token where the configuration has none. */
function saslOf(
  { mechanism, username, password, extensions, token }: KafkaSettings,
  askToken: () => Promise<string>
): SASLOptions | undefined {
  switch (mechanism.toUpperCase()) {
    case '':
      return undefined
    case 'PLAIN':
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-512':
      return { mechanism: mechanism.toUpperCase() as SASLOptions['mechanism'], username, password }
    case 'OAUTHBEARER':
      return {
        mechanism: 'OAUTHBEARER',
        token: token || askToken,
        oauthBearerExtensions: extensions,
        authBytesValidator: refuseChallenge
      }
    default:
      throw new DeliveryError('refused', `unknown sasl-mechanism ${JSON.stringify(mechanism)}`)
  }
}

/** A broker that does not take a token answers why, as JSON, and waits for the client to give up (RFC 7628). */
function refuseChallenge(answer: Buffer, end: (error: Error | null, answer: Buffer) => void): void {
  const status = objectOf(answer.toString())?.['status']
  end(typeof status === 'string' ? new Error(`SASL authentication failed: ${status}`) : null, answer)
}

function bufferMap(texts: ReadonlyMap<string, string>): Map<Buffer, Buffer> {
  return new Map([...texts].map(([name, value]) => [Buffer.from(name), Buffer.from(value)]))
}

/** What a broker says of a message that it will never take. */
const FINAL_ERRORS = new Set([
  ...['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP'],
  ...['INVALID_TOPIC', 'INVALID_TOPIC_EXCEPTION', 'POLICY_VIOLATION']
])

function isForGood(error: unknown): boolean {
  if (error instanceof AppError) return true
  if (error instanceof DeliveryError) return error.failure === 'refused'
  return partsOf(error).some((part) => FINAL_ERRORS.has((part as { apiId?: string }).apiId ?? ''))
}

/** What lies at the bottom: the client wraps the errors of attempts, brokers and connections in each other. */
function reasonOf(error: unknown): string {
  const bottom = partsOf(error).filter((part) => insideOf(part).length === 0)
  return [...new Set(bottom.map(messageOf))].join(', ')
}

function partsOf(error: unknown): unknown[] {
  return [error, ...insideOf(error).flatMap(partsOf)]
}

function insideOf(error: unknown): unknown[] {
  const errors = error instanceof AggregateError ? (error.errors as unknown[]) : []
  return error instanceof Error && error.cause !== undefined ? [...errors, error.cause] : errors
}
