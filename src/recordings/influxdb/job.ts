import type { WriteJob } from '../../archive/record-job.ts'
import { wallClock } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import { nanosOf } from '../../core/instant.ts'
import { InfluxClient } from '../../influxdb/client.ts'
import type { ClusterSettings } from '../../influxdb/settings.ts'
import { ArchiveSink } from '../../archive/archive-sink.ts'
import type { ArchiveType } from '../../archive/writer.ts'
import type { InfluxRecordContext, QuerySource, TaskSource } from './context.ts'
import { recordQuery } from './query.ts'
import { recordTask } from './task.ts'

/** A recording of what InfluxDB answers, which the thread that writes it asks. */
export interface InfluxRecordJob extends WriteJob {
  readonly kind: 'influxdb'
  readonly type: ArchiveType
  readonly clusters: readonly ClusterSettings[]
  readonly source: TaskSource | QuerySource
}

/** Queries InfluxDB and writes the answers. Resolves, in any case, when it has let go of the file. */
export async function recordInflux(job: InfluxRecordJob): Promise<void> {
  const { path, type, startedNs, maxBytes, port, progress } = job
  const abort = new AbortController()
  let cutFor = ''
  port.on('message', (reason: string) => {
    cutFor = reason
    abort.abort()
  })
  const clients = new Map(job.clusters.map((settings) => [settings, new InfluxClient(settings)]))
  const end = (error: string): void => job.outcome.postMessage({ points: Number(progress[0]), error })
  let sink: ArchiveSink | undefined
  try {
    const count = (points: number): void => void (progress[0]! += BigInt(points))
    sink = await ArchiveSink.create(path, type, startedNs, count, maxBytes)
    const context: InfluxRecordContext = {
      sink,
      signal: abort.signal,
      findCluster: (name) => {
        const settings = job.clusters.find((cluster) => (name === '' ? cluster.isDefault : cluster.name === name))
        return settings && clients.get(settings)
      },
      advance: (share) => (progress[1] = BigInt(Math.floor(share * 1000)))
    }
    await (job.source.kind === 'task' ? recordTask(job.source, context) : recordQuery(job.source, type, context))
    await sink.finish(nanosOf(wallClock.now()))
    end('')
  } catch (error) {
    end(cutFor === '' ? messageOf(error) : cutFor)
  }
  // The outcome is on its way before this thread is busy again.
  await new Promise((resolve) => setImmediate(resolve))
  sink?.close()
  for (const client of clients.values()) client.close()
  port.close()
  job.outcome.close()
}
