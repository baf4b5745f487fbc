import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { loadCases, type StoredCase } from './case.ts'
import { formatCase } from './format.ts'
import { checkCase, runAll } from './run-all.ts'
import { runCase } from './run-case.ts'

// Runs cases against a server that speaks Kapacitor's HTTP API: README.md beside this file says how.

const USAGE = `usage: run.ts check|record [--target URL] [--influx URL] [--only REGEXP] [--jobs N] [--skip-differs] [-v] [file or folder ...]
  check   compares the server's answers with the cases' own; exits 1 where one differs
  record  writes the server's answers into the cases`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    target: { type: 'string', default: 'http://127.0.0.1:9092' },
    influx: { type: 'string', default: 'http://127.0.0.1:8086' },
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: '4' },
    'skip-differs': { type: 'boolean', default: false },
    verbose: { type: 'boolean', short: 'v', default: false }
  }
})
const [mode, ...paths] = positionals
if (mode !== 'check' && mode !== 'record') {
  console.error(USAGE)
  process.exit(2)
}

const only = new RegExp(values.only)
const cases = (paths.length > 0 ? paths.flatMap((path) => loadCases(path)) : loadCases())
  .filter(({ file }) => only.test(file))
  .filter(({ differs }) => !values['skip-differs'] || differs === undefined)
let failed = 0
await runAll(cases, Number(values.jobs), async (stored) => {
  const problem = await (mode === 'check' ? check(stored) : record(stored)).catch((error: Error) => error.message)
  if (problem !== undefined) failed++
  if (problem !== undefined || values.verbose) {
    console.log(`${problem === undefined ? 'ok  ' : 'FAIL'} ${stored.area}/${stored.name} ${problem ?? ''}`)
  }
})
console.log(`${cases.length - failed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)

async function check(stored: StoredCase): Promise<string | undefined> {
  const { problem, result } = await checkCase(stored, values)
  return problem === undefined || !values.verbose ? problem : `${problem}\n  got: ${JSON.stringify(result)}`
}

async function record(stored: StoredCase): Promise<undefined> {
  const { file, area: _area, name, expect: _expect, ...content } = stored
  writeFileSync(file, formatCase(content, await runCase(content, { ...values, name })))
}
