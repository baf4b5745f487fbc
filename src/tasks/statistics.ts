import type { Clock, Timer } from '../core/clock.ts'
import { nanosOf } from '../core/instant.ts'
import type { IngressCount } from './contract.ts'
import type { TaskService } from './service.ts'

/** A set of numbers that the server tells of itself: in debug/vars, and as points that tasks can read. */
export interface Statistic {
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, number>>
}

/** `edges` and `nodes` of all tasks that run. */
export async function taskStatistics(tasks: TaskService): Promise<Statistic[]> {
  const running = tasks.all.filter(({ id }) => tasks.runs.isRunning(id))
  return (await Promise.all(running.map(({ id }) => statisticsOf(id, tasks)))).flat()
}

async function statisticsOf(task: string, tasks: TaskService): Promise<Statistic[]> {
  const stats = await tasks.stats(task)
  if (stats === undefined) return []
  const types = tasks.runs.nodeTypes(task)
  const edges = stats.edges.map(({ parent, child, count }) => ({
    name: 'edges',
    tags: { task, parent, child, type: types.get(child) ?? 'stream' },
    values: { collected: count, emitted: count }
  }))
  const nodes = Object.entries(stats.nodes).map(([node, { collected: _, emitted: __, ...values }]) => ({
    name: 'nodes',
    tags: { task, node, kind: node.replace(/\d+$/, ''), type: types.get(node) ?? 'stream' },
    values
  }))
  return [...edges, ...nodes]
}

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

/** Of the server as a whole. */
export function serverStatistic(tasks: TaskService, num_subscriptions: number): Statistic {
  const enabled = tasks.all.filter(({ status }) => status === 'enabled').length
  const uptime = process.uptime()
  const values = { num_tasks: tasks.all.length, num_enabled_tasks: enabled, num_subscriptions, uptime }
  return { name: 'kapacitor', tags: {}, values }
}

/** Where the points go, and what tags they all have. */
export interface StatisticsTarget {
  readonly db: string
  readonly rp: string
  readonly tags: Readonly<Record<string, string>>
  readonly periodMs: number
  write(db: string, rp: string, lines: string): Promise<unknown>
  /** How many there are at InfluxDB clusters. */
  countSubscriptions(): number
}

/** Writes all statistics as points every period, while a task reads them; returns how to end that. */
export function publishStatistics(
  target: StatisticsTarget,
  tasks: TaskService,
  clock: Clock,
  others: () => Promise<readonly Statistic[]>
): Timer {
  const { db, rp, tags, periodMs } = target
  const publish = async (): Promise<void> => {
    const isRead = tasks.all.some(
      ({ id, dbrps }) => tasks.runs.isRunning(id) && dbrps.some((one) => one.db === db && one.rp === rp)
    )
    if (!isRead) return
    const timeNs = nanosOf(clock.now())
    const statistics = [
      serverStatistic(tasks, target.countSubscriptions()),
      ...(await others()),
      ...(await taskStatistics(tasks))
    ]
    await target.write(db, rp, statistics.map((one) => lineOf(one, tags, timeNs)).join('\n'))
  }
  // A period whose points are refused is left out: the next one has newer ones.
  return clock.every(periodMs, () => void publish().catch(() => undefined))
}

/** A line of line protocol; counts are integers. */
function lineOf({ name, tags, values }: Statistic, common: Statistic['tags'], timeNs: bigint): string {
  const pairs = Object.entries({ ...common, ...tags }).filter(([, value]) => value !== '')
  const key = [name, ...pairs.map(([tag, value]) => `${escape(tag)}=${escape(value)}`)].join(',')
  const fields = Object.entries(values).map(([field, value]) => `${field}=${value}${isCount(field) ? 'i' : ''}`)
  return `${key} ${fields.join(',')} ${timeNs}`
}

function isCount(field: string): boolean {
  return field !== 'uptime' && field !== 'avg_exec_time_ns'
}

function escape(text: string): string {
  return text.replace(/[,= ]/g, '\\$&')
}
