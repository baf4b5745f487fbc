import { DuckDBInstance } from '@duckdb/node-api'
import { defineError, messageOf } from '../core/errors.ts'

export const SqlRefused = defineError('SQL_REFUSED', 400, (reason: string) => reason)
const SqlTooLong = defineError('SQL_TOO_LONG', 408, (ms: number) => `the query took longer than ${ms} ms`)

export interface SqlAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** As JSON has them: what is no double or boolean comes as text. */
  readonly rows: readonly (readonly unknown[])[]
  /** Whether there are more. */
  readonly isCut: boolean
}

export interface SqlLimits {
  readonly rows: number
  readonly timeoutMs: number
}

/** Nothing of the machine but the recording can be reached, and none of it changed; last, nothing of this either. */
const WALLS = ["SET temp_directory = ''", 'SET enable_external_access = false', 'SET lock_configuration = true']

/** Runs one statement on a recording. Fails with SQL_REFUSED or SQL_TOO_LONG. */
export async function runSql(path: string, sql: string, { rows, timeoutMs }: SqlLimits): Promise<SqlAnswer> {
  const instance = await DuckDBInstance.create(path, {
    access_mode: 'READ_ONLY',
    threads: '1',
    memory_limit: '256MB'
  })
  const connection = await instance.connect()
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    connection.interrupt()
  }, timeoutMs)
  try {
    for (const wall of WALLS) await connection.run(wall)
    const statement = await connection.prepare(sql)
    const reader = await statement.streamAndReadUntil(rows + 1)
    const names = reader.columnNames()
    const types = reader.columnTypes()
    const found = reader.getRowsJson()
    return {
      columns: names.map((name, i) => ({ name, type: String(types[i]) })),
      rows: found.slice(0, rows),
      isCut: found.length > rows
    }
  } catch (error) {
    throw isLate ? SqlTooLong(timeoutMs) : SqlRefused(messageOf(error))
  } finally {
    clearTimeout(timer)
    connection.closeSync()
    instance.closeSync()
  }
}
