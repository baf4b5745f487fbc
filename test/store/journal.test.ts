import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { KeyedTable } from '../../src/store/contract.ts'
import { Database } from '../../src/store/db.ts'
import { Journal } from '../../src/store/journal.ts'
import type { JournalRows } from '../../src/store/journal-entries.ts'
import { testFolder } from '../support/folder.ts'

const TABLE: KeyedTable = { name: 'things', key: 'id', columns: ['BIGINT', 'VARCHAR'] }
const migrations = [{ id: '1', sql: 'CREATE TABLE things (id BIGINT, name VARCHAR)' }]

function pathIn(t: Test): string {
  return join(testFolder(t), 'store.duckdb')
}

async function rowsOf(db: Database): Promise<string[]> {
  const rows = await db.all<{ id: bigint; name: string }>('SELECT id, name FROM things ORDER BY id')
  return rows.map(({ id, name }) => `${id} ${name}`)
}

t.test('a row that was added is in the journal, and in the table for whoever asks', async (t) => {
  const path = pathIn(t)
  const db = await Database.open(path, { migrations })
  await db.add(TABLE, [[1n, 'a']])
  t.ok(statSync(`${path}.journal`).size > 0)
  await db.add(TABLE, [
    [2n, 'b'],
    [3n, 'c']
  ])
  t.same(await rowsOf(db), ['1 a', '2 b', '3 c'])
  await db.run("UPDATE things SET name = 'z' WHERE id = 3")
  t.same(await rowsOf(db), ['1 a', '2 b', '3 z'])
  await db.close()
  t.equal(statSync(`${path}.journal`).size, 0, 'nothing is left when all has moved')
})

t.test(
  'after a crash what the journal holds is moved, less what the table has, and a torn entry is nothing',
  async (t) => {
    const path = pathIn(t)
    const first = await Database.open(path, { migrations })
    await first.add(TABLE, [[1n, 'a']])
    await first.add(TABLE, [[2n, 'b']])
    const journal = readFileSync(`${path}.journal`)
    await first.close()

    const again = await Database.open(path, { migrations })
    await again.run('DELETE FROM things WHERE id = 2')
    await again.close()
    writeFileSync(`${path}.journal`, Buffer.concat([journal, journal.subarray(0, journal.length - 3)]))
    const last = await Database.open(path, { migrations })
    t.same(await rowsOf(last), ['1 a', '2 b'])
    await last.close()
  }
)

t.test('rows added while others move follow them, in order and once', async (t) => {
  const moved: JournalRows[][] = []
  let release: () => void = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const apply = async (batches: readonly JournalRows[]): Promise<void> => {
    moved.push([...batches])
    if (moved.length === 1) await held
  }
  const journal = await Journal.open(`${pathIn(t)}.journal`, { apply, recover: apply })
  await journal.add(TABLE, [[1n, 'a']])
  const settled = journal.flush()
  await journal.add(TABLE, [[2n, 'b']])
  await journal.add(TABLE, [[3n, 'c']])
  release()
  await settled
  t.ok(moved.length > 1)
  t.same(
    moved.flat().flatMap(({ rows }) => rows.map(([id]) => id)),
    [1n, 2n, 3n]
  )
  await journal.close()
})

t.test('rows that cannot move now are told to those who ask, and move later', async (t) => {
  let isBroken = true
  const moved: JournalRows[] = []
  const apply = async (batches: readonly JournalRows[]): Promise<void> => {
    if (isBroken) throw new Error('disk full')
    moved.push(...batches)
  }
  const journal = await Journal.open(`${pathIn(t)}.journal`, { apply, recover: apply })
  await journal.add(TABLE, [[1n, 'a']])
  await t.rejects(journal.flush(), { message: 'disk full' })
  isBroken = false
  await journal.add(TABLE, [[2n, 'b']])
  await journal.flush()
  t.same(
    moved.flatMap(({ rows }) => rows.map(([id]) => id)),
    [1n, 2n]
  )
  await journal.close()
})
