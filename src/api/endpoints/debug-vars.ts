import { formatGoDuration } from '../../core/duration.ts'
import { timeUuid } from '../../core/uuid.ts'
import { API_VERSION } from '../../core/version.ts'
import type { ServerInfo } from '../../graph/ports.ts'
import { compactJson, type JsonOutput } from '../../model/json.ts'
import { DURATION, identityTags, serverStatistic, type Statistic, taskStatistics } from '../../tasks/statistics.ts'
import { type App, BASE } from '../app.ts'
import { needs } from '../needs.ts'
import type { Services } from '../services.ts'

type Used = 'tasks' | 'server' | 'statistics' | 'subscriptions' | 'memory'

export function debugVarsEndpoints(
  app: App,
  { tasks, server, statistics, subscriptions, memory }: Pick<Services, Used>
): void {
  app.get(`${BASE}/debug/vars`, needs('read'), async (_request, reply) => {
    const all = [...(await statistics()), ...(await taskStatistics(tasks))]
    const { num_tasks, num_enabled_tasks, num_subscriptions } = serverStatistic(tasks, subscriptions.count).values
    const members: Readonly<Record<string, JsonOutput>> = {
      cluster_id: server.clusterId,
      cmdline: process.argv,
      host: server.hostname,
      kapacitor: new Map(all.map((statistic) => [timeUuid(), entryOf(statistic, server)])),
      memstats: memory(),
      num_enabled_tasks,
      num_subscriptions,
      num_tasks,
      platform: 'OSS',
      product: 'kapacitor',
      server_id: server.serverId,
      version: API_VERSION
    }
    const lines = Object.entries(members).map(([name, value]) => `"${name}": ${compactJson(value)}`)
    return reply.send(`{\n${lines.join(',\n')}\n}\n`)
  })
}

function entryOf({ name, tags, values }: Statistic, server: ServerInfo): JsonOutput {
  const shown = Object.entries(values).map(([key, value]): [string, JsonOutput] => {
    return [key, key === DURATION ? formatGoDuration(BigInt(value)) : value]
  })
  return { name, tags: new Map(Object.entries({ ...tags, ...identityTags(server) })), values: new Map(shown) }
}
