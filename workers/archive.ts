/**
 * Entry of the thread that works on the files of recordings, which keeps it busy: DuckDB packs columns while it is
 * called. Several jobs share the thread.
 */
import { ask, type AskJob } from '../src/recordings/ask-job.ts'
import { record, type RecordJob } from '../src/recordings/archive/record-job.ts'

export default function archive(job: RecordJob | AskJob): Promise<void> {
  return 'ask' in job ? ask(job) : record(job)
}
