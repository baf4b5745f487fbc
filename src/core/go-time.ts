import { type Instant, instantOfMillis, instantOfNanos, nanosOf } from './instant.ts'

/** RFC 3339 as Go lays it out, in the pieces that its parser takes one after the other. */
const PIECES: readonly (readonly [layout: string, pattern: RegExp])[] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d\d/],
  ['-', /^-/],
  ['02', /^\d\d/],
  ['T', /^T/],
  ['15', /^\d\d?/],
  [':', /^:/],
  ['04', /^\d\d/],
  [':', /^:/],
  ['05', /^\d\d(?:[.,]\d+)?/],
  ['Z07:00', /^(?:Z|[+-]\d\d:\d\d)/]
]
const LAYOUT = PIECES.map(([piece]) => piece).join('')
/** Checked as soon as the piece is read; the day only at the end, when its month is known. */
const RANGES: Readonly<Record<string, readonly [name: string, first: number, last: number]>> = {
  '01': ['month', 1, 12],
  '15': ['hour', 0, 23],
  '04': ['minute', 0, 59],
  '05': ['second', 0, 59]
}
const OFFSET_HOURS_MAX = 24
const OFFSET_MINUTES_MAX = 60

export const NO_TIME_TEXT = 'Time.UnmarshalJSON: input is not a JSON string'

/**
 * A time of a JSON document as Go reads it (RFC 3339).
 * @returns The time, or Go's words for why it is none.
 */
export function parseGoTime(text: string): Instant | string {
  const problem = (reason: string): string => `parsing time ${quoted(text)}${reason}`
  const read: Record<string, string> = {}
  let rest = text
  for (const [layout, pattern] of PIECES) {
    const found = pattern.exec(rest)?.[0]
    if (found === undefined) return problem(` as ${quoted(LAYOUT)}: cannot parse ${quoted(rest)} as ${quoted(layout)}`)
    const part = partOutOfRange(layout, found)
    if (part !== undefined) return problem(`: ${part} out of range`)
    read[layout] = found
    rest = rest.slice(found.length)
  }
  if (rest !== '') return problem(`: extra text: ${quoted(rest)}`)
  return instantOf(read) ?? problem(': day out of range')
}

/** What of a piece is too large or too small. */
function partOutOfRange(layout: string, found: string): string | undefined {
  if (layout === 'Z07:00') {
    if (Number(found.slice(1, 3)) > OFFSET_HOURS_MAX) return 'time zone offset hour'
    return Number(found.slice(4)) > OFFSET_MINUTES_MAX ? 'time zone offset minute' : undefined
  }
  const range = RANGES[layout]
  if (range === undefined) return undefined
  const [name, first, last] = range
  const value = Number(found.slice(0, 2))
  return value < first || value > last ? name : undefined
}

/** undefined where the month has no such day. */
function instantOf(read: Readonly<Record<string, string>>): Instant | undefined {
  const [month, day] = [Number(read['01']), Number(read['02'])]
  const date = new Date(0)
  date.setUTCFullYear(Number(read['2006']), month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  const seconds = read['05']!
  date.setUTCHours(Number(read['15']), Number(read['04']), Number(seconds.slice(0, 2)))
  const nanos = BigInt(seconds.slice(3, 12).padEnd(9, '0'))
  return instantOfNanos(nanosOf(instantOfMillis(date.getTime() - offsetMsOf(read['Z07:00']!))) + nanos)
}

function offsetMsOf(zone: string): number {
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000
}

/** A text as the parser of times quotes it: every byte of what is not ASCII stands for itself. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replace(/[^ -\x7f]+/g, bytesOf)}"`
}

function bytesOf(text: string): string {
  return Array.from(Buffer.from(text), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}
