/**
 * Reads one line of line protocol by the book: every escape, every error in InfluxDB's words and order. The fast path
 * of `parser.ts` hands over whatever it does not recognise at once, so this need not be fast, only right.
 * @see the line protocol reference of InfluxDB 1.x: escapes differ between measurement, tags and string fields.
 */
import { type Instant, instantOfNanos } from '../core/instant.ts'
import { type FieldType, intOf, type Value } from '../model/value.ts'
import { NANOS_PER_UNIT, type Precision } from './precision.ts'

export interface ParsedKey {
  readonly measurement: string
  readonly tags: readonly (readonly [string, string])[]
}

export interface ParsedField {
  readonly name: string
  readonly type: FieldType
  readonly value: Value
}

export interface ParsedLine extends ParsedKey {
  /** Bytes of measurement and tags, as written. */
  readonly key: Uint8Array
  readonly fields: readonly ParsedField[]
  /** undefined where the line has none. */
  readonly time: Instant | undefined
}

const MAX_KEY_BYTES = 65_535
const MAX_INT = 0x7fff_ffff_ffff_ffffn
/** InfluxDB keeps the extreme values for itself. */
const MAX_TIME = 9_223_372_036_854_775_806n

const SPACE = 32
const QUOTE = 34
const COMMA = 44
const MINUS = 45
const EQUALS = 61
const BACKSLASH = 92

class LineError extends Error {}

/**
 * @param line One line without its line end and leading white space, not empty.
 * @returns The reason why it is none, as text.
 */
export function parseLine(line: Uint8Array, precision: Precision): ParsedLine | string {
  try {
    const keyEnd = scanKey(line)
    const key = line.subarray(0, keyEnd)
    if (key.length > MAX_KEY_BYTES) throw new LineError(`max key length exceeded: ${key.length} > ${MAX_KEY_BYTES}`)
    const parsed = parseKey(key)
    const fieldsStart = skipSpaces(line, keyEnd)
    const fieldsEnd = scanFields(line, fieldsStart)
    if (fieldsEnd === fieldsStart) throw new LineError('missing fields')
    const time = parseTime(line, fieldsEnd, precision)
    return { ...parsed, key, fields: parseFields(line.subarray(fieldsStart, fieldsEnd)), time }
  } catch (error) {
    if (error instanceof LineError) return error.message
    throw error
  }
}

/** Checks measurement and tags; gives the end of them. */
function scanKey(line: Uint8Array): number {
  if (line.length === 0 || line[0] === COMMA) throw new LineError('missing measurement')
  let i = 0
  do {
    i++
    if (i >= line.length) throw new LineError('missing fields')
  } while (line[i - 1] === BACKSLASH || (line[i] !== COMMA && line[i] !== SPACE))
  while (line[i] === COMMA) i = scanTag(line, i + 1)
  return i
}

/** One `key=value`; gives the comma or space after it. */
function scanTag(line: Uint8Array, start: number): number {
  let i = start
  if (i >= line.length || line[i] === SPACE || line[i] === COMMA || line[i] === EQUALS) {
    throw new LineError('missing tag key')
  }
  do {
    i++
    if (i >= line.length || ((line[i] === SPACE || line[i] === COMMA) && line[i - 1] !== BACKSLASH)) {
      throw new LineError('missing tag value')
    }
  } while (line[i] !== EQUALS || line[i - 1] === BACKSLASH)
  i++
  if (i >= line.length || line[i] === COMMA || line[i] === SPACE) throw new LineError('missing tag value')
  for (;;) {
    i++
    if (i >= line.length) throw new LineError('missing fields')
    if (line[i - 1] === BACKSLASH) continue
    if (line[i] === EQUALS) throw new LineError('invalid tag format')
    if (line[i] === COMMA || line[i] === SPACE) return i
  }
}

/** Splits and unescapes a key that `scanKey` has passed. Duplicate tags are an error. */
function parseKey(key: Uint8Array): ParsedKey {
  const [name, ...tags] = split(key, COMMA)
  const pairs = tags.map((tag): [string, string] => {
    const [left, ...rest] = split(tag, EQUALS)
    return [unescapeName(textOf(left!)), unescapeName(textOf(join(rest)))]
  })
  if (new Set(pairs.map(([tag]) => tag)).size < pairs.length) throw new LineError('duplicate tags')
  return { measurement: textOf(name!).replace(/\\([, ])/g, '$1'), tags: pairs }
}

/** Checks the fields; gives the end of them. */
function scanFields(line: Uint8Array, start: number): number {
  let i = start
  let quoted = false
  let equals = 0
  let commas = 0
  while (i < line.length) {
    const c = line[i]
    if (c === BACKSLASH && i + 1 < line.length) {
      i += 2
      continue
    }
    if (c === QUOTE && equals > commas) {
      quoted = !quoted
      i++
      continue
    }
    if (c === EQUALS && !quoted) {
      equals++
      const before = line[i - 1]
      if ((before === SPACE || before === COMMA) && line[i - 2] !== BACKSLASH) throw new LineError('missing field key')
      const next = line[i + 1]
      if (next === undefined || next === COMMA || next === SPACE) throw new LineError('missing field value')
      if (isNumeric(next) || next === MINUS || next === 78 || next === 110) {
        i = scanNumber(line, i + 1)
        continue
      }
      if (next !== QUOTE) {
        i = scanBoolean(line, i + 1)
        continue
      }
    }
    if (c === COMMA && !quoted) commas++
    if (c === SPACE && !quoted) break
    i++
  }
  if (quoted) throw new LineError('unbalanced quotes')
  if (i > start && (equals === 0 || commas !== equals - 1)) throw new LineError('invalid field format')
  return i
}

function scanNumber(line: Uint8Array, start: number): number {
  const end = endOfValue(line, start)
  const text = textOf(line.subarray(start, end))
  const whole = /^(-?)(\d*)i$/.exec(text)
  if (whole !== null) {
    if (whole[2] === '') throw new LineError('invalid number')
    const value = BigInt(`${whole[1]}${whole[2]}`)
    if (value > MAX_INT || value < -MAX_INT - 1n) {
      const digits = text.slice(0, -1)
      const reason = `strconv.ParseInt: parsing "${digits}": value out of range`
      throw new LineError(`unable to parse integer ${digits}: ${reason}`)
    }
    return end
  }
  if (!/^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) throw new LineError('invalid number')
  if (!Number.isFinite(Number(text))) throw new LineError('invalid float')
  return end
}

function scanBoolean(line: Uint8Array, start: number): number {
  const end = endOfValue(line, start)
  if (booleanOf(textOf(line.subarray(start, end))) === undefined) throw new LineError('invalid boolean')
  return end
}

function booleanOf(text: string): boolean | undefined {
  if (/^(t|T|true|True|TRUE)$/.test(text)) return true
  return /^(f|F|false|False|FALSE)$/.test(text) ? false : undefined
}

function parseFields(bytes: Uint8Array): ParsedField[] {
  const fields: ParsedField[] = []
  let i = 0
  while (i < bytes.length) {
    const nameStart = i
    while (bytes[i] !== EQUALS) i += bytes[i] === BACKSLASH ? 2 : 1
    const name = unescapeName(textOf(bytes.subarray(nameStart, i++)))
    if (bytes[i] === QUOTE) {
      const start = ++i
      while (bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1
      fields.push({ name, type: 'string', value: textOf(bytes.subarray(start, i++)).replace(/\\(["\\])/g, '$1') })
      // Whatever follows a closing quote up to the comma is passed over, as InfluxDB does.
      while (i < bytes.length && bytes[i] !== COMMA) i++
    } else {
      const end = endOfValue(bytes, i)
      fields.push(scalarField(name, textOf(bytes.subarray(i, end))))
      i = end
    }
    i++
  }
  return fields
}

function scalarField(name: string, text: string): ParsedField {
  const boolean = booleanOf(text)
  if (boolean !== undefined) return { name, type: 'boolean', value: boolean }
  if (text.endsWith('i')) return { name, type: 'int', value: intOf(BigInt(text.slice(0, -1))) }
  return { name, type: 'float', value: Number(text) }
}

function parseTime(line: Uint8Array, from: number, precision: Precision): Instant | undefined {
  const start = skipSpaces(line, from)
  if (start >= line.length) return undefined
  let end = line[start] === MINUS ? start + 1 : start
  while (end < line.length && line[end] !== SPACE) {
    if (line[end]! < 48 || line[end]! > 57) throw new LineError('bad timestamp')
    end++
  }
  const text = textOf(line.subarray(start, end))
  if (text === '-') throw new LineError('strconv.ParseInt: parsing "-": invalid syntax')
  const units = BigInt(text)
  if (units > MAX_INT || units < -MAX_INT - 1n) {
    throw new LineError(`strconv.ParseInt: parsing "${text}": value out of range`)
  }
  const nanos = units * NANOS_PER_UNIT[precision]
  if (nanos > MAX_TIME || nanos < -MAX_TIME) {
    throw new LineError(`time outside range -${MAX_TIME} - ${MAX_TIME}`)
  }
  for (let i = end; i < line.length; i++) if (line[i] !== SPACE) throw new LineError('point is invalid')
  return instantOfNanos(nanos)
}

function skipSpaces(line: Uint8Array, from: number): number {
  let i = from
  while (line[i] === SPACE || line[i] === 9 || line[i] === 0) i++
  return i
}

function endOfValue(bytes: Uint8Array, from: number): number {
  let i = from
  while (i < bytes.length && bytes[i] !== COMMA && bytes[i] !== SPACE) i++
  return i
}

function isNumeric(c: number): boolean {
  return (c >= 48 && c <= 57) || c === 46
}

/** Splits at a byte where no backslash stands before it. */
function split(bytes: Uint8Array, at: number): Uint8Array[] {
  const parts: Uint8Array[] = []
  let start = 0
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === at && bytes[i - 1] !== BACKSLASH) {
      parts.push(bytes.subarray(start, i))
      start = i + 1
    }
  }
  parts.push(bytes.subarray(start))
  return parts
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}

function unescapeName(text: string): string {
  return text.includes('\\') ? text.replace(/\\([,= ])/g, '$1') : text
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}
