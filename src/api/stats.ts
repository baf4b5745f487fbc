import type { JsonOutput } from '../model/json.ts'
import type { TaskStats } from '../graph/task.ts'

/** Statistics of a run as answers carry them. */
export function statsJson({ throughput, nodes }: Pick<TaskStats, 'throughput' | 'nodes'>): JsonOutput {
  const entries = Object.entries(nodes).map(([name, values]) => [name, new Map(Object.entries(values))] as const)
  return { 'task-stats': { throughput }, 'node-stats': new Map(entries) }
}
