/**
 * Entry of the thread that works on the files of recordings, which keeps it busy: DuckDB packs columns while it is
 * called. Several jobs share the thread.
 */
import { record, type RecordJob } from '../src/recordings/archive/record-job.ts'

export default function archive(job: RecordJob): Promise<void> {
  return record(job)
}
