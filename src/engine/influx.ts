import type { InfluxPort } from '../graph/ports.ts'
import { InfluxClient } from '../influxdb/client.ts'
import type { ClusterSettings } from '../influxdb/settings.ts'

/** The configured clusters, each with connections that all tasks of the shard share. */
export class InfluxClusters implements InfluxPort {
  readonly #clients = new Map<string, InfluxClient>()

  constructor(settings: readonly ClusterSettings[]) {
    for (const one of settings) {
      const client = new InfluxClient(one)
      this.#clients.set(one.name, client)
      if (one.isDefault) this.#clients.set('', client)
    }
  }

  /** The credentials of the clusters have changed. */
  renew(settings: readonly ClusterSettings[]): void {
    for (const one of settings) this.#clients.get(one.name)?.renew(one)
  }

  findCluster(name: string): InfluxClient | undefined {
    return this.#clients.get(name)
  }

  close(): void {
    for (const client of this.#clients.values()) client.close()
  }
}
