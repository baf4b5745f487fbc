const NEWLINE = 10
const SPACE = 32
const QUOTE = 34
const COMMA = 44
const EQUALS = 61
const BACKSLASH = 92

/** Where a line ends that comes in pieces: what has come of it is looked at once. */
export class LineEnd {
  #isQuoted = false
  #inFields = false
  #equals = 0
  #commas = 0
  /** Bytes of the next piece that a backslash at the end of the last one takes. */
  #escaped = 0

  /**
   * The index of the newline that ends the line, or `end` where more of the line is to come. A newline inside a quoted
   * string field belongs to the line, and so does one behind a backslash. A line that is found ends the search: the
   * next call looks for the end of the next line.
   */
  find(bytes: Uint8Array, from: number, end: number): number {
    let quoted = this.#isQuoted
    let inFields = this.#inFields
    let equals = this.#equals
    let commas = this.#commas
    let i = from + this.#escaped
    while (i < end) {
      const c = bytes[i]
      if (c === BACKSLASH) {
        i += 2
        continue
      }
      if (c === NEWLINE && !quoted) {
        this.reset()
        return i
      }
      if (c === SPACE) inFields = true
      else if (inFields) {
        if (!quoted && c === EQUALS) equals++
        else if (!quoted && c === COMMA) commas++
        else if (c === QUOTE && equals > commas) quoted = !quoted
      }
      i++
    }
    this.#isQuoted = quoted
    this.#inFields = inFields
    this.#equals = equals
    this.#commas = commas
    this.#escaped = i - end
    return end
  }

  /** The next piece begins a line. */
  reset(): void {
    this.#isQuoted = false
    this.#inFields = false
    this.#equals = 0
    this.#commas = 0
    this.#escaped = 0
  }
}

const lineEnd = new LineEnd()

/** End of the line that starts at `from`, white space in front of it included: the index of its newline, or `end`. */
export function endOfLine(bytes: Uint8Array, from: number, end: number): number {
  lineEnd.reset()
  return lineEnd.find(bytes, from, end)
}
