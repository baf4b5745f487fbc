import { Serial } from '../core/serial.ts'
import type { Clock, Timer } from '../core/clock.ts'
import { Backoff } from '../core/backoff.ts'
import { defineError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { secretsOfUrl } from '../core/mask.ts'
import { redactorOf } from '../core/redact.ts'
import { type Dbrp, dbrpKey } from '../model/dbrp.ts'
import { InfluxClient } from './client.ts'
import { formatIdentifier, formatString } from './influxql/format.ts'
import type { ClusterSettings } from './settings.ts'
import { type Listen, UdpListeners } from './udp-listeners.ts'

/** What a cluster shall send to this server, and how. */
export interface SubscriptionSettings {
  readonly cluster: ClusterSettings
  /** Whose subscriptions they are: the id of the cluster, or of this server. */
  readonly owner: string
  readonly protocol: 'http' | 'https' | 'udp'
  /** Where InfluxDB reaches this server. */
  readonly hostname: string
  /** 0: the one that it listens on. */
  readonly port: number
  readonly path: string
  /** Address that datagrams come in at; '' is any. */
  readonly udpBind: string
  /** Datagrams that may wait to be taken in. */
  readonly udpBuffer: number
  /** Bytes; 0 is what the system gives. */
  readonly udpReadBuffer: number
  /** Retention policies by database; none at all: everything there is. */
  readonly wanted: Readonly<Record<string, readonly string[]>>
  readonly excluded: Readonly<Record<string, readonly string[]>>
  /** Between two comparisons; 0: only when told. */
  readonly syncMs: number
  /** The log says so once more after so long without an answer. */
  readonly startupTimeoutMs: number
}

/** Tokens by which InfluxDB says who it is, where this server asks. */
export interface SubscriberTokens {
  /** Makes one for what writes to the database; the one before, which nobody has any more, ends. */
  issue(subscription: string, db: string): Promise<string>
  isValid(token: string, db: string): boolean
}

export interface SubscriptionsOptions {
  /** Undefined: this server asks nobody. */
  readonly tokens?: SubscriberTokens | undefined
  readonly settings: readonly SubscriptionSettings[]
  /** Takes in what comes as datagrams. */
  readonly listen: Listen
  readonly log: Logger
  readonly clock: Clock
}

const SubscriptionsFailed = defineError('SUBSCRIPTIONS_FAILED', 500, (reason: string) => reason)

/**
 * Lets InfluxDB send to this server what is written there, as subscriptions of its own name.
 * Differs: the server starts without waiting for InfluxDB, and subscribes when it answers.
 */
export class Subscriptions {
  readonly #clusters: readonly SubscribedCluster[]

  constructor({ settings, ...world }: SubscriptionsOptions) {
    this.#clusters = settings.map((cluster) => new SubscribedCluster(cluster, world))
  }

  /** Goes by the credentials of these settings, which are else as they were. */
  renew(settings: readonly SubscriptionSettings[]): void {
    for (const [index, one] of settings.entries()) this.#clusters[index]?.renew(one)
  }

  /** How many subscriptions there are. */
  get count(): number {
    return this.#clusters.reduce((sum, { count }) => sum + count, 0)
  }

  /** @param port That the server listens on. */
  start(port: number): void {
    for (const cluster of this.#clusters) cluster.start(port)
  }

  /** Compares all of them with what is wanted now. Rejects with SUBSCRIPTIONS_FAILED, after all have been tried. */
  async refresh(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#clusters.map((cluster) => cluster.sync()))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) throw SubscriptionsFailed(messageOf(failed.reason))
  }

  /** The subscriptions stay: InfluxDB goes on where it is when the server comes back. */
  async close(): Promise<void> {
    await Promise.all(this.#clusters.map((cluster) => cluster.close()))
  }
}

const RETRY_FIRST_MS = 500
const RETRY_MAX_MS = 30_000

interface Subscription extends Dbrp {
  readonly name: string
  readonly mode: string
  readonly destinations: readonly string[]
}

/** User of the URLs that InfluxDB sends to, whose password is a token. */
const SUBSCRIBER = '~subscriber'
const CREDENTIALS = /\/\/~subscriber:([^@]*)@/

class SubscribedCluster {
  count = 0
  readonly #settings: SubscriptionSettings
  readonly #client: InfluxClient
  readonly #log: Logger
  readonly #clock: Clock
  readonly #listeners: UdpListeners
  readonly #tokens: SubscriberTokens | undefined
  /** Names of this server's subscriptions: the right one first, then those of old versions. */
  readonly #names: readonly [string, ...string[]]
  /** The comparison under way, so that there is one at a time. */
  readonly #serial = new Serial()
  #timer: Timer | undefined
  #hasClosed = false
  #listeningPort = 0

  constructor(settings: SubscriptionSettings, world: Omit<SubscriptionsOptions, 'settings'>) {
    const { listen, log, clock, tokens } = world
    this.#settings = settings
    this.#tokens = settings.protocol === 'udp' ? undefined : tokens
    this.#client = new InfluxClient(settings.cluster)
    this.#log = log.child({ cluster: settings.cluster.name })
    this.#clock = clock
    this.#listeners = new UdpListeners(settings, listen)
    this.#names = [`kapacitor-${settings.owner}`, 'kapacitor', settings.owner]
  }

  start(port: number): void {
    this.#listeningPort = port
    const { startupTimeoutMs } = this.#settings
    const backoff = new Backoff(RETRY_FIRST_MS, RETRY_MAX_MS)
    let waitedMs = 0
    const attempt = async (): Promise<void> => {
      try {
        await this.sync()
        this.#again()
      } catch (error) {
        if (this.#hasClosed) return
        const waitMs = backoff.nextMs()
        const isLate = waitedMs < startupTimeoutMs && waitedMs + waitMs >= startupTimeoutMs
        const message = isLate
          ? 'failed to connect to InfluxDB, retry limit reached'
          : 'failed to subscribe to InfluxDB'
        if (waitedMs === 0 || isLate) this.#log.error(message, { err: messageOf(error) })
        waitedMs += waitMs
        this.#timer = this.#clock.after(waitMs, () => void attempt())
      }
    }
    void attempt()
  }

  async close(): Promise<void> {
    this.#hasClosed = true
    this.#timer?.cancel()
    this.#client.close()
    await this.#listeners.close()
  }

  renew({ cluster }: SubscriptionSettings): void {
    this.#client.renew(cluster)
  }

  sync(): Promise<void> {
    return this.#serial.run(() => this.#compare())
  }

  #again(): void {
    const { syncMs } = this.#settings
    if (syncMs === 0 || this.#hasClosed) return
    this.#timer = this.#clock.every(syncMs, () => {
      this.sync().catch((error: unknown) =>
        this.#log.error('failed to compare subscriptions with InfluxDB', { err: messageOf(error) })
      )
    })
  }

  async #compare(): Promise<void> {
    await this.#client.ping()
    const wanted = new Map((await this.#wanted()).map((place) => [dbrpKey(place.db, place.rp), place]))
    await this.#listeners.keep(wanted)
    const failures: string[] = []
    const run = async (statement: string, secrets: readonly string[] = []): Promise<boolean> => {
      try {
        await this.#client.query(statement)
        return true
      } catch (error) {
        const redact = redactorOf(secrets)
        const err = redact(messageOf(error))
        failures.push(err)
        this.#log.error('InfluxDB refused a change of subscriptions', { statement: redact(statement), err })
        return false
      }
    }

    const [name] = this.#names
    let count = 0
    for (const subscription of await this.#existing()) {
      if (!this.#names.includes(subscription.name)) continue
      const key = dbrpKey(subscription.db, subscription.rp)
      if (wanted.has(key) && this.#isRight(subscription)) {
        wanted.delete(key)
        count++
      } else await run(`DROP SUBSCRIPTION ${quote(subscription.name)} ON ${placeOf(subscription)}`)
    }
    for (const place of wanted.values()) {
      const destination = await this.#newDestinationOf(place)
      const isMade = await run(
        `CREATE SUBSCRIPTION ${quote(name)} ON ${placeOf(place)} DESTINATIONS ANY ${formatString(destination)}`,
        secretsOfUrl(destination)
      )
      if (isMade) count++
    }
    this.count = count
    if (failures.length > 0) throw SubscriptionsFailed(failures[0]!)
  }

  async #wanted(): Promise<readonly Dbrp[]> {
    const { wanted, excluded } = this.#settings
    const listed = Object.entries(wanted).flatMap(([db, policies]) => policies.map((rp) => ({ db, rp })))
    const all = listed.length > 0 ? listed : await this.#everything()
    return all.filter(({ db, rp }) => excluded[db]?.includes(rp) !== true)
  }

  async #everything(): Promise<readonly Dbrp[]> {
    const places: Dbrp[] = []
    for (const { name: db } of await this.#rows('SHOW DATABASES')) {
      const policies = await this.#rows(`SHOW RETENTION POLICIES ON ${quote(String(db))}`)
      places.push(...policies.map(({ name }) => ({ db: String(db), rp: String(name) })))
    }
    return places
  }

  async #existing(): Promise<readonly Subscription[]> {
    return (await this.#rows('SHOW SUBSCRIPTIONS')).map((row) => ({
      db: String(row['series']),
      rp: String(row['retention_policy']),
      name: String(row['name']),
      mode: String(row['mode']),
      destinations: row['destinations'] as readonly string[]
    }))
  }

  #isRight({ name, mode, destinations, ...place }: Subscription): boolean {
    const [destination = ''] = destinations
    const token = decodeURIComponent(CREDENTIALS.exec(destination)?.[1] ?? '')
    // Differs: a token that was revoked is noticed; the original goes on with a subscription that is refused.
    const isLetIn = this.#tokens === undefined ? token === '' : this.#tokens.isValid(token, place.db)
    return (
      name === this.#names[0] &&
      mode === 'ANY' &&
      destinations.length === 1 &&
      isLetIn &&
      destination.replace(CREDENTIALS, '//') === this.#destinationOf(place)
    )
  }

  /** Where a subscription that is made now sends to, with the credentials that it needs there. */
  async #newDestinationOf(place: Dbrp): Promise<string> {
    const destination = this.#destinationOf(place)
    if (this.#tokens === undefined) return destination
    const token = await this.#tokens.issue(`${this.#settings.cluster.name}/${place.db}.${place.rp}`, place.db)
    return destination.replace('//', `//${SUBSCRIBER}:${encodeURIComponent(token)}@`)
  }

  #destinationOf(place: Dbrp): string {
    const { protocol, hostname, port, path } = this.#settings
    if (protocol === 'udp') return `udp://${hostname}:${this.#listeners.portOf(place)}`
    return `${protocol}://${hostname}:${port || this.#listeningPort}${path}`
  }

  /** Rows of all series of an answer by column, and the name of the series as `series`. */
  async #rows(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const [result] = await this.#client.query(statement)
    return (result?.series ?? []).flatMap(({ name = '', columns, values = [] }) =>
      values.map((row) =>
        Object.fromEntries([...columns.map((column, i) => [column, row[i]] as const), ['series', name]])
      )
    )
  }
}

function placeOf({ db, rp }: Dbrp): string {
  return `${quote(db)}.${quote(rp)}`
}

function quote(name: string): string {
  return formatIdentifier(name, true)
}
