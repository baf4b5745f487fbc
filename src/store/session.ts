import {
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBBlobValue,
  type DuckDBPreparedStatement,
  type DuckDBValue,
  listValue
} from '@duckdb/node-api'
import { Serial } from '../core/serial.ts'
import type { SqlParam, Statements, Table, TableRow } from './contract.ts'

/** A connection with its prepared statements, used for one thing at a time. */
export class Session implements Statements {
  readonly #connection: DuckDBConnection
  readonly #statements = new Map<string, DuckDBPreparedStatement>()
  readonly #appenders = new Map<Table, DuckDBAppender>()
  readonly #serial = new Serial()

  constructor(connection: DuckDBConnection) {
    this.#connection = connection
  }

  get idle(): Promise<unknown> {
    return this.#serial.idle
  }

  enqueue<T>(work: () => Promise<T>): Promise<T> {
    return this.#serial.run(work)
  }

  async run(sql: string, params: readonly SqlParam[] = []): Promise<number> {
    const result = await (await this.#prepared(sql, params)).run()
    return result.rowsChanged
  }

  async all<R extends object>(sql: string, params: readonly SqlParam[] = []): Promise<R[]> {
    const reader = await (await this.#prepared(sql, params)).runAndReadAll()
    return reader.getRowObjectsJS() as unknown as R[]
  }

  /** Appends rows, within a transaction alone: what is flushed by itself would be waited for with all of the thread. */
  async append(table: Table, rows: readonly TableRow[]): Promise<void> {
    let appender = this.#appenders.get(table)
    if (appender === undefined) {
      appender = await this.#connection.createAppender(table.name)
      this.#appenders.set(table, appender)
    }
    try {
      for (const row of rows) appendRow(appender, table, row)
      appender.flushSync()
    } catch (error) {
      // The appender cannot be used again.
      this.#appenders.delete(table)
      appender.clear()
      appender.closeSync()
      throw error
    }
  }

  /** Runs `work` as one transaction: all of it is stored, or, when it throws, nothing. */
  async transaction<T>(work: (on: Statements) => Promise<T>): Promise<T> {
    await this.run('BEGIN')
    try {
      const result = await work(this)
      await this.run('COMMIT')
      return result
    } catch (error) {
      // A failed COMMIT has already rolled back, and then this has nothing to do.
      await this.run('ROLLBACK').catch(() => 0)
      throw error
    }
  }

  async script(sql: string): Promise<void> {
    await this.#connection.run(sql)
  }

  close(): void {
    for (const appender of this.#appenders.values()) appender.closeSync()
    for (const statement of this.#statements.values()) statement.destroySync()
    this.#connection.closeSync()
  }

  async #prepared(sql: string, params: readonly SqlParam[]): Promise<DuckDBPreparedStatement> {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = await this.#connection.prepare(sql)
      this.#statements.set(sql, statement)
      if (this.#statements.size > STATEMENTS_MAX) this.#forgetOldest()
    }
    statement.bind(params.map(duckValueOf))
    return statement
  }

  #forgetOldest(): void {
    const [oldest] = this.#statements
    if (oldest === undefined) return
    this.#statements.delete(oldest[0])
    oldest[1].destroySync()
  }
}

/** Statements are few texts with parameters; the bound is for those that are put together at run time. */
const STATEMENTS_MAX = 100

export function insertInto({ name, columns }: Table): string {
  return `INSERT INTO ${name} VALUES (${columns.map((_, index) => `$${index + 1}`).join(', ')})`
}

function appendRow(appender: DuckDBAppender, { columns }: Table, row: TableRow): void {
  for (let i = 0; i < columns.length; i++) {
    switch (columns[i]) {
      case 'BIGINT':
        appender.appendBigInt(row[i] as bigint)
        break
      case 'TINYINT':
        appender.appendTinyInt(row[i] as number)
        break
      case 'BOOLEAN':
        appender.appendBoolean(row[i] as boolean)
        break
      case 'VARCHAR':
        appender.appendVarchar(row[i] as string)
        break
    }
  }
  appender.endRow()
}

function duckValueOf(value: SqlParam): DuckDBValue {
  if (typeof value !== 'object' || value === null) return value
  return value instanceof Uint8Array ? new DuckDBBlobValue(value) : listValue(value)
}
