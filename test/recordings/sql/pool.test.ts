import { join } from 'node:path'
import t from 'tap'
import { SqlPool } from '../../../src/recordings/sql/pool.ts'
import { testFolder } from '../../support/folder.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { RecorderRig } from '../rig.ts'

const folder = testFolder(t)
t.before(() => new RecorderRig().write('m,h=a v=1 1\nm,h=b v=2 2').archive(join(folder, 'rec.duckdb')))

const pool = new SqlPool()
t.teardown(() => pool.close())
// The processes of the pool keep no process alive: a server has its listeners for that.
const alive = setInterval(() => {}, 1000)
t.teardown(() => clearInterval(alive))

async function run(statement: string, timeoutMs = 60_000, from = pool): Promise<string> {
  const limits = { rows: 100, timeoutMs }
  return Buffer.from(await from.run({ folder, file: 'rec.duckdb', statement, limits })).toString()
}

const ENDLESS = 'SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE hash(a.range + b.range) = 7'

t.test('an answer is JSON, and problems are told', async (t) => {
  t.strictSame(JSON.parse(await run('SELECT h, v FROM m ORDER BY h')), {
    columns: [
      { name: 'h', type: 'VARCHAR' },
      { name: 'v', type: 'DOUBLE' }
    ],
    rows: [
      ['a', 1],
      ['b', 2]
    ],
    'is-cut': false
  })
  await t.rejects(run('SELECT nothing'), { code: 'SQL_REFUSED', status: 400 })
  await t.rejects(run('DELETE FROM points.m'), { code: 'SQL_CHANGES' })
})

t.test('no answer says where files are, nor what the surroundings of the server are', async (t) => {
  for (const statement of [
    'PRAGMA database_list',
    'SELECT * FROM duckdb_databases()',
    'SELECT * FROM duckdb_databases',
    'SELECT * FROM system.main."duckdb_databases"()',
    'SELECT * FROM pragma_database_list',
    'SELECT * FROM pg_catalog.pg_settings',
    'SELECT * FROM duckdb_settings()',
    "SELECT current_setting('allowed_paths')",
    "SELECT * FROM query('SELECT * FROM duckdb_' || 'databases()')",
    "SELECT * FROM query/**/('SELECT * FROM duckdb_' || 'databases()')",
    "SELECT * FROM \"query\" ('SELECT * FROM duckdb_' || 'databases()')",
    'SELECT * FROM U&"duckdb_d\\0061tabases"()',
    'SELECT * FROM duckdb_extensions()',
    'SELECT * FROM duckdb_secrets()',
    "SELECT * FROM read_blob('nowhere')"
  ]) {
    const told = await run(statement).catch((error: Error) => error.message)
    t.notMatch(told, folder, statement)
    t.notMatch(told, process.env['HOME'], statement)
  }
})

t.test('a query that heeds neither limits of memory nor interrupts is ended, and so is its process', async (t) => {
  await t.rejects(run("SELECT length(repeat(repeat('x', 10000), 400000))"), {
    code: 'SQL_TOO_LARGE',
    message: 'the query takes more than 640 MB of memory'
  })
  await t.rejects(run("SELECT md5(repeat('x', 300000000)) FROM range(100)", 300), { code: 'SQL_TOO_LONG' })
  t.match(await run('SELECT 1'), '1', 'the next query has another process')
})

t.test('a query that ends the process of DuckDB ends nothing else', async (t) => {
  const deep = `SELECT ${'(1+'.repeat(200_000)}1${')'.repeat(200_000)}`
  await t.rejects(run(deep))
  t.match(await run('SELECT 1'), '1')
})

t.test('a short query does not wait until all that came before it have run', async (t) => {
  const heavy = Array.from({ length: 20 }, () => run(ENDLESS, 4000).catch((error: { code: string }) => error.code))
  t.match(await run('SELECT 1'), '1')
  const codes = await Promise.all(heavy)
  t.strictSame(new Set(codes), new Set(['SQL_TOO_LONG', 'SQL_BUSY']), 'the wait counts')
})

t.test('more queries than may wait are refused, and a pool that closes waits for none', async (t) => {
  const small = new SqlPool()
  const codes: string[] = []
  const asked = Array.from({ length: 40 }, () =>
    run(ENDLESS, 60_000, small).catch((error: { code: string; status: number }) => codes.push(error.code))
  )
  await new Promise(setImmediate)
  t.strictSame(codes, Array(6).fill('SQL_BUSY'), 'two run and 32 wait')
  small.close()
  await Promise.all(asked)
  t.strictSame(codes.filter((code) => code === 'SQL_FAILED').length, 2)
})

t.test(
  'a query waits no longer than it may take, and one that ends by no other way has its process killed',
  async (t) => {
    const clock = new ManualClock()
    const turned = new SqlPool(clock)
    t.teardown(() => turned.close())
    const ends: string[] = []
    const ask = (name: string, timeoutMs: number): Promise<unknown> =>
      run(ENDLESS, timeoutMs, turned).catch((error: { code: string }) => ends.push(`${name}: ${error.code}`))
    const running = [ask('first', 60_000), ask('second', 60_000)]
    const waiting = ask('third', 5000)
    await new Promise(setImmediate)
    clock.advance(4999)
    await new Promise(setImmediate)
    t.strictSame(ends, [])
    clock.advance(1)
    await waiting
    t.strictSame(ends, ['third: SQL_BUSY'])
    clock.advance(60_000)
    await Promise.all(running)
    t.strictSame(ends.slice(1).sort(), ['first: SQL_TOO_LONG', 'second: SQL_TOO_LONG'])
  }
)
