import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Test } from 'tap'

const CASES = join(import.meta.dirname, 'cases')
/** Most cases wait most of their time. */
const JOBS = 16

/** Areas of cases that need InfluxDB; all others need the server alone. */
export const INFLUXDB_AREAS: readonly string[] = ['batch', 'influx', 'recordings']

export const PLAIN_AREAS: readonly string[] = readdirSync(CASES).filter((area) => !INFLUXDB_AREAS.includes(area))

/** Whether a server answers as the cases of some areas say; but for those that it answers otherwise on purpose. */
export async function checkCases(t: Test, areas: readonly string[], args: readonly string[]): Promise<void> {
  const cases = areas.flatMap((area) => readdirSync(join(CASES, area)).map((name) => join(CASES, area, name)))
  const differences = new Map(cases.map((folder) => [basename(folder), differenceOf(folder)]))
  // The runner waits in vain for those that differ: better while others run.
  const isAlike = (folder: string): number => Number(differences.get(basename(folder)) === undefined)
  cases.sort((a, b) => isAlike(a) - isAlike(b))
  const report = join(t.testdirName, 'report.json')
  const options = ['--jobs', String(JOBS), '--json', report]
  const runner = spawn(process.execPath, [join(CASES, '../run.mjs'), 'check', ...args, ...options, ...cases], {
    stdio: ['ignore', 'ignore', 'inherit']
  })
  await once(runner, 'exit')
  const results = JSON.parse(readFileSync(report, 'utf8')) as { name: string; ok: boolean; why?: string }[]
  t.equal(results.length, cases.length)
  for (const { name, ok, why } of results) {
    const difference = differences.get(basename(name))
    if (difference === undefined) t.ok(ok, `${basename(name)} ${why ?? ''}`)
    else t.notOk(ok, `${basename(name)} differs: ${difference}`)
  }
}

/** Why Kapok answers a case otherwise, on purpose; docs/differences.md says so, too. */
function differenceOf(folder: string): string | undefined {
  return (JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as { readonly differs?: string }).differs
}
