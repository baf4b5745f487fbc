import { readFileSync } from 'node:fs'
import type { ClusterSettings } from './settings.ts'

/** A cluster as the configuration describes it. */
export interface ClusterConfig {
  readonly enabled: boolean
  readonly name: string
  readonly default: boolean
  readonly urls: readonly string[]
  readonly username: string
  readonly password: string
  readonly token: string
  readonly 'ssl-ca': string
  readonly 'ssl-cert': string
  readonly 'ssl-key': string
  readonly 'insecure-skip-verify': boolean
  /** Nanoseconds. */
  readonly timeout: bigint
  readonly compression: 'gzip' | 'none'
}

/** The clusters that are turned on, with what is in the files that they name. An only one is the default. */
export function loadClusterSettings(configs: readonly ClusterConfig[]): readonly ClusterSettings[] {
  const enabled = configs.filter((config) => config.enabled)
  return enabled.map((config) => ({
    name: config.name,
    isDefault: config.default || enabled.length === 1,
    urls: config.urls,
    username: config.username,
    password: config.password,
    token: config.token,
    tls: {
      ca: contentOf(config['ssl-ca']),
      cert: contentOf(config['ssl-cert']),
      // Without a key of its own the certificate's file has it.
      key: contentOf(config['ssl-key'] || config['ssl-cert']),
      acceptsAny: config['insecure-skip-verify']
    },
    timeoutMs: Number(config.timeout / 1_000_000n),
    isPacked: config.compression === 'gzip'
  }))
}

function contentOf(file: string): string {
  return file === '' ? '' : readFileSync(file, 'utf8')
}
