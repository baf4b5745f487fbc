import type { Migration, Statements } from './contract.ts'
import { StoreTooNew } from './errors.ts'
import type { Session } from './session.ts'

/**
 * The number of a change; later ones have higher ones. It is stored with the transaction that it is asked for in, also
 * where that is all it does.
 */
export async function nextCommit(on: Statements): Promise<bigint> {
  const [row] = await on.all<{ next: bigint }>("SELECT nextval('commits') AS next")
  return row!.next
}

/** Brings the schema up to date. Fails with STORE_TOO_NEW. */
export async function migrate(session: Session, path: string, migrations: readonly Migration[]): Promise<void> {
  await session.run('CREATE TABLE IF NOT EXISTS migrations (id VARCHAR PRIMARY KEY, applied TIMESTAMP DEFAULT now())')
  await session.run('CREATE SEQUENCE IF NOT EXISTS commits')
  const applied = new Set((await session.all<{ id: string }>('SELECT id FROM migrations')).map(({ id }) => id))
  for (const id of applied) {
    if (!migrations.some((migration) => migration.id === id)) throw StoreTooNew(path, id)
  }
  for (const { id, sql } of migrations) {
    if (applied.has(id)) continue
    await session.transaction(async () => {
      await session.script(sql)
      await session.run('INSERT INTO migrations (id) VALUES ($1)', [id])
    })
  }
}
