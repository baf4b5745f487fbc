import { isIP } from 'node:net'
import type { MqttClient } from 'mqtt'
import type { Clock } from '../../core/clock.ts'
import { AppError, messageOf } from '../../core/errors.ts'
import type { NetworkGuard } from '../../net/network-guard.ts'
import type { HandlerDeps } from './handler.ts'
import { DeliveryError } from './delivery-error.ts'
import type { Section } from './services.ts'
import { tlsOptionsOf, tlsSettingsOf } from './tls.ts'

export type Qos = 0 | 1 | 2

export interface MqttMessage {
  readonly topic: string
  readonly payload: string
  readonly qos: Qos
  readonly retain: boolean
}

export type BrokerSettings = ReturnType<typeof brokerSettingsOf>

/** All that a connection depends on. */
export function brokerSettingsOf(section: Section) {
  return {
    url: section.text('url'),
    clientId: section.text('client-id') || section.text('name'),
    username: section.text('username'),
    password: section.text('password'),
    tls: tlsSettingsOf(section)
  }
}

const CONNECT_MS = 10_000
const PUBLISH_MS = 30_000
/** How long a broker may keep a connection that is to be closed. */
const CLOSE_MS = 5_000

/**
 * One broker: connected at the first message, and again at the first one after the connection was lost.
 * Differs: a broker that is away at the start of the server does not keep it from starting.
 */
export class MqttBroker {
  readonly #settings: BrokerSettings
  readonly #clock: Clock
  readonly #guard: NetworkGuard
  #connection: Promise<MqttClient> | undefined
  #client: MqttClient | undefined

  constructor(settings: BrokerSettings, { clock, guard }: Pick<HandlerDeps, 'clock' | 'guard'>) {
    this.#settings = settings
    this.#clock = clock
    this.#guard = guard
  }

  /** Resolves when the broker has taken the message as its quality of service asks. Rejects with a `DeliveryError`. */
  async publish(message: MqttMessage): Promise<void> {
    this.#connection ??= this.#connect()
    const connection = this.#connection
    try {
      await this.#publishOn(await connection, message)
    } catch (error) {
      // What the client still holds of the message must not go out beside the next attempt.
      if (this.#connection === connection) this.#drop()
      if (error instanceof AppError) throw error
      throw new DeliveryError('unavailable', `failed to post message to MQTT broker: ${messageOf(error)}`)
    }
  }

  /** Ends the connection once what was sent has left it. */
  close(): void {
    this.#forget((client) => {
      const timer = this.#clock.after(CLOSE_MS, () => client.end(true))
      client.end(false, () => timer.cancel())
    })
  }

  #drop(): void {
    this.#forget((client) => client.end(true))
  }

  #forget(end: (client: MqttClient) => void): void {
    const connection = this.#connection
    this.#connection = undefined
    connection?.then(end, () => {})
  }

  async #connect(): Promise<MqttClient> {
    const { url, clientId, username, password, tls } = this.#settings
    // Loaded when it is needed: threads that only read scripts read this file too.
    const { connectAsync } = await import('mqtt')
    const client = await connectAsync(url, {
      ...(await this.#target()),
      clientId,
      ...(username !== '' && { username, password }),
      ...tlsOptionsOf(tls),
      connectTimeout: CONNECT_MS,
      reconnectPeriod: 0,
      queueQoSZero: false
    })
    client.on('error', () => {})
    client.on('close', () => {
      if (this.#client === client) this.#connection = undefined
    })
    this.#client = client
    return client
  }

  /** What takes the place of the name in the URL, where a network is blocked. */
  async #target(): Promise<{ readonly host?: string; readonly servername?: string }> {
    if (!this.#guard.isActive) return {}
    const name = new URL(this.#settings.url).hostname.replace(/^\[|\]$/g, '')
    const host = await this.#guard.resolve(name)
    return { host, ...(isIP(name) === 0 && { servername: name }) }
  }

  #publishOn(client: MqttClient, { topic, payload, qos, retain }: MqttMessage): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (!client.connected) throw new Error('the connection was lost')
      const end = (error?: Error | null) => {
        client.off('close', lost)
        timer.cancel()
        if (error) reject(error)
        else resolve()
      }
      const lost = () => end(new Error('the connection was lost'))
      const timer = this.#clock.after(PUBLISH_MS, () => end(new Error(`no answer within ${PUBLISH_MS} ms`)))
      client.once('close', lost)
      client.publish(topic, payload, { qos, retain }, end)
    })
  }
}
