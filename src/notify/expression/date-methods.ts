import { instantOfDate, partsOfDate } from '../date.ts'
import { nanosOf } from '../../core/instant.ts'

/**
 * The methods without arguments of `alert.Date`, as Go's time has them, in the offset of the date. Both paths of
 * expressions use these.
 */
export const dateMethods: ReadonlyMap<string, (date: string) => number | string> = new Map<
  string,
  (date: string) => number | string
>([
  ['Unix', (date) => Math.floor(instantOfDate(date).ms / 1000)],
  ['UnixNano', (date) => Number(nanosOf(instantOfDate(date)))],
  ['Year', (date) => partsOfDate(date).year],
  ['Month', (date) => partsOfDate(date).month],
  ['Day', (date) => partsOfDate(date).day],
  ['Hour', (date) => partsOfDate(date).hour],
  ['Minute', (date) => partsOfDate(date).minute],
  ['Second', (date) => partsOfDate(date).second],
  ['Weekday', (date) => partsOfDate(date).weekday]
])
