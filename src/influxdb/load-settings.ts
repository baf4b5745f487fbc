import { readFileSync } from 'node:fs'
import type { ClusterSettings } from './settings.ts'
import type { SubscriptionSettings } from './subscriptions.ts'

/** A cluster as the configuration describes it. */
export interface ClusterConfig {
  readonly enabled: boolean
  readonly name: string
  readonly default: boolean
  readonly urls: readonly string[]
  readonly username: string
  readonly password: string
  readonly token: string
  readonly 'http-shared-secret': boolean
  readonly 'ssl-ca': string
  readonly 'ssl-cert': string
  readonly 'ssl-key': string
  readonly 'insecure-skip-verify': boolean
  /** Nanoseconds. */
  readonly timeout: bigint
  readonly compression: 'gzip' | 'none'
}

export interface SubscriptionConfig extends ClusterConfig {
  readonly 'disable-subscriptions': boolean
  readonly 'subscription-protocol': 'http' | 'https' | 'udp'
  readonly 'subscription-mode': 'cluster' | 'server'
  readonly 'subscription-path': string
  readonly subscriptions: Readonly<Record<string, readonly string[]>>
  readonly 'excluded-subscriptions': Readonly<Record<string, readonly string[]>>
  /** Nanoseconds. */
  readonly 'subscriptions-sync-interval': bigint
  readonly 'startup-timeout': bigint
  readonly 'kapacitor-hostname': string
  readonly 'http-port': number
  readonly 'udp-bind': string
  readonly 'udp-buffer': number
  readonly 'udp-read-buffer': number
}

/**
 * The clusters that are turned on, with what is in the files that they name. An only one is the default.
 * @param sharedSecret That of the HTTP API, which InfluxDB has, too, where a cluster says so.
 */
export function loadClusterSettings(
  configs: readonly ClusterConfig[],
  sharedSecret: string
): readonly ClusterSettings[] {
  const enabled = configs.filter((config) => config.enabled)
  return enabled.map((config) => ({
    name: config.name,
    isDefault: config.default || enabled.length === 1,
    urls: config.urls,
    username: config.username,
    password: config.password,
    token: config.token,
    sharedSecret: config['http-shared-secret'] ? sharedSecret : '',
    tls: {
      ca: contentOf(config['ssl-ca']),
      cert: contentOf(config['ssl-cert']),
      // The certificate's file has the key where that has no file of its own.
      key: contentOf(config['ssl-key'] || config['ssl-cert']),
      acceptsAny: config['insecure-skip-verify']
    },
    timeoutMs: millisOf(config.timeout),
    isPacked: config.compression === 'gzip'
  }))
}

/** Settings of the clusters that are to send what is written there. */
export function loadSubscriptionSettings(
  configs: readonly SubscriptionConfig[],
  server: { readonly hostname: string; readonly clusterId: string; readonly serverId: string },
  sharedSecret: string
): readonly SubscriptionSettings[] {
  const clusters = new Map(loadClusterSettings(configs, sharedSecret).map((cluster) => [cluster.name, cluster]))
  return configs.flatMap((config) => {
    const cluster = clusters.get(config.name)
    if (cluster === undefined || config['disable-subscriptions']) return []
    return {
      cluster,
      owner: config['subscription-mode'] === 'cluster' ? server.clusterId : server.serverId,
      protocol: config['subscription-protocol'],
      hostname: config['kapacitor-hostname'] || server.hostname,
      port: config['http-port'],
      path: config['subscription-path'],
      udpBind: config['udp-bind'],
      udpBuffer: config['udp-buffer'],
      udpReadBuffer: config['udp-read-buffer'],
      wanted: config.subscriptions,
      excluded: config['excluded-subscriptions'],
      syncMs: millisOf(config['subscriptions-sync-interval']),
      startupTimeoutMs: millisOf(config['startup-timeout'])
    }
  })
}

function millisOf(duration: bigint): number {
  return Number(duration / 1_000_000n)
}

function contentOf(file: string): string {
  return file === '' ? '' : readFileSync(file, 'utf8')
}
