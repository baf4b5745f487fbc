/**
 * Reads one line of line protocol strictly: every escape, every error in InfluxDB's words and order. The fast path
 * of `parser.ts` hands over whatever it does not recognise at once, so this need not be fast, only right. Its cost is
 * linear in the length of the line, whatever stands in it.
 * @see the line protocol reference of InfluxDB 1.x: escapes differ between measurement, tags and string fields.
 */
import { type Instant, instantOfNanos } from '../core/instant.ts'
import { type FieldType, intOf, type Value } from '../model/value.ts'
import { NANOS_PER_UNIT, type Precision } from './precision.ts'

/** How much one line may hold. */
export interface LineLimits {
  readonly maxFields: number
  readonly maxTags: number
}

/** The settings that a server has where its configuration says nothing else. */
export const DEFAULT_LIMITS: LineLimits = { maxFields: 10_000, maxTags: 1_000 }

export interface ParsedKey {
  readonly measurement: string
  readonly tags: readonly (readonly [string, string])[]
}

export interface ParsedField {
  readonly name: string
  /** The name as it stands in the line, with its escapes. */
  readonly written: Uint8Array
  readonly type: FieldType
  readonly value: Value
}

export interface ParsedLine extends ParsedKey {
  /** Bytes of measurement and tags, as written. */
  readonly key: Uint8Array
  /** One whose name is empty is left out, as in the original, so there may be none. */
  readonly fields: readonly ParsedField[]
  /** undefined where the line has none. */
  readonly time: Instant | undefined
}

/** Why a line is none. */
export class LineError extends Error {
  /** Whether the line is right but holds more than one line may. */
  readonly isOverLimit: boolean

  constructor(message: string, isOverLimit = false) {
    super(message)
    this.isOverLimit = isOverLimit
  }
}

/** Bytes of measurement, tags and the name of one field, with what the original puts between them. */
export const MAX_KEY_BYTES = 65_535
export const FIELD_KEY_SEPARATOR_BYTES = 4

const MAX_INT = 0x7fff_ffff_ffff_ffffn
const MAX_INT_DIGITS = 19
/** A float of so many digits without an exponent is never too large. */
const MAX_SURE_DIGITS = 300
/** InfluxDB keeps the extreme values for itself. */
const MAX_TIME = 9_223_372_036_854_775_806n
/** So many bytes of a value an error repeats at most. */
const MAX_QUOTED_BYTES = 256

const NEWLINE = 10
const SPACE = 32
const QUOTE = 34
const COMMA = 44
const MINUS = 45
const EQUALS = 61
const BACKSLASH = 92

/** @param line One line without its line end and leading white space, not empty. */
export function parseLine(line: Uint8Array, precision: Precision, limits: LineLimits): ParsedLine | LineError {
  try {
    const { end: keyEnd, tagCount } = scanKey(line)
    // Before the tags are taken apart: what is refused for its size costs no memory.
    refuseLongKey(keyEnd)
    if (tagCount > limits.maxTags) throw overLimit('tags', tagCount, limits.maxTags)
    const key = line.subarray(0, keyEnd)
    const parsed = parseKey(key)
    const fieldsStart = skipSpaces(line, keyEnd)
    const fieldsEnd = scanFields(line, fieldsStart, limits.maxFields)
    const places = placesOf(line.subarray(0, fieldsEnd), keyEnd, fieldsStart)
    const time = parseTime(line, fieldsEnd, precision)
    return { ...parsed, key, fields: places.flatMap((place) => fieldOf(line, place) ?? []), time }
  } catch (error) {
    if (error instanceof LineError) return error
    throw error
  }
}

/** Differs: a line of very many fields or tags is refused; the original takes it, whatever it costs. */
function overLimit(what: 'fields' | 'tags', count: number, limit: number): LineError {
  return new LineError(`too many ${what} in one line: ${count} > ${limit}, the setting shards.max-line-${what}`, true)
}

function refuseLongKey(bytes: number): void {
  if (bytes > MAX_KEY_BYTES) throw new LineError(`max key length exceeded: ${bytes} > ${MAX_KEY_BYTES}`, true)
}

/** Checks measurement and tags; gives the end of them. */
function scanKey(line: Uint8Array): { readonly end: number; readonly tagCount: number } {
  if (line.length === 0 || line[0] === COMMA) throw new LineError('missing measurement')
  let i = 0
  do {
    i++
    if (i >= line.length) throw new LineError('missing fields')
  } while (line[i - 1] === BACKSLASH || (line[i] !== COMMA && line[i] !== SPACE))
  let tagCount = 0
  for (; line[i] === COMMA; tagCount++) i = scanTag(line, i + 1)
  return { end: i, tagCount }
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
  const nameEnd = endOfPart(key, 0, COMMA)
  const tags: [string, string][] = []
  for (let i = nameEnd; i < key.length;) {
    const equals = endOfPart(key, i + 1, EQUALS)
    const end = endOfPart(key, equals + 1, COMMA)
    tags.push([unescapeTag(textOf(key, i + 1, equals)), unescapeTag(textOf(key, equals + 1, end))])
    i = end
  }
  if (new Set(tags.map(([tag]) => tag)).size < tags.length) throw new LineError('duplicate tags')
  return { measurement: unescapeName(textOf(key, 0, nameEnd)), tags }
}

/** Checks the fields; gives the end of them. */
function scanFields(line: Uint8Array, start: number, maxFields: number): number {
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
  if (equals === 0 || commas !== equals - 1) throw new LineError('invalid field format')
  if (equals > maxFields) throw overLimit('fields', equals, maxFields)
  return i
}

/** Checks an integer or a float; gives the end of it. */
function scanNumber(line: Uint8Array, start: number): number {
  const digitsStart = line[start] === MINUS ? start + 1 : start
  let i = digitsStart
  let dots = 0
  let isScientific = false
  let intMarks = 0
  for (; i < line.length && line[i] !== COMMA && line[i] !== SPACE; i++) {
    const c = line[i]!
    if (c === 105 && i > start && intMarks === 0) intMarks++
    else if ((c === 101 || c === 69) && i > start) isScientific = true
    else if (isSign(c) && isExponentMark(line[i - 1])) continue
    else if (!isNumeric(c) || (c === 46 && ++dots > 1)) throw new LineError('invalid number')
  }
  if (intMarks > 0 && (dots > 0 || isScientific || line[i - 1] !== 105)) throw new LineError('invalid number')
  if (i - digitsStart - intMarks - dots === 0) throw new LineError('invalid number')
  if (intMarks > 0) refuseLargeInt(line, start, i - 1)
  else if ((isScientific || i - start > MAX_SURE_DIGITS) && !Number.isFinite(Number(textOf(line, start, i)))) {
    throw new LineError('invalid float')
  }
  return i
}

function refuseLargeInt(line: Uint8Array, start: number, end: number): void {
  if (findInt(line, start, end) !== undefined) return
  const digits = quoted(line, start, end)
  throw new LineError(`unable to parse integer ${digits}: strconv.ParseInt: parsing "${digits}": value out of range`)
}

/** The integer of a sign and some digits; undefined where it is none, or out of range. */
function findInt(line: Uint8Array, start: number, end: number): bigint | undefined {
  const isNegative = line[start] === MINUS
  let i = isNegative ? start + 1 : start
  while (i < end - 1 && line[i] === 48) i++
  if (end - i > MAX_INT_DIGITS) return undefined
  const digits = textOf(line, i, end)
  if (!/^\d+$/.test(digits)) return undefined
  const int = isNegative ? -BigInt(digits) : BigInt(digits)
  return int > MAX_INT || int < -MAX_INT - 1n ? undefined : int
}

function scanBoolean(line: Uint8Array, start: number): number {
  const end = endOfValue(line, start)
  if (booleanOf(line, start, end) === undefined) throw new LineError('invalid boolean')
  return end
}

function booleanOf(line: Uint8Array, start: number, end: number): boolean | undefined {
  if (end - start > 5) return undefined
  const text = textOf(line, start, end)
  if (/^(t|T|true|True|TRUE)$/.test(text)) return true
  return /^(f|F|false|False|FALSE)$/.test(text) ? false : undefined
}

/** Where a field begins, and where its name and its value end. */
interface FieldPlace {
  readonly start: number
  readonly equals: number
  readonly end: number
}

/**
 * Takes fields apart that `scanFields` has passed. As in InfluxDB, names and values end by other rules than there, which
 * shows where backslashes or quotes stand in unusual places.
 * @param line Up to the end of the fields.
 */
function placesOf(line: Uint8Array, keyBytes: number, fieldsStart: number): readonly FieldPlace[] {
  const places: FieldPlace[] = []
  for (let start = fieldsStart; start < line.length;) {
    const equals = endOfPart(line, start, EQUALS)
    if (equals > line.length - 2) throw new LineError(`invalid value: field-key=${quoted(line, start, equals)}`)
    refuseLongKey(keyBytes + FIELD_KEY_SEPARATOR_BYTES + equals - start)
    const end = endOfFieldValue(line, equals + 1)
    places.push({ start, equals, end })
    start = end + 1
  }
  return places
}

function endOfFieldValue(line: Uint8Array, from: number): number {
  let isQuoted = false
  let i = from
  for (; i < line.length && (isQuoted || line[i] !== COMMA); i++) {
    if (line[i] === QUOTE) isQuoted = !isQuoted
    else if (line[i] === BACKSLASH && (line[i + 1] === QUOTE || line[i + 1] === BACKSLASH)) i++
  }
  return Math.min(i, line.length)
}

/** undefined where name or value is empty: as in InfluxDB there is no such field then. */
function fieldOf(line: Uint8Array, { start, equals, end }: FieldPlace): ParsedField | undefined {
  const name = unescapeName(textOf(line, start, equals))
  if (name === '' || end === equals + 1) return undefined
  const written = line.subarray(start, equals)
  const first = line[equals + 1]!
  if (first === QUOTE) {
    // The last byte goes, as in InfluxDB; it is not the closing quote where more stands behind that.
    const value = unescapeString(textOf(line, equals + 2, Math.max(equals + 2, end - 1)))
    return { name, written, type: 'string', value }
  }
  if (isNumeric(first) || first === MINUS) {
    if (line[end - 1] === 105) {
      const int = findInt(line, equals + 1, end - 1)
      if (int !== undefined) return { name, written, type: 'int', value: intOf(int) }
    } else {
      const value = Number(textOf(line, equals + 1, end))
      if (Number.isFinite(value)) return { name, written, type: 'float', value }
    }
    throw new LineError('invalid number')
  }
  const value = booleanOf(line, equals + 1, end)
  if (value === undefined) throw new LineError('invalid boolean')
  return { name, written, type: 'boolean', value }
}

function parseTime(line: Uint8Array, from: number, precision: Precision): Instant | undefined {
  const start = skipSpaces(line, from)
  if (start >= line.length) return undefined
  let end = line[start] === MINUS ? start + 1 : start
  for (; end < line.length && line[end] !== SPACE && line[end] !== NEWLINE; end++) {
    if (line[end]! < 48 || line[end]! > 57) throw new LineError('bad timestamp')
  }
  const text = quoted(line, start, end)
  if (text === '-') throw new LineError('strconv.ParseInt: parsing "-": invalid syntax')
  const units = findInt(line, start, end)
  if (units === undefined) throw new LineError(`strconv.ParseInt: parsing "${text}": value out of range`)
  const nanos = units * NANOS_PER_UNIT[precision]
  if (nanos > MAX_TIME || nanos < -MAX_TIME) {
    throw new LineError(`time outside range -${MAX_TIME} - ${MAX_TIME}`)
  }
  for (let i = end; i < line.length; i++) if (line[i] !== SPACE) throw new LineError('point is invalid')
  return instantOfNanos(nanos)
}

/** First index from `from` on of what is no white space to InfluxDB, or the length. */
export function skipSpaces(bytes: Uint8Array, from: number): number {
  let i = from
  while (bytes[i] === SPACE || bytes[i] === 9 || bytes[i] === 0) i++
  return i
}

function endOfValue(bytes: Uint8Array, from: number): number {
  let i = from
  while (i < bytes.length && bytes[i] !== COMMA && bytes[i] !== SPACE) i++
  return i
}

/** First index of a byte that has no backslash before it, or the length. */
function endOfPart(bytes: Uint8Array, from: number, at: number): number {
  let i = from
  while (i < bytes.length && (bytes[i] !== at || bytes[i - 1] === BACKSLASH)) i++
  return i
}

function isNumeric(c: number): boolean {
  return (c >= 48 && c <= 57) || c === 46
}

function isSign(c: number): boolean {
  return c === 43 || c === MINUS
}

function isExponentMark(c: number | undefined): boolean {
  return c === 101 || c === 69
}

/** Measurements and fields; tags keep the backslash before a quote. */
function unescapeName(text: string): string {
  return text.includes('\\') ? text.replace(/\\([,"= ])/g, '$1') : text
}

function unescapeTag(text: string): string {
  return text.includes('\\') ? text.replace(/\\([,= ])/g, '$1') : text
}

function unescapeString(text: string): string {
  return text.includes('\\') ? text.replace(/\\(["\\])/g, '$1') : text
}

/** A value that an error repeats, cut. */
function quoted(line: Uint8Array, start: number, end: number): string {
  if (end - start <= MAX_QUOTED_BYTES) return textOf(line, start, end)
  return `${textOf(line, start, start + MAX_QUOTED_BYTES)}…`
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}
