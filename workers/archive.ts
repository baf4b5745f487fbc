/**
 * Entry of the thread that works on the files of recordings, which keeps it busy: DuckDB packs columns while it is
 * called. Several jobs share the thread, each under its name.
 */
export { record } from '../src/recordings/archive/record-job.ts'
