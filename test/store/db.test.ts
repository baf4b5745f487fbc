import { spawnSync } from 'node:child_process'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Migration } from '../../src/store/contract.ts'
import { Database } from '../../src/store/db.ts'
import { testFolder } from '../support/folder.ts'

const items: Migration = { id: '1-items', sql: 'CREATE TABLE items (id VARCHAR PRIMARY KEY, n BIGINT, b BLOB);' }
const memory = () => Database.open(':memory:', { migrations: [items] })

t.test('values of every kind come back as they were stored', async (t) => {
  const db = await memory()
  const bytes = Buffer.of(0, 1, 255)
  const n = 9_223_372_036_854_775_807n
  t.equal(await db.run('INSERT INTO items VALUES ($1, $2, $3), ($4, $2, NULL)', ['é', n, bytes, 'x']), 2)
  t.strictSame(await db.all('SELECT * FROM items ORDER BY id DESC'), [
    { id: 'é', n, b: bytes },
    { id: 'x', n, b: null }
  ])
  await db.close()
})

t.test('a transaction that throws leaves nothing behind, and the next one is not disturbed', async (t) => {
  const db = await memory()
  const failing = db.transaction(async (on) => {
    await on.run("INSERT INTO items (id) VALUES ('a')")
    throw new Error('no')
  })
  const clashing = db.transaction(async (on) => {
    await on.run("INSERT INTO items (id) VALUES ('b')")
    await on.run("INSERT INTO items (id) VALUES ('b')")
  })
  const plain = db.run("INSERT INTO items (id) VALUES ('c')")
  await t.rejects(failing, { message: 'no' })
  await t.rejects(clashing, /[Dd]uplicate/)
  await plain
  t.strictSame(await db.all('SELECT id FROM items'), [{ id: 'c' }])
  await db.close()
})

t.test('transactions that overlap in time run one after the other', async (t) => {
  const db = await memory()
  await db.run("INSERT INTO items VALUES ('n', 0, NULL)")
  const increment = () =>
    db.transaction(async (on) => {
      const [row] = await on.all<{ n: bigint }>("SELECT n FROM items WHERE id = 'n'")
      await on.run("UPDATE items SET n = $1 WHERE id = 'n'", [row!.n + 1n])
    })
  await Promise.all(Array.from({ length: 10 }, increment))
  t.strictSame(await db.all('SELECT n FROM items'), [{ n: 10n }])
  await db.close()
})

t.test('more texts of statements than are kept prepared still run', async (t) => {
  const db = await memory()
  for (let i = 0; i < 120; i++) t.equal((await db.all(`SELECT ${i} AS i`)).length, 1)
  await db.close()
})

t.test('a closed database refuses work, and closing it twice is fine', async (t) => {
  const db = await memory()
  const last = db.run("INSERT INTO items (id) VALUES ('a')")
  await Promise.all([db.close(), db.close()])
  t.equal(await last, 1)
  await t.rejects(db.run('SELECT 1'), { code: 'STORE_CLOSED' })
  await t.rejects(
    db.transaction(async () => undefined),
    { code: 'STORE_CLOSED' }
  )
})

t.test('what was acknowledged before a kill is there afterwards', async (t) => {
  const path = join(testFolder(t), 'sub', 'kapok.duckdb')
  const source = `
    import { Database } from ${JSON.stringify(new URL('../../src/store/db.ts', import.meta.url).href)}
    const db = await Database.open(${JSON.stringify(path)}, { migrations: ${JSON.stringify([items])} })
    await db.transaction((on) => on.run("INSERT INTO items (id) VALUES ('a')"))
    await db.run("INSERT INTO items (id) VALUES ('b')")
    process.kill(process.pid, 'SIGKILL')`
  const { signal, stderr } = spawnSync(process.execPath, ['--import=tsx', '--input-type=module', '-e', source])
  t.equal(signal, 'SIGKILL', stderr.toString())
  const db = await Database.open(path, { migrations: [items] })
  t.strictSame(await db.all('SELECT id FROM items ORDER BY id'), [{ id: 'a' }, { id: 'b' }])
  t.equal(statSync(path).mode & 0o777, 0o600)
  await db.close()
})

t.test('migrations are applied once, in order, and a failing one leaves the others', async (t) => {
  const path = join(testFolder(t), 'kapok.duckdb')
  const more: Migration = {
    id: '2-more',
    sql: "INSERT INTO items (id) VALUES ('m'); INSERT INTO items (id) VALUES ('n')"
  }
  const bad: Migration = { id: '3-bad', sql: "INSERT INTO items (id) VALUES ('z'); SELECT nonsense" }
  await t.rejects(Database.open(path, { migrations: [items, more, bad] }), /nonsense/)
  for (let i = 0; i < 2; i++) {
    const db = await Database.open(path, { migrations: [items, more] })
    t.strictSame(await db.all('SELECT id FROM items ORDER BY id'), [{ id: 'm' }, { id: 'n' }])
    await db.close()
  }
  await t.rejects(Database.open(path, { migrations: [items] }), { code: 'STORE_TOO_NEW', message: /2-more/ })
})

t.test('a file that cannot be opened says why', async (t) => {
  const dir = testFolder(t, { noise: 'x'.repeat(20_000), empty: '', file: '' })
  await t.rejects(Database.open(join(dir, 'noise')), { code: 'STORE_DAMAGED', message: /noise/ })
  await t.rejects(Database.open(join(dir, 'file', 'x')), { code: 'STORE_NOT_OPENED', message: /file/ })
  writeFileSync(join(dir, 'empty'), '')
  await (await Database.open(join(dir, 'empty'))).close()
  t.ok(existsSync(join(dir, 'empty')))
})

t.test('a store that another process holds is refused with its process id', async (t) => {
  const path = join(testFolder(t), 'kapok.duckdb')
  const db = await Database.open(path)
  const source = `
    import { Database } from ${JSON.stringify(new URL('../../src/store/db.ts', import.meta.url).href)}
    await Database.open(${JSON.stringify(path)}).catch((error) => console.log(error.code, error.message))`
  const { stdout } = spawnSync(process.execPath, ['--import=tsx', '--input-type=module', '-e', source])
  t.match(stdout.toString(), new RegExp(`^STORE_LOCKED .*PID ${process.pid}`))
  await db.close()
})

t.test('a statement that was prepared on an empty table reads what was stored since', async (t) => {
  const db = await memory()
  const queries = [
    'SELECT id, n FROM items ORDER BY n',
    "SELECT id, n FROM items WHERE n > 5 AND id > 'a' ORDER BY id",
    'SELECT id, max(n) AS n FROM items WHERE n IS NOT NULL GROUP BY id ORDER BY id'
  ]
  for (const query of queries) t.strictSame(await db.all(query), [], query)
  const rows = ['one thing', 'thing two'].map((id, index) => ({ id, n: 1n << BigInt(40 + index) }))
  for (const { id, n } of rows) await db.run('INSERT INTO items (id, n) VALUES ($1, $2)', [id, n])
  for (const query of queries) t.strictSame(await db.all(query), rows, query)
  await db.close()
})

t.test('a list makes many rows of one statement', async (t) => {
  const db = await memory()
  await db.run('INSERT INTO items (id, n) SELECT unnest($1::VARCHAR[]), unnest($2::BIGINT[])', [
    ['a', 'b'],
    [1n, 2n]
  ])
  t.strictSame(await db.all('SELECT id, n FROM items ORDER BY id'), [
    { id: 'a', n: 1n },
    { id: 'b', n: 2n }
  ])
  await db.close()
})

t.test('a backup is whole when it is done, also while the tables are looked at', async (t) => {
  const dir = testFolder(t)
  const db = await Database.open(join(dir, 'store.duckdb'), { migrations: [items] })
  await db.run('INSERT INTO items SELECT i::VARCHAR, i, NULL FROM range(50000) AS numbers(i)')
  let isOver = false
  const look = async (): Promise<void> => {
    while (!isOver) await db.tables()
  }
  const looking = look()
  const copies = Array.from({ length: 12 }, (_, i) => join(dir, `copy-${i}`))
  const sizes: number[] = []
  for (const copy of copies) {
    await db.backup(copy)
    t.notOk(existsSync(`${copy}.wal`), 'nothing is still to be written into it')
    sizes.push(statSync(copy).size)
  }
  isOver = true
  await looking
  await db.close()
  t.strictSame(
    copies.map((copy) => statSync(copy).size),
    sizes
  )
})

t.test('a backup is a store of its own with what was there', async (t) => {
  const dir = testFolder(t)
  for (const path of [':memory:', join(dir, "it's.duckdb")]) {
    const db = await Database.open(path, { migrations: [items] })
    await db.run("INSERT INTO items (id) VALUES ('a')")
    const copy = join(dir, `copy-of'${path.length}`)
    await db.backup(copy)
    await t.rejects(db.backup(join(dir, 'no', 'such', 'folder')))
    await db.run("INSERT INTO items (id) VALUES ('b')")
    await db.close()
    const restored = await Database.open(copy, { migrations: [items] })
    t.strictSame(await restored.all('SELECT id FROM items'), [{ id: 'a' }])
    await restored.close()
  }
})
