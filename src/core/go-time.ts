import { type Instant, parseInstant } from './instant.ts'
import { quote } from './print.ts'

/** Go's layout of a time in JSON, as the pieces that its parser takes one after the other. */
const PIECES: readonly (readonly [layout: string, pattern: RegExp])[] = [
  ['"', /^"/],
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
  ['Z07:00', /^(?:Z|[+-]\d\d:\d\d)/],
  ['"', /^"/]
]
const LAYOUT = PIECES.map(([piece]) => piece).join('')
const RANGES: Readonly<Record<string, readonly [name: string, first: number, last: number]>> = {
  '01': ['month', 1, 12],
  '02': ['day', 1, 31],
  '15': ['hour', 0, 23],
  '04': ['minute', 0, 59],
  '05': ['second', 0, 59]
}

/**
 * A time in JSON as Go reads it (RFC 3339).
 * @param json As it stands in the document, with its quotes.
 * @returns The time, or Go's words for why it is none.
 */
export function parseJsonTime(json: string): Instant | string {
  const refusal = (reason: string): string => `parsing time ${quote(json)}${reason}`
  let rest = json
  for (const [layout, pattern] of PIECES) {
    const found = pattern.exec(rest)?.[0]
    if (found === undefined) {
      return refusal(` as ${quote(LAYOUT)}: cannot parse ${quote(rest)} as ${quote(layout)}`)
    }
    const range = RANGES[layout]
    if (range !== undefined) {
      const [name, first, last] = range
      const value = Math.trunc(Number(found.replace(',', '.')))
      if (value < first || value > last) return refusal(`: ${name} out of range`)
    }
    rest = rest.slice(found.length)
  }
  if (rest !== '') return refusal(`: extra text: ${quote(rest)}`)
  return parseInstant(json.slice(1, -1).replace(',', '.')) ?? refusal(': day out of range')
}
