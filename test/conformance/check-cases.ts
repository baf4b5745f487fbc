import type { Test } from 'tap'
import { areas, loadArea } from './case.ts'
import { checkCase, runAll } from './run-all.ts'
import type { RunOptions } from './run-case.ts'

/** Most cases wait most of their time. */
const JOBS = 16

/** Areas of cases that need InfluxDB; all others need the server alone. */
export const INFLUXDB_AREAS: readonly string[] = ['batch', 'influx', 'recordings']

export const PLAIN_AREAS: readonly string[] = areas.filter((area) => !INFLUXDB_AREAS.includes(area))

/** Whether a server answers as the cases of some areas say; but for those that it answers otherwise on purpose. */
export async function checkCases(
  t: Test,
  areas: readonly string[],
  servers: Pick<RunOptions, 'target' | 'influx'>
): Promise<void> {
  const cases = areas.flatMap(loadArea)
  // A case that differs is waited for in vain: better while others run.
  cases.sort((a, b) => Number(a.differs === undefined) - Number(b.differs === undefined))
  let count = 0
  await runAll(cases, JOBS, async (stored) => {
    const { differs, name } = stored
    const { problem } = await checkCase(stored, servers).catch((error: Error) => ({ problem: error.message }))
    count++
    if (differs === undefined) t.ok(problem === undefined, `${name} ${problem ?? ''}`)
    else t.notOk(problem === undefined, `${name} differs: ${differs}`)
  })
  t.equal(count, cases.length)
}
