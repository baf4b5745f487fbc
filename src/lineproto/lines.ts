const NEWLINE = 10
const SPACE = 32
const QUOTE = 34
const COMMA = 44
const EQUALS = 61
const BACKSLASH = 92

/**
 * End of the line that starts at `from`, white space in front of it included: the index of its newline, or `end`. A
 * newline inside a quoted string field belongs to the line, and so does one behind a backslash.
 */
export function endOfLine(bytes: Uint8Array, from: number, end: number): number {
  let quoted = false
  let inFields = false
  let equals = 0
  let commas = 0
  let i = from
  while (i < end) {
    const c = bytes[i]
    if (c === BACKSLASH) {
      i += 2
      continue
    }
    if (c === NEWLINE && !quoted) break
    if (c === SPACE) inFields = true
    else if (inFields) {
      if (!quoted && c === EQUALS) equals++
      else if (!quoted && c === COMMA) commas++
      else if (c === QUOTE && equals > commas) quoted = !quoted
    }
    i++
  }
  return Math.min(i, end)
}
