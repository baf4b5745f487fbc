import type { Position } from './ast.ts'

const CONTEXT_BYTES = 10
const NEWLINE = 10

/** A script's text, with byte positions for the string indices that the lexer works on. */
export class Source {
  readonly text: string
  /** UTF-8 offset of every UTF-16 index; undefined where they are the same. */
  readonly #offsets: Uint32Array | undefined
  /** Cursor over the lines: positions are asked for in ascending order. */
  #line = 1
  #lineStart = 0
  #lineEnd: number

  constructor(text: string) {
    this.text = text
    this.#offsets = byteOffsets(text)
    this.#lineEnd = this.#endOfLine(0)
  }

  /** @param index Not less than that of the call before. */
  position(index: number): Position {
    while (index > this.#lineEnd) {
      this.#line++
      this.#lineStart = this.#lineEnd + 1
      this.#lineEnd = this.#endOfLine(this.#lineStart)
    }
    const offset = this.#offset(index)
    return { offset, line: this.#line, char: offset - this.#offset(this.#lineStart) + 1 }
  }

  /** The bytes around a position as syntax errors show them: up to 10 on either side, within the line. */
  context(at: Position): string {
    const bytes = Buffer.from(this.text)
    let start = at.offset
    while (start > 0 && at.offset - start < CONTEXT_BYTES && bytes[start - 1] !== NEWLINE) start--
    let end = at.offset
    while (end < bytes.length && end - at.offset < CONTEXT_BYTES && bytes[end] !== NEWLINE) end++
    return decodeCut(bytes.subarray(start, end))
  }

  #offset(index: number): number {
    return this.#offsets === undefined ? index : this.#offsets[index]!
  }

  #endOfLine(from: number): number {
    const end = this.text.indexOf('\n', from)
    return end < 0 ? this.text.length : end
  }
}

function byteOffsets(text: string): Uint32Array | undefined {
  if (Buffer.byteLength(text) === text.length) return undefined
  const offsets = new Uint32Array(text.length + 1)
  let offset = 0
  for (let i = 0; i < text.length; i++) {
    offsets[i] = offset
    const code = text.codePointAt(i)!
    offset += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    if (code > 0xffff) offsets[++i] = offset
  }
  offsets[text.length] = offset
  return offsets
}

/** Text of bytes that may be cut inside of a character: each byte of a cut one becomes U+FFFD, as in Go. */
function decodeCut(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  let start = bytes.length - 1
  while (start > 0 && (bytes[start]! & 0xc0) === 0x80) start--
  const lead = bytes[start] ?? 0
  const width = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1
  const missing = start + width - bytes.length
  return missing > 0 ? text + '\ufffd'.repeat(bytes.length - start - 1) : text
}
