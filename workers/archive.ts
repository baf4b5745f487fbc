/**
 * Entry of the thread that works on the files of recordings, which keeps it busy: DuckDB packs columns while it is
 * called. Several jobs share the thread.
 */
import { toWire } from '../src/core/errors.ts'
import { recordInflux } from '../src/recordings/influxdb/job.ts'
import { record } from '../src/archive/record-job.ts'
import type { ArchiveJob, ArchiveOutcome } from '../src/recordings/archives.ts'
import { exportArchive } from '../src/recordings/transfer/export.ts'
import { importFile } from '../src/recordings/transfer/import.ts'

/** Fails by its outcome, where nobody else is told: classes of errors do not survive the trip. */
export default async function archive(job: ArchiveJob): Promise<ArchiveOutcome> {
  try {
    await run(job)
    return { error: undefined }
  } catch (error) {
    return { error: toWire(error) }
  }
}

function run(job: ArchiveJob): Promise<void> {
  switch (job.kind) {
    case 'record':
      return record(job)
    case 'influxdb':
      return recordInflux(job)
    case 'import':
      return importFile(job)
    case 'export':
      return exportArchive(job)
  }
}
