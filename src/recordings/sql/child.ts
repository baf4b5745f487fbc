import { setPriority } from 'node:os'
import { defineError, toWire, type WireError } from '../../core/errors.ts'
import { type JsonOutput, prettyJson } from '../../model/json.ts'
import { runSql, type SqlQuery } from './query.ts'

/** What the process says to a query: the body of the answer, or why there is none. */
export type SqlOutcome = { readonly body: Uint8Array } | { readonly error: WireError }

const SqlTooLarge = defineError(
  'SQL_TOO_LARGE',
  400,
  (megabytes: number) => `the query takes more than ${megabytes} MB of memory`
)

/** Memory of the whole process; DuckDB's own limit is below. */
const MEMORY_MAX_MB = 640
const GUARD_MS = 20
/** Niceness of the process: those who write points come first. */
const NICE = 10

/** Lets this process answer queries of its parent, one at a time, until that one is gone. */
export function serveSql(): void {
  setPriority(NICE)
  process.on('disconnect', die)
  process.on('message', (query) => void answer(query as SqlQuery))
}

async function answer(query: SqlQuery): Promise<void> {
  const guard = setInterval(() => {
    if (process.memoryUsage.rss() <= MEMORY_MAX_MB * 1024 * 1024) return
    clearInterval(guard)
    tell({ error: toWire(SqlTooLarge(MEMORY_MAX_MB)) }, die)
  }, GUARD_MS)
  try {
    process.chdir(query.folder)
    const { columns, rows, isCut } = await runSql(query)
    tell({ body: Buffer.from(prettyJson({ columns, rows, 'is-cut': isCut } as JsonOutput)) })
  } catch (error) {
    tell({ error: toWire(error) })
  } finally {
    clearInterval(guard)
  }
}

function tell(outcome: SqlOutcome, done: () => void = () => {}): void {
  if (process.connected) process.send!(outcome, done)
}

/** Ends the process at once: an orderly exit would wait for a query that heeds nothing. */
function die(): void {
  process.kill(process.pid, 'SIGKILL')
}
