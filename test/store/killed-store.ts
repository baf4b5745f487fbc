import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { KeyedTable } from '../../src/store/contract.ts'
import type { StoreLoss } from '../../src/store/damaged-files.ts'
import { Database, type DatabaseOptions } from '../../src/store/db.ts'
import { testFolder } from '../support/folder.ts'

const migrations = [
  { id: '1', sql: 'CREATE TABLE tasks (id VARCHAR PRIMARY KEY, script VARCHAR NOT NULL)' },
  { id: '2', sql: 'CREATE TABLE alert_events (sequence BIGINT NOT NULL, message VARCHAR NOT NULL)' }
]
const EVENTS: KeyedTable = { name: 'alert_events', key: 'sequence', columns: ['BIGINT', 'VARCHAR'] }

export interface Store {
  readonly dir: string
  readonly path: string
  readonly losses: StoreLoss[]
  files(): string[]
  open(options?: DatabaseOptions): Promise<Database>
}

/** How many events are in the file of a store, in its log, and in its journal; a task is in what has events. */
interface Shape {
  readonly filed?: number
  readonly logged?: number
  readonly added?: number
}

/** Files of stores as a kill leaves them, by shape. */
const patterns = new Map<string, Promise<string>>()
const root = testFolder(t)
let count = 0

/** A store of its own, as a kill leaves it. */
export async function killedStore(shape: Shape): Promise<Store> {
  const key = JSON.stringify(shape)
  if (!patterns.has(key)) patterns.set(key, makePattern(shape, join(root, `pattern${patterns.size}`)))
  const dir = join(root, `store${count++}`)
  cpSync(await patterns.get(key)!, dir, { recursive: true })
  return storeIn(dir)
}

async function makePattern({ filed = 0, logged = 0, added = 0 }: Shape, dir: string): Promise<string> {
  const path = join(dir, 'live', 'kapok.duckdb')
  const first = await Database.open(path, { migrations })
  await put(first, 'filed', filed)
  await first.close()
  const db = await Database.open(path, { migrations })
  await put(db, 'logged', logged)
  for (let i = 0; i < added; i++) await db.add(EVENTS, [[BigInt(9_000_000 + i), `added ${i}`]])
  const killed = join(dir, 'killed')
  cpSync(join(dir, 'live'), killed, { recursive: true })
  await db.close()
  return killed
}

function storeIn(dir: string): Store {
  const path = join(dir, 'kapok.duckdb')
  const losses: StoreLoss[] = []
  return {
    ...{ dir, path, losses },
    files: () => readdirSync(dir).sort(),
    open: (options) => Database.open(path, { migrations, onLoss: (loss) => losses.push(loss), ...options })
  }
}

async function put(db: Database, kind: string, events: number): Promise<void> {
  const start = kind === 'filed' ? 0 : 1_000_000
  if (events > 0) await db.run('INSERT INTO tasks VALUES ($1, $2)', [`${kind} task`, 'stream'])
  const rows = Array.from(
    { length: events },
    (_, i) => [BigInt(start + i), `${kind} ${i} ${'x'.repeat(i % 50)}`] as const
  )
  for (let i = 0; i < events; i += 100_000) await db.append(EVENTS, rows.slice(i, i + 100_000))
}

async function contentOf(db: Database): Promise<{ tasks: string[]; events: number }> {
  const tasks = await db.all<{ id: string }>('SELECT id FROM tasks ORDER BY id')
  const [row] = await db.all<{ n: bigint }>('SELECT count(*) AS n FROM alert_events')
  return { tasks: tasks.map(({ id }) => id), events: Number(row!.n) }
}

/** What is there after the store was opened, and closed again. */
export async function openAndLook(store: Store, options?: DatabaseOptions) {
  const db = await store.open(options)
  try {
    return await contentOf(db)
  } finally {
    await db.close()
  }
}

export function flip(file: string, at: number, bit = 0): void {
  const bytes = readFileSync(file)
  bytes[at]! ^= 1 << bit
  writeFileSync(file, bytes)
}

export function cut(file: string, size: number): void {
  writeFileSync(file, readFileSync(file).subarray(0, size))
}

export const ALL = ['filed task', 'logged task']
