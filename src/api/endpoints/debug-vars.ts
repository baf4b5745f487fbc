import { getHeapStatistics } from 'node:v8'
import { timeUuid } from '../../core/uuid.ts'
import { API_VERSION } from '../../core/version.ts'
import { compactJson, type JsonOutput } from '../../model/json.ts'
import { serverStatistic, type Statistic, taskStatistics } from '../../tasks/statistics.ts'
import { type App, BASE } from '../app.ts'
import { needs } from '../needs.ts'
import type { Services } from '../services.ts'

export function debugVarsEndpoints(
  app: App,
  { tasks, server, statistics, subscriptions }: Pick<Services, 'tasks' | 'server' | 'statistics' | 'subscriptions'>
): void {
  app.get(`${BASE}/debug/vars`, needs('read'), async (_request, reply) => {
    const all = [...(await statistics()), ...(await taskStatistics(tasks))]
    const { num_tasks, num_enabled_tasks, num_subscriptions } = serverStatistic(tasks, subscriptions.count).values
    const members: Readonly<Record<string, JsonOutput>> = {
      cluster_id: server.clusterId,
      cmdline: process.argv,
      host: server.hostname,
      kapacitor: new Map(all.map((one) => [timeUuid(), entryOf(one)])),
      memstats: memoryStatistics(),
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

function entryOf({ name, tags, values }: Statistic): JsonOutput {
  return { name, tags: new Map(Object.entries(tags)), values: new Map(Object.entries(values)) }
}

/** This process's memory under the names of Go's runtime. */
function memoryStatistics(): JsonOutput {
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage()
  const { malloced_memory, number_of_native_contexts } = getHeapStatistics()
  return {
    Alloc: heapUsed + external,
    Sys: rss,
    HeapAlloc: heapUsed,
    HeapSys: heapTotal,
    HeapIdle: heapTotal - heapUsed,
    HeapInuse: heapUsed,
    StackSys: 0,
    OtherSys: malloced_memory,
    External: external,
    ArrayBuffers: arrayBuffers,
    NativeContexts: number_of_native_contexts
  }
}
