import { spawnSync } from 'node:child_process'
import t from 'tap'

t.test('a run of tests in which something fails exits with 1', (t) => {
  const run = spawnSync(process.execPath, ['--import=tsx', 'scripts/test.ts', 'test/nosuch'])
  t.match(run.stdout.toString(), /not ok 1 - no test file begins with test\/nosuch/)
  t.equal(run.status, 1)
  t.end()
})
