import { normalizeDate } from '../date.ts'

/**
 * A date of a mail (RFC 5322, section 3.3, and the older forms) as alerts have it, with its offset; undefined where it
 * is none. A zone by name is that of UTC, as RFC 5322 has it for those whose meaning is not known.
 */
export function parseMailDate(text: string): string | undefined {
  const match = MAIL_DATE.exec(text.trim())
  if (match === null) return undefined
  const [, day, monthName, yearText, hour, minute, second = '00', offset = '+0000'] = match
  const month = MONTHS.indexOf(monthName!.toLowerCase()) + 1
  if (month === 0) return undefined
  const year = yearText!.length === 4 ? yearText! : String(Number(yearText) + (Number(yearText) < 50 ? 2000 : 1900))
  const zone = `${offset.slice(0, 3)}:${offset.slice(3)}`
  return normalizeDate(`${year}-${two(month)}-${two(Number(day))}T${hour}:${minute}:${second}${zone}`)
}

const MAIL_DATE =
  /^(?:[a-z]{3},?\s+)?(\d{1,2})\s+([a-z]{3})\s+(\d{4}|\d{2})\s+(\d\d):(\d\d)(?::(\d\d))?(?:\s+(?:([+-]\d{4})(?:\s+\([^)]*\))?|[a-z]{1,5}))$/i

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

function two(value: number): string {
  return String(value).padStart(2, '0')
}
