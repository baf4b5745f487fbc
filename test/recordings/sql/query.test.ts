import { join } from 'node:path'
import t from 'tap'
import { runSql } from '../../../src/recordings/sql/query.ts'
import { RecorderRig } from '../rig.ts'
import { testFolder } from '../../support/folder.ts'

const folder = testFolder(t)
const path = join(folder, 'one.duckdb')
t.before(() => new RecorderRig().write('m,h=a v=1,n=9007199254740993i 1\nm,h=b v=2 2').archive(path))

const run = (statement: string, limits = {}) =>
  runSql({ file: path, statement, limits: { rows: 100, timeoutMs: 60_000, ...limits } })

t.test('columns have names and types, rows are as JSON has them', async (t) => {
  t.strictSame(await run('SELECT epoch_ns("time") AS nanos, h, v, n FROM m ORDER BY nanos'), {
    columns: [
      { name: 'nanos', type: 'BIGINT' },
      { name: 'h', type: 'VARCHAR' },
      { name: 'v', type: 'DOUBLE' },
      { name: 'n', type: 'BIGINT' }
    ],
    rows: [
      ['1', 'a', 1, '9007199254740993'],
      ['2', 'b', 2, null]
    ],
    isCut: false
  })
})

t.test('an answer ends where it is long enough', async (t) => {
  t.match(await run('FROM range(100)'), { rows: { length: 100 }, isCut: false })
  t.match(await run('FROM range(101)'), { rows: { length: 100 }, isCut: true })
  const long = await run("SELECT repeat('x', 1000000) FROM range(100)")
  t.ok(long.isCut && long.rows.length < 50)
})

t.test('a query that takes too long is ended', async (t) => {
  const endless = 'WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r'
  await t.rejects(run(endless, { timeoutMs: 50 }), { code: 'SQL_TOO_LONG', status: 408 })
})

t.test('only queries are run, and a problem is told', async (t) => {
  await t.rejects(run('DELETE FROM points.m'), { code: 'SQL_CHANGES' })
  await t.rejects(run('CREATE TEMP TABLE x (y INTEGER)'), { code: 'SQL_CHANGES', status: 400 })
  await t.rejects(run('SELECT nothing'), { code: 'SQL_REFUSED', message: /"nothing"/ })
})
