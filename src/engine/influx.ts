import type { InfluxPort } from '../graph/ports.ts'
import { InfluxClient } from '../influxdb/client.ts'
import type { ClusterSettings } from '../influxdb/settings.ts'

/** The configured clusters, each with connections that all tasks of the shard share. */
export class InfluxClusters implements InfluxPort {
  readonly #clients = new Map<string, InfluxClient>()

  constructor(settings: readonly ClusterSettings[]) {
    for (const cluster of settings) {
      const client = new InfluxClient(cluster)
      this.#clients.set(cluster.name, client)
      if (cluster.isDefault) this.#clients.set('', client)
    }
  }

  /** The credentials of the clusters have changed. */
  renew(settings: readonly ClusterSettings[]): void {
    for (const cluster of settings) this.#clients.get(cluster.name)?.renew(cluster)
  }

  findCluster(name: string): InfluxClient | undefined {
    return this.#clients.get(name)
  }

  close(): void {
    for (const client of this.#clients.values()) client.close()
  }
}
