/**
 * Runs the tests: `npm test`, or `npm test -- test/alert test/e2e/kill.test.ts` for those whose path begins so. Each test
 * file is a process of its own, some at a time. Tap's own runner would bring hooks into each process and thread that
 * follow every import (of no use here: scripts/coverage.ts has ours), which costs a second a process.
 */
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { t } from 'tap'
import { STRIPPED } from './stripped-tests.ts'
import Reporter from '../test/support/reporter.ts'

const TIMEOUT_S = 300
const NODE_ARGUMENTS = ['--import=./test/support/coverage.mjs']

t.setTimeout(0)
t.jobs = availableParallelism() + 1
t.pipe(new Reporter()).pipe(process.stdout)
t.on('complete', ({ ok }: { readonly ok: boolean }) => {
  // Tap sees to it only where it writes to the terminal by itself.
  if (!ok) process.exitCode = 1
})

const wanted = process.argv.slice(2)
const files = readdirSync(`${STRIPPED}/test`, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.js'))
  .map((name) => `test/${name.slice(0, -'.js'.length)}.ts`)
  .filter((name) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)))
  .sort()
if (files.length === 0) t.fail(`no test file begins with ${wanted.join(' or ')}`)

const env = { ...process.env, TAP_TIMEOUT: String(TIMEOUT_S) }
for (const file of files) {
  const script = `${STRIPPED}/${file.slice(0, -'.ts'.length)}.js`
  // The runner's hooks come by NODE_OPTIONS.
  const command = ['-u', 'NODE_OPTIONS', process.execPath, ...NODE_ARGUMENTS, script]
  void t.spawn('env', command, { env, buffered: true, timeout: TIMEOUT_S * 1000 }, file)
}
t.end()
