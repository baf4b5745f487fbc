import { isIP } from 'node:net'
import type { Producer, SASLOptions } from '@platformatic/kafka'
import { AppError, messageOf } from '../../core/errors.ts'
import { DeliveryError } from './handler.ts'
import type { NetworkGuard } from '../../net/network-guard.ts'
import type { Section } from './services.ts'
import { splitAddress } from './tcp-client.ts'
import { tlsOptionsOf, tlsSettingsOf } from './tls.ts'

export interface KafkaMessage {
  readonly topic: string
  readonly key: string
  readonly value: string
  readonly headers: ReadonlyMap<string, string>
  /** Not negative; taken modulo the number of partitions. */
  readonly partition: number
}

export type ClusterSettings = ReturnType<typeof clusterSettingsOf>

/** All that a connection depends on. */
export function clusterSettingsOf(section: Section) {
  return {
    brokers: section.texts('brokers'),
    timeoutMs: section.durationMs('timeout', 10_000),
    tls: section.flag('use-ssl') ? tlsSettingsOf(section) : undefined,
    mechanism: section.text('sasl-mechanism', section.text('sasl-username') === '' ? '' : 'PLAIN'),
    username: section.text('sasl-username'),
    password: section.text('sasl-password'),
    token: section.text('sasl-access-token')
  }
}

/** Attempts within one delivery: a topic that a broker makes at its first use is there a moment later. */
const RETRIES = 3
const RETRY_DELAY_MS = 300

/** One cluster: connected at the first message; the client connects again by itself. */
export class KafkaCluster {
  readonly #settings: ClusterSettings
  readonly #guard: NetworkGuard
  #producer: Promise<Producer> | undefined

  constructor(settings: ClusterSettings, guard: NetworkGuard) {
    this.#settings = settings
    this.#guard = guard
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
    for (const broker of this.#settings.brokers) await this.#guard.resolve(splitAddress(broker).host)
    const { brokers } = await producer.metadata({ topics: [topic], autocreateTopics: true })
    for (const { host } of brokers.values()) await this.#guard.resolve(host)
  }

  async #open(): Promise<Producer> {
    try {
      const { brokers, timeoutMs, tls } = this.#settings
      const sasl = saslOf(this.#settings)
      // TLS knows no server names that are addresses.
      const hasNames = brokers.every((broker) => isIP(splitAddress(broker).host) === 0)
      // Loaded when it is needed: threads that only read scripts read this file too.
      const { Producer } = await import('@platformatic/kafka')
      return new Producer({
        clientId: 'kapok',
        bootstrapBrokers: [...brokers],
        timeout: timeoutMs,
        connectTimeout: timeoutMs,
        requestTimeout: timeoutMs,
        retries: RETRIES,
        retryDelay: RETRY_DELAY_MS,
        autocreateTopics: true,
        ...(tls !== undefined && { tls: tlsOptionsOf(tls), tlsServerName: hasNames }),
        ...(sasl !== undefined && { sasl })
      })
    } catch (error) {
      // A certificate that cannot be read may be there the next time.
      this.#producer = undefined
      throw error
    }
  }
}

const ALL_REPLICAS = -1

function saslOf({ mechanism, username, password, token }: ClusterSettings): SASLOptions | undefined {
  switch (mechanism.toUpperCase()) {
    case '':
      return undefined
    case 'PLAIN':
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-512':
      return { mechanism: mechanism.toUpperCase() as SASLOptions['mechanism'], username, password }
    case 'OAUTHBEARER':
      return { mechanism: 'OAUTHBEARER', token }
    default:
      throw new DeliveryError('refused', `unknown sasl-mechanism ${JSON.stringify(mechanism)}`)
  }
}

function bufferMap(texts: ReadonlyMap<string, string>): Map<Buffer, Buffer> {
  return new Map([...texts].map(([name, value]) => [Buffer.from(name), Buffer.from(value)]))
}

/** What a broker says of a message that it will never take. */
const REFUSALS = new Set([
  ...['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP'],
  ...['INVALID_TOPIC', 'INVALID_TOPIC_EXCEPTION', 'POLICY_VIOLATION']
])

function isForGood(error: unknown): boolean {
  if (error instanceof AppError) return true
  if (error instanceof DeliveryError) return error.failure === 'refused'
  return partsOf(error).some((part) => REFUSALS.has((part as { apiId?: string }).apiId ?? ''))
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
