import { DuckDBInstance } from '@duckdb/node-api'
import { messageOf } from '../core/errors.ts'
import type { Migration } from './contract.ts'
import { isDamage } from './instance.ts'
import { migrate } from './migrate.ts'
import { Session } from './session.ts'

/** A table of which something cannot be read. */
export interface DamagedTable {
  readonly name: string
  readonly rows: number
  readonly detail: string
}

/** What became of a damaged table in the copy. */
export interface SalvagedTable {
  readonly name: string
  readonly lostRows: number
}

/** A row group of DuckDB: what lies in other ones is not read for a row of one. */
const STEP_ROWS = 122_880
/** Fewer rows are not tried apart. */
const LEAST_ROWS = 2048

/** Reads all there is: DuckDB looks at the checksum of a block when it reads it. Takes 0.1 s for a million events. */
export async function findDamagedTables(session: Session): Promise<DamagedTable[]> {
  const scans = await scansOf(session)
  const damage = await findDamage(session, `SELECT ${[...scans.values()].map((scan) => `(${scan})`).join(', ')}`)
  if (damage === undefined) return []
  const damaged: DamagedTable[] = []
  for (const [name, scan] of scans) {
    const detail = await findDamage(session, scan)
    if (detail !== undefined) damaged.push({ name, rows: await countOf(session, name), detail })
  }
  return damaged
}

/** A query for each table, by its name, that reads all values of it and answers one. */
async function scansOf(session: Session): Promise<ReadonlyMap<string, string>> {
  const rows = await session.all<{ name: string; values: string }>(
    `SELECT table_name AS name, string_agg('"' || replace(column_name, '"', '""') || '"', ', ') AS values
     FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = 'main' GROUP BY table_name`
  )
  return new Map(rows.map(({ name, values }) => [name, `SELECT bit_xor(hash(${values})) FROM ${quoted(name)}`]))
}

/** @returns What is wrong with what a query reads. */
async function findDamage(session: Session, query: string): Promise<string | undefined> {
  try {
    await session.all(query)
    return undefined
  } catch (error) {
    const detail = messageOf(error)
    if (isDamage(detail)) return detail
    throw error
  }
}

/**
 * Makes a new store of what can be read.
 * @param path Where it is made.
 * @param commits The number of the last change.
 */
export async function salvage(
  session: Session,
  damaged: readonly DamagedTable[],
  path: string,
  migrations: readonly Migration[],
  commits: bigint
): Promise<SalvagedTable[]> {
  await makeEmptyStore(path, migrations, commits)
  await session.script(`ATTACH '${path.replaceAll("'", "''")}' AS salvaged`)
  try {
    const salvaged: SalvagedTable[] = []
    for (const name of await tablesOf(session)) {
      if (name === 'migrations') continue
      const table = damaged.find((one) => one.name === name)
      await session.run(`DELETE FROM salvaged.${quoted(name)}`)
      if (table === undefined) await copyRows(session, name)
      else salvaged.push({ name, lostRows: table.rows - (await copyReadable(session, table)) })
    }
    return salvaged
  } finally {
    await session.script('DETACH salvaged')
  }
}

export async function tablesOf(session: Session): Promise<string[]> {
  const rows = await session.all<{ name: string }>(
    "SELECT table_name AS name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'main'"
  )
  return rows.map(({ name }) => name)
}

/** How many rows a table has; counting reads no data blocks. */
export async function countOf(session: Session, table: string): Promise<number> {
  const [row] = await session.all<{ n: bigint }>(`SELECT count(*) AS n FROM ${quoted(table)}`)
  return Number(row!.n)
}

async function makeEmptyStore(path: string, migrations: readonly Migration[], commits: bigint): Promise<void> {
  const instance = await DuckDBInstance.create(path)
  const session = new Session(await instance.connect())
  try {
    await session.run(`CREATE SEQUENCE commits START ${commits + 1n}`)
    await migrate(session, path, migrations)
  } finally {
    session.close()
    instance.closeSync()
  }
}

function copyRows(session: Session, name: string, condition = ''): Promise<number> {
  return session.run(`INSERT INTO salvaged.${quoted(name)} SELECT * FROM ${quoted(name)} ${condition}`)
}

/** @returns How many rows that were. */
async function copyReadable(session: Session, { name }: DamagedTable): Promise<number> {
  const [row] = await session.all<{ last: bigint | null }>(`SELECT max(rowid) AS last FROM ${quoted(name)}`)
  const end = Number(row?.last ?? -1n) + 1
  let copied = 0
  for (let start = 0; start < end; start += STEP_ROWS) {
    copied += await copyRange(session, name, start, Math.min(start + STEP_ROWS, end))
  }
  return copied
}

async function copyRange(session: Session, name: string, start: number, end: number): Promise<number> {
  try {
    return await copyRows(session, name, `WHERE rowid >= ${start} AND rowid < ${end}`)
  } catch (error) {
    if (!isDamage(messageOf(error))) throw error
    if (end - start <= LEAST_ROWS) return 0
    const middle = start + Math.ceil((end - start) / 2 / LEAST_ROWS) * LEAST_ROWS
    return (await copyRange(session, name, start, middle)) + (await copyRange(session, name, middle, end))
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
