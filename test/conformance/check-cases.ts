import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Test } from 'tap'

const HERE = import.meta.dirname
/** Most cases wait most of their time. */
const JOBS = 16

/** Whether a server answers as the cases of some areas say; but for those where it differs on purpose, with the reason. */
export async function checkCases(
  t: Test,
  areas: readonly string[],
  args: readonly string[],
  different: Readonly<Record<string, string>> = {}
): Promise<void> {
  const cases = areas.flatMap((area) => {
    const folder = join(HERE, 'cases', area)
    return readdirSync(folder).map((name) => join(folder, name))
  })
  // They wait in vain: better while others run.
  cases.sort((a, b) => Number(basename(b) in different) - Number(basename(a) in different))
  const report = join(t.testdirName, 'report.json')
  const options = ['--jobs', String(JOBS), '--json', report]
  const runner = spawn(process.execPath, [join(HERE, 'run.mjs'), 'check', ...args, ...options, ...cases], {
    stdio: ['ignore', 'ignore', 'inherit']
  })
  await once(runner, 'exit')
  const results = JSON.parse(readFileSync(report, 'utf8')) as { name: string; ok: boolean; why?: string }[]
  t.equal(results.length, cases.length)
  for (const { name, ok, why } of results) {
    const difference = different[basename(name)]
    if (difference === undefined) t.ok(ok, `${basename(name)} ${why ?? ''}`)
    else t.notOk(ok, `${basename(name)} differs: ${difference}`)
  }
}
