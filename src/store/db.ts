import { existsSync } from 'node:fs'
import { chmod, mkdir, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBBlobValue,
  DuckDBInstance,
  type DuckDBPreparedStatement,
  type DuckDBValue,
  listValue
} from '@duckdb/node-api'
import { messageOf } from '../core/errors.ts'
import { StoreClosed, StoreDamaged, StoreLocked, StoreNotOpened, StoreTooNew } from './errors.ts'
import { Journal, type Move } from './journal.ts'
import { migrations as allMigrations } from './migrations/index.ts'

/**
 * The one database of metadata and history: a DuckDB file in the data directory, or memory in tests.
 *
 * One connection writes, one statement or transaction at a time in the order of the calls, so that transactions never
 * conflict; another one reads what is committed. A promise of `run` or `transaction` resolves once the change is in
 * the write-ahead log on disk: what was acknowledged survives a kill.
 */
export type SqlValue = string | number | bigint | boolean | null | Uint8Array
/** A list, not empty, is for `unnest($1::BIGINT[])`: many rows by one statement. */
export type SqlParam = SqlValue | readonly string[] | readonly bigint[]
/** A row by column name. BIGINT comes as bigint, BLOB as Uint8Array. */
export type Row = Readonly<Record<string, SqlValue>>

/** A table that rows are appended to, all columns of each in order. */
export interface Table {
  readonly name: string
  readonly columns: readonly ('BIGINT' | 'TINYINT' | 'BOOLEAN' | 'VARCHAR')[]
}

/** A table whose first column is a BIGINT that no two rows have alike. */
export interface KeyedTable extends Table {
  readonly key: string
}
/** Values as the columns have them: bigint, number, boolean, string. */
export type TableRow = readonly (bigint | number | boolean | string)[]

export interface Statements {
  /** Runs one statement with `$1`, `$2`, … taken from `params`; resolves to the number of rows changed. */
  run(sql: string, params?: readonly SqlParam[]): Promise<number>
  /** Adds many rows at a fraction of what a statement costs, all or none. */
  append(table: Table, rows: readonly TableRow[]): Promise<void>
  all<R extends object = Row>(sql: string, params?: readonly SqlParam[]): Promise<R[]>
}

/** A step of the schema, applied once and never changed afterwards. `sql` may be several statements. */
export interface Migration {
  readonly id: string
  readonly sql: string
}

export interface DatabaseOptions {
  readonly threads?: number
  readonly memoryLimit?: string
  readonly migrations?: readonly Migration[]
}

const IN_MEMORY = ':memory:'

export class Database implements Statements {
  readonly path: string
  readonly #instance: DuckDBInstance
  readonly #writer: Session
  readonly #reader: Session
  #journal: Journal | undefined
  #closing: Promise<void> | undefined
  #isClosed = false

  private constructor(path: string, instance: DuckDBInstance, writer: Session, reader: Session) {
    this.path = path
    this.#instance = instance
    this.#writer = writer
    this.#reader = reader
  }

  /**
   * Opens or makes the database and brings its schema up to date. Fails with STORE_LOCKED, STORE_DAMAGED,
   * STORE_TOO_NEW or STORE_NOT_OPENED.
   * @param path A file, whose folder is made where it is missing, or `:memory:`.
   */
  static async open(path: string, options: DatabaseOptions = {}): Promise<Database> {
    const instance = await openInstance(path, options)
    const database = new Database(
      path,
      instance,
      new Session(await instance.connect()),
      new Session(await instance.connect())
    )
    try {
      await database.#migrate(options.migrations ?? allMigrations)
      if (path !== IN_MEMORY) await database.#openJournal()
    } catch (error) {
      await database.close()
      throw error
    }
    return database
  }

  async run(sql: string, params: readonly SqlParam[] = []): Promise<number> {
    await this.#journal?.settle()
    return this.#enqueue(this.#writer, () => this.#writer.run(sql, params))
  }

  async all<R extends object = Row>(sql: string, params: readonly SqlParam[] = []): Promise<R[]> {
    // What cannot be moved now is told to those who write.
    await this.#journal?.settle().catch(() => undefined)
    return this.#enqueue(this.#reader, () => this.#reader.all<R>(sql, params))
  }

  async append(table: Table, rows: readonly TableRow[]): Promise<void> {
    // Measured here: 1.1 ms for one row by a statement, 1.4 by an appender; 15 and 2.7 for 1024.
    if (rows.length === 1) await this.#enqueue(this.#writer, () => this.#writer.run(insertInto(table), rows[0]))
    else if (rows.length > 1) await this.#transaction((on) => on.append(table, rows))
  }

  /**
   * Adds rows in a quarter of the time that `append` takes for a few: they are safe when it resolves, and whatever is
   * asked of the database afterwards sees them, but they move into the table a little later.
   */
  async add(table: KeyedTable, rows: readonly TableRow[]): Promise<void> {
    if (this.#journal === undefined) return await this.append(table, rows)
    if (this.#isClosed) throw StoreClosed()
    await this.#journal.add(table, rows)
  }

  /** Runs `work` as one transaction: all of it is stored, or, when it throws, nothing. It must use only `on`. */
  async transaction<T>(work: (on: Statements) => Promise<T>): Promise<T> {
    await this.#journal?.settle()
    return this.#transaction(work)
  }

  async #transaction<T>(work: (on: Statements) => Promise<T>): Promise<T> {
    return this.#enqueue(this.#writer, async () => {
      await this.#writer.run('BEGIN', [])
      try {
        const result = await work(this.#writer)
        await this.#writer.run('COMMIT', [])
        return result
      } catch (error) {
        // A failed COMMIT has already rolled back, and then this has nothing to do.
        await this.#writer.run('ROLLBACK', []).catch(() => 0)
        throw error
      }
    })
  }

  /** Writes a copy, whole and consistent, to a new file that can be opened as a store. */
  async backup(path: string): Promise<void> {
    await this.#journal?.settle()
    await this.#enqueue(this.#writer, async () => {
      const [{ name } = { name: '' }] = await this.#writer.all<{ name: string }>('SELECT current_database() AS name')
      await this.#writer.script(`ATTACH '${path.replaceAll("'", "''")}' AS backup`)
      try {
        await this.#writer.script(`COPY FROM DATABASE "${name.replaceAll('"', '""')}" TO backup`)
      } finally {
        await this.#writer.script('DETACH backup')
      }
    })
  }

  /** Waits for what is under way, then writes all of the log into the file and lets go of it. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#journal?.close()
      this.#isClosed = true
      await Promise.all([this.#writer.idle, this.#reader.idle])
      this.#writer.close()
      this.#reader.close()
      this.#instance.closeSync()
    })()
    return this.#closing
  }

  async #enqueue<T>(session: Session, work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw StoreClosed()
    return session.enqueue(work)
  }

  async #openJournal(): Promise<void> {
    const move = async (moves: readonly Move[]): Promise<void> => {
      const [only] = moves
      if (moves.length === 1) return await this.append(only!.table, only!.rows)
      const rows = new Map<string, { table: Table; rows: TableRow[] }>()
      for (const { table, rows: more } of moves) {
        const known = rows.get(table.name)
        if (known === undefined) rows.set(table.name, { table, rows: [...more] })
        else known.rows.push(...more)
      }
      await this.#transaction(async (on) => {
        for (const { table, rows: all } of rows.values()) await on.append(table, all)
      })
    }
    const recover = async (moves: readonly Move[]): Promise<void> => {
      for (const { table, rows } of moves) {
        const { name, key } = table as KeyedTable
        const found = await this.all<{ key: bigint }>(
          `SELECT ${key} AS key FROM ${name} WHERE ${key} IN (SELECT unnest($1::BIGINT[]))`,
          [rows.map(([first]) => first as bigint)]
        )
        const known = new Set(found.map((row) => row.key))
        await this.append(
          table,
          rows.filter(([first]) => !known.has(first as bigint))
        )
      }
    }
    this.#journal = await Journal.open(`${this.path}.journal`, move, recover)
  }

  async #migrate(migrations: readonly Migration[]): Promise<void> {
    await this.run('CREATE TABLE IF NOT EXISTS migrations (id VARCHAR PRIMARY KEY, applied TIMESTAMP DEFAULT now())')
    const applied = new Set((await this.all<{ id: string }>('SELECT id FROM migrations')).map(({ id }) => id))
    for (const id of applied) {
      if (!migrations.some((migration) => migration.id === id)) throw StoreTooNew(this.path, id)
    }
    for (const { id, sql } of migrations) {
      if (applied.has(id)) continue
      await this.transaction(async (on) => {
        await this.#writer.script(sql)
        await on.run('INSERT INTO migrations (id) VALUES ($1)', [id])
      })
    }
  }
}

/** A connection with its prepared statements, used for one thing at a time. */
class Session implements Statements {
  readonly #connection: DuckDBConnection
  readonly #statements = new Map<string, DuckDBPreparedStatement>()
  readonly #appenders = new Map<Table, DuckDBAppender>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(connection: DuckDBConnection) {
    this.#connection = connection
  }

  get idle(): Promise<unknown> {
    return this.#last
  }

  enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }

  async run(sql: string, params: readonly SqlParam[] = []): Promise<number> {
    const result = await (await this.#prepared(sql, params)).run()
    return result.rowsChanged
  }

  async all<R extends object>(sql: string, params: readonly SqlParam[] = []): Promise<R[]> {
    const reader = await (await this.#prepared(sql, params)).runAndReadAll()
    return reader.getRowObjectsJS() as unknown as R[]
  }

  /** Only within a transaction: what is flushed by itself would be waited for with all of the thread. */
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
      // It cannot be used again.
      this.#appenders.delete(table)
      appender.clear()
      appender.closeSync()
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

function insertInto({ name, columns }: Table): string {
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

/**
 * They plan by what the tables hold, and a prepared statement keeps its plan: run again after the tables have changed
 * it leaves out rows or makes values up (DuckDB 1.5.5).
 */
const STALE_OPTIMIZERS = 'compressed_materialization,statistics_propagation'

async function openInstance(path: string, { threads = 2, memoryLimit = '256MB' }: DatabaseOptions) {
  const isFile = path !== IN_MEMORY
  if (isFile) await prepareFolder(path)
  try {
    const instance = await DuckDBInstance.create(path, {
      threads: String(threads),
      memory_limit: memoryLimit,
      // With the default of 16 MB a stream of alerts stands still for up to a second after each 20,000.
      checkpoint_threshold: '128MB',
      disabled_optimizers: STALE_OPTIMIZERS
    })
    if (isFile) await chmod(path, 0o600)
    return instance
  } catch (error) {
    const detail = messageOf(error)
    if (/set lock/i.test(detail)) throw StoreLocked(path, detail)
    if (/valid DuckDB|corrupt|checksum|replaying WAL|serializ/i.test(detail)) throw StoreDamaged(path, detail)
    throw StoreNotOpened(path, detail)
  }
}

async function prepareFolder(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    // A kill right after the file was made leaves it empty, which DuckDB would refuse for ever.
    if (existsSync(path) && (await stat(path)).size === 0) await rm(path)
  } catch (error) {
    throw StoreNotOpened(path, messageOf(error))
  }
}
