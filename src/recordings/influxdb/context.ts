import type { InfluxCluster } from '../../influxdb/query/cluster.ts'
import type { RunnableTask } from '../../graph/task.ts'
import type { ArchiveSink } from '../../archive/archive-sink.ts'

/** The queries of a task, for all times at which they would have been due after `startNs`, up to `stopNs`. */
export interface TaskSource {
  readonly kind: 'task'
  readonly task: RunnableTask
  readonly startNs: bigint
  readonly stopNs: bigint
  /** Zone of cron schedules. */
  readonly timeZone: string
}

export interface QuerySource {
  readonly kind: 'query'
  readonly query: string
  /** '': the default one. */
  readonly cluster: string
}

/** What the recording of answers of InfluxDB has at hand. */
export interface InfluxRecordContext {
  readonly sink: ArchiveSink
  readonly signal: AbortSignal
  findCluster(name: string): InfluxCluster | undefined
  /** @param share How much of what is to be queried has been, from 0 to 1. */
  advance(share: number): void
}

/** Fails in Kapacitor's words. */
export function clusterOf({ findCluster }: InfluxRecordContext, name: string): InfluxCluster {
  const cluster = findCluster(name)
  if (cluster === undefined) throw new Error(`failed to get InfluxDB client: no such InfluxDB config ${name}`)
  return cluster
}
