import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { TaskService } from '../tasks/service.ts'

/** What `/metrics` tells beside the process's own numbers. Read when asked for. */
export interface MetricSources {
  readonly tasks: TaskService
  /** Counts since the start, by name and help. */
  readonly counters: () => Readonly<Record<string, { readonly help: string; readonly value: number }>>
  /** Numbers of each shard, by its name. */
  readonly shards: () => Promise<readonly { readonly name: string }[]>
}

/** A registry for Prometheus. */
export function createMetrics({ tasks, counters, shards }: MetricSources): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })

  const gauge = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    collect: (gauge: Gauge<L>) => void | Promise<void>
  ): void => {
    new Gauge<L>({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      async collect() {
        this.reset()
        await collect(this)
      }
    })
  }

  gauge('kapok_tasks', 'Tasks that are defined, by status.', ['status'], (metric) => {
    const enabled = tasks.all.filter(({ status }) => status === 'enabled').length
    metric.set({ status: 'enabled' }, enabled)
    metric.set({ status: 'disabled' }, tasks.all.length - enabled)
  })
  gauge('kapok_tasks_executing', 'Tasks that run.', [], (metric) =>
    metric.set(tasks.all.filter(({ id }) => tasks.runs.isRunning(id)).length)
  )
  gauge('kapok_task_throughput', 'Points or batches a second into a task.', ['task'], async (metric) => {
    await forEachRunning(tasks, async (task) => {
      const stats = await tasks.stats(task)
      if (stats !== undefined) metric.set({ task }, stats.throughput)
    })
  })
  gauge('kapok_node', 'Statistics of the nodes of tasks.', ['task', 'node', 'statistic'], async (metric) => {
    await forEachRunning(tasks, async (task) => {
      const stats = await tasks.stats(task)
      for (const [node, values] of Object.entries(stats?.nodes ?? {})) {
        for (const [statistic, value] of Object.entries(values)) metric.set({ task, node, statistic }, value)
      }
    })
  })
  gauge('kapok_shard', 'Numbers of the shards.', ['shard', 'number'], async (metric) => {
    for (const { name, ...numbers } of await shards()) {
      for (const [number, value] of Object.entries<number>(numbers)) metric.set({ shard: name, number }, value)
    }
  })
  for (const [name, { help }] of Object.entries(counters())) {
    gauge(`kapok_${name}`, help, [], (metric) => metric.set(counters()[name]!.value))
  }
  return registry
}

async function forEachRunning(tasks: TaskService, work: (id: string) => Promise<void>): Promise<void> {
  const running = tasks.all.filter(({ id }) => tasks.runs.isRunning(id))
  await Promise.all(running.map(({ id }) => work(id)))
}
