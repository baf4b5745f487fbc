import type { Clock, Timer } from '../core/clock.ts'
import { nanosOf } from '../core/instant.ts'
import type { GoMemory } from '../core/go-memory.ts'
import type { ServerInfo } from '../graph/ports.ts'
import type { EdgeType } from '../graph/link.ts'
import type { IngressCount, TaskStats } from '../graph/task.ts'
import type { TaskService } from './service.ts'

/** A set of numbers that the server tells of itself: in debug/vars, and as points that tasks can read. */
export interface Statistic {
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, number>>
}

/** Statistic that is a length of time: in nanoseconds as a field of points, as a text such as `8.598µs` in debug/vars. */
export const DURATION = 'avg_exec_time_ns'

/** `edges` and `nodes` of all tasks that run. */
export async function taskStatistics(tasks: TaskService): Promise<Statistic[]> {
  const running = tasks.all.filter(({ id }) => tasks.runs.isRunning(id))
  return (await Promise.all(running.map(({ id }) => statisticsOf(id, tasks)))).flat()
}

async function statisticsOf(id: string, tasks: TaskService): Promise<Statistic[]> {
  const [stats, task] = [await tasks.stats(id), tasks.runs.findRunning(id)]
  if (stats === undefined || task === undefined) return []
  const types = tasks.runs.nodeTypes(id)
  const edges = edgesOf(stats, task.type).map(({ parent, child, count }) => ({
    name: 'edges',
    tags: { task: id, parent, child, type: types.get(child) ?? task.type },
    values: { collected: count, emitted: count }
  }))
  const nodes = Object.entries(stats.nodes).map(([node, { collected: _, emitted: __, ...values }]) => ({
    name: 'nodes',
    tags: { task: id, node, kind: node.replace(/\d+$/, ''), type: task.type },
    values
  }))
  return [...edges, ...nodes]
}

/** The edges of a task with those that feed it: of a batch task one a query, under names that no node has. */
function edgesOf({ edges, nodes }: TaskStats, type: EdgeType): TaskStats['edges'] {
  if (type === 'stream') {
    return [{ parent: 'stream', child: STREAM, count: nodes[STREAM]?.collected ?? 0 }, ...edges]
  }
  const queries = edges.filter(({ parent }) => parent === BATCH)
  const feeds = queries.map(({ child }, index) => {
    return { parent: 'batch', child: `batch${index}`, count: nodes[child]?.collected ?? 0 }
  })
  return [...feeds, ...edges.filter(({ parent }) => parent !== BATCH)]
}

/** Names of the sources of tasks. */
const STREAM = 'stream0'
const BATCH = 'batch0'

/** Points that came in; shards that read the same place may each have counted some. */
export function ingressStatistics(counts: readonly IngressCount[]): Statistic[] {
  const statistics = new Map<string, Statistic & { values: { points_received: number } }>()
  for (const { db, rp, measurement, points } of counts) {
    const key = `${db}\0${rp}\0${measurement}`
    const tags = { task_master: 'main', database: db, retention_policy: rp, measurement }
    const known = statistics.get(key)
    if (known === undefined) statistics.set(key, { name: 'ingress', tags, values: { points_received: points } })
    else known.values.points_received += points
  }
  return [...statistics.values()]
}

/** A statistic of the server as a whole. */
export function serverStatistic(tasks: TaskService, num_subscriptions: number): Statistic {
  const enabled = tasks.all.filter(({ status }) => status === 'enabled').length
  const uptime = process.uptime()
  const values = { num_tasks: tasks.all.length, num_enabled_tasks: enabled, num_subscriptions, uptime }
  return { name: 'kapacitor', tags: {}, values }
}

/** Tags of all statistics that tell of a part of the server: which server that is. */
export function identityTags({ clusterId, serverId, hostname }: ServerInfo): Readonly<Record<string, string>> {
  return { cluster_id: clusterId, server_id: serverId, host: hostname }
}

/** This process's memory, as the measurement `runtime` has it. */
export function runtimeStatistic(memory: GoMemory): Statistic {
  const values: Record<string, number> = {}
  for (const name of RUNTIME) values[name] = memory[name]
  values['HeapInUse'] = memory.HeapInuse
  values['NumGoroutine'] = process.getActiveResourcesInfo().length
  return { name: 'runtime', tags: {}, values }
}

const RUNTIME = [
  ...(['Alloc', 'TotalAlloc', 'Sys', 'Lookups', 'Mallocs', 'Frees', 'HeapAlloc', 'HeapSys', 'HeapIdle'] as const),
  ...(['HeapReleased', 'HeapObjects', 'PauseTotalNs', 'NumGC'] as const)
]

/** Where the points go, and what tags those have that tell of a part of the server. */
export interface StatisticsTarget {
  readonly db: string
  readonly rp: string
  readonly tags: Readonly<Record<string, string>>
  readonly periodMs: number
  write(db: string, rp: string, lines: string): Promise<unknown>
}

export interface StatisticsSources {
  /** Statistics of the server as a whole. */
  readonly whole: () => readonly Statistic[]
  /** Statistics of the parts of the server, but for tasks. */
  readonly parts: () => Promise<readonly Statistic[]>
}

/** Writes all statistics as points every period; returns how to end that. */
export function publishStatistics(
  { db, rp, tags, periodMs, write }: StatisticsTarget,
  tasks: TaskService,
  clock: Clock,
  { whole, parts }: StatisticsSources
): Timer {
  const publish = async (): Promise<void> => {
    const timeNs = nanosOf(clock.now())
    const ofParts = [...(await parts()), ...(await taskStatistics(tasks))]
    const lines = [
      ...whole().map((statistic) => lineOf(statistic, {}, timeNs)),
      ...ofParts.map((statistic) => lineOf(statistic, tags, timeNs))
    ]
    await write(db, rp, lines.join('\n'))
  }
  // A period whose points are refused is left out: the next one has newer ones.
  return clock.every(periodMs, () => void publish().catch(() => undefined))
}

/** A line of line protocol. */
function lineOf({ name, tags, values }: Statistic, common: Statistic['tags'], timeNs: bigint): string {
  const pairs = Object.entries({ ...common, ...tags }).filter(([, value]) => value !== '')
  const key = [name, ...pairs.map(([tag, value]) => `${escape(tag)}=${escape(value)}`)].join(',')
  const fields = Object.entries(values).map(([field, value]) => `${field}=${value}${field === UPTIME ? '' : 'i'}`)
  return `${key} ${fields.join(',')} ${timeNs}`
}

/** The one statistic that is no integer. */
const UPTIME = 'uptime'

function escape(text: string): string {
  return text.replace(/[,= ]/g, '\\$&')
}
