import { compare, formatInstant, type Instant, parseInstant, ZERO_TIME } from '../core/instant.ts'

/**
 * Dates of alerts are texts: RFC 3339 as Go prints it, with the offset that they were given with, up to nanoseconds
 * and without zeros at the end of the fraction.
 */
const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-]\d\d):(\d\d))$/

/** The text in that form; undefined where it is no date. */
export function normalizeDate(text: string): string | undefined {
  const match = RFC_3339.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction = '', offsetHours = '+00', offsetMinutes = '00'] = match
  const isDay = Number(day) >= 1 && Number(day) <= daysIn(Number(year), Number(month))
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60
  const isOffset = Math.abs(Number(offsetHours)) <= 24 && Number(offsetMinutes) < 60
  if (!isDay || !isTime || !isOffset) return undefined
  const digits = fraction.slice(0, 9).replace(/0+$/, '')
  const isUtc = Number(offsetHours) === 0 && Number(offsetMinutes) === 0
  const offset = isUtc ? 'Z' : `${offsetHours}:${offsetMinutes}`
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${digits === '' ? '' : `.${digits}`}${offset}`
}

export const ZERO_DATE = formatInstant(ZERO_TIME)

/** @param date A normalised one. */
export function instantOfDate(date: string): Instant {
  return parseInstant(date) ?? ZERO_TIME
}

export function isZeroDate(date: string): boolean {
  return compare(instantOfDate(date), ZERO_TIME) === 0
}

/** A date as the same instant in UTC. */
export function utcDate(date: string): string {
  return formatInstant(instantOfDate(date))
}

/** Parts of a date as the clock on the wall of its offset shows it. */
export interface DateParts {
  readonly year: number
  /** Month, counted from 1. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** 0 is Sunday. */
  readonly weekday: number
  /** Digits of the fraction of the second. */
  readonly fraction: string
  /** `+09:00`, `Z`. */
  readonly offset: string
}

export function partsOfDate(date: string): DateParts {
  const match = RFC_3339.exec(date)!
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as unknown as SixNumbers
  const noon = new Date(Date.UTC(2000, month - 1, day))
  noon.setUTCFullYear(year, month - 1, day)
  const offset = match[8] === undefined ? 'Z' : `${match[8]}:${match[9]}`
  return { year, month, day, hour, minute, second, weekday: noon.getUTCDay(), fraction: match[7] ?? '', offset }
}

type SixNumbers = readonly [number, number, number, number, number, number]

function daysIn(year: number, month: number): number {
  if (month < 1 || month > 12) return 0
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
}
