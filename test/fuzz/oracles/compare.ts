import type { ConformanceCase, Result } from '../../conformance/case.ts'
import { difference as firstDifference } from '../../conformance/difference.ts'
import type { Difference } from './index.ts'

/** What two servers, or one server twice, made of a case. */
export function compare(run: ConformanceCase, expected: Result, actual: Result): Difference | undefined {
  const [want, got] = [withoutChance(expected), withoutChance(actual)]
  const where = firstDifference(want, got)
  return where === undefined ? undefined : { where, case: run, expected: want, actual: got }
}

const DAY_MS = 86_400_000

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g

/** The clock comes in where a line has no time, and every server has an id of its own. */
function withoutChance(value: unknown): unknown {
  if (typeof value === 'string') {
    const isNow = /^\d{4}-\d\d-\d\dT/.test(value) && Math.abs(Date.parse(value) - Date.now()) < DAY_MS
    return isNow ? '@NOW@' : value.replace(UUID, '@UUID@')
  }
  if (Array.isArray(value)) return value.map(withoutChance)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutChance(part)]))
}
