import { InfluxClient } from './client.ts'
import type { ClusterSettings } from './settings.ts'

/** The try-out of a cluster that clients can ask for: a ping. @param clusters As they are now. */
export function influxTest(clusters: () => readonly ClusterSettings[]) {
  return {
    name: 'influxdb',
    options: () => ({ cluster: '' }),
    async test({ cluster: name }: { readonly cluster?: unknown }): Promise<void> {
      const settings = clusters().find((cluster) => cluster.name === name)
      if (settings === undefined) throw new Error(`cluster ${JSON.stringify(name)} is not enabled or does not exist`)
      const client = new InfluxClient(settings)
      try {
        await client.ping()
      } finally {
        client.close()
      }
    }
  }
}
