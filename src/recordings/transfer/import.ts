import { wallClock } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import { nanosOf } from '../../core/instant.ts'
import { ArchiveSink } from '../../archive/archive-sink.ts'
import type { ImportContext, ImportJob } from './import-job.ts'
import { importLines } from './import-lines.ts'
import { importTable } from './import-table.ts'

/** Resolves, in any case, when it has let go of the file. */
export async function importFile(job: ImportJob): Promise<void> {
  const { path, startedNs, maxBytes, source, port, outcome, progress } = job
  const abort = new AbortController()
  port.on('message', (reason: string) => abort.abort(new Error(reason)))
  const end = (error: string): void => outcome.postMessage({ points: Number(progress[0]), error })
  let sink: ArchiveSink | undefined
  try {
    const count = (points: number): void => void (progress[0]! += BigInt(points))
    sink = await ArchiveSink.create(path, 'stream', startedNs, count, maxBytes)
    const context: ImportContext = {
      sink,
      signal: abort.signal,
      advance: (share) => (progress[1] = BigInt(Math.floor(share * 1000)))
    }
    await (source.format === 'line-protocol' ? importLines(source, context) : importTable(source, context))
    await sink.finish(nanosOf(wallClock.now()))
    end('')
  } catch (error) {
    end(messageOf(error))
  }
  // The outcome is on its way before this thread is busy again.
  await new Promise((resolve) => setImmediate(resolve))
  sink?.close()
  port.close()
  outcome.close()
}
