import { DuckDBInstance, StatementType } from '@duckdb/node-api'
import { AppError, defineError, messageOf } from '../../core/errors.ts'

const SqlRefused = defineError('SQL_REFUSED', 400, (reason: string) => reason)
const SqlChanges = defineError(
  'SQL_CHANGES',
  400,
  () => 'only queries are run: SELECT, WITH, VALUES, DESCRIBE, EXPLAIN'
)
const SqlHidden = defineError('SQL_HIDDEN', 400, (name: string) => `SQL on recordings has no use for ${name}`)
export const SqlTooLong = defineError('SQL_TOO_LONG', 408, (ms: number) => `the query took longer than ${ms} ms`)

/** A query on a recording; crosses to the process that runs it. */
export interface SqlQuery {
  /** Folder in which the process works: paths that SQL can show are relative to it. */
  readonly folder: string
  /** Name of the recording's file. */
  readonly file: string
  readonly statement: string
  readonly limits: SqlLimits
}

export interface SqlLimits {
  readonly rows: number
  readonly timeoutMs: number
}

export interface SqlAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Rows as JSON has them: what is no double or boolean comes as text. */
  readonly rows: readonly (readonly unknown[])[]
  /** Whether there are more. */
  readonly isCut: boolean
}

/** Nothing of the machine but the recording can be reached, and none of it changed; last, nothing of this either. */
const WALLS = ["SET temp_directory = ''", 'SET enable_external_access = false', 'SET lock_configuration = true']
const ALLOWED: readonly StatementType[] = [StatementType.SELECT, StatementType.EXPLAIN]
/**
 * Functions by which SQL learns where the recording's file is, or runs texts that this has not seen. DuckDB has no
 * switch for them.
 */
const HIDDEN =
  /database_list|duckdb_databases|duckdb_settings|pg_settings|current_setting|allowed_paths|json_execute_serialized_sql|\bquery(?:_table)?\b["\s]*(?:\(|--|\/\*)|\bu&["']/i
/** An answer ends with the row that makes it longer, in characters of JSON. */
const ANSWER_MAX_CHARS = 16 * 1024 * 1024
const INTERRUPT_MS = 20

/**
 * Runs one statement on a recording. Fails with SQL_CHANGES, SQL_HIDDEN, SQL_REFUSED or SQL_TOO_LONG. Some functions of DuckDB heed
 * neither its limit of memory nor an interrupt: who calls this for users does it in a process that can be killed.
 */
export async function runSql({ file, statement: sql, limits }: Omit<SqlQuery, 'folder'>): Promise<SqlAnswer> {
  const hidden = HIDDEN.exec(sql)
  if (hidden !== null) throw SqlHidden(hidden[0])
  const options = { access_mode: 'READ_ONLY', threads: '1', memory_limit: '256MB' }
  const instance = await DuckDBInstance.create(file, options)
  const connection = await instance.connect()
  const until = performance.now() + limits.timeoutMs
  const isLate = (): boolean => performance.now() >= until
  // More than once: what comes just before a query begins does not stop it.
  const interrupts = setInterval(() => isLate() && connection.interrupt(), INTERRUPT_MS)
  try {
    for (const wall of WALLS) await connection.run(wall)
    const statement = await connection.prepare(sql)
    if (!ALLOWED.includes(statement.statementType)) throw SqlChanges()
    const result = await statement.stream()
    const names = result.columnNames()
    const types = result.columnTypes()
    const columns = names.map((name, i) => ({ name, type: String(types[i]) }))
    const rows: unknown[][] = []
    let chars = 0
    for await (const chunk of result.yieldRowsJson()) {
      for (const row of chunk) {
        if (rows.length >= limits.rows || chars > ANSWER_MAX_CHARS) return { columns, rows, isCut: true }
        chars += JSON.stringify(row).length
        rows.push(row)
      }
    }
    return { columns, rows, isCut: false }
  } catch (error) {
    if (isLate()) throw SqlTooLong(limits.timeoutMs)
    throw error instanceof AppError ? error : SqlRefused(messageOf(error))
  } finally {
    clearInterval(interrupts)
    connection.closeSync()
    instance.closeSync()
  }
}
