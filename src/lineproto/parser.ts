/**
 * Line protocol to columns of points, at the speed of a byte scan. The fast path only knows lines that look like an
 * earlier line of their series: the key is compared with that of the series expected next (or looked up by hash), the
 * fields with the layout of the series' last line; numbers are read in place. Whatever does not fit goes to
 * `strict-parser.ts`, which knows everything and teaches the tables. Fields that nobody reads are checked but not built.
 */
import { Instant, instantOfNanos, nanosOf, truncate } from '../core/instant.ts'
import type { RequiredFields } from '../model/required-fields.ts'
import { Schema } from '../model/schema.ts'
import { Series, Tags } from '../model/series.ts'
import type { FieldType, Value } from '../model/value.ts'
import {
  DEFAULT_LIMITS,
  FIELD_KEY_SEPARATOR_BYTES,
  LineError,
  type LineLimits,
  MAX_KEY_BYTES,
  parseLine,
  type ParsedField,
  type ParsedLine,
  skipSpaces
} from './strict-parser.ts'
import { BOOLEAN, FLOAT, INT, Layout, type LineCount } from './layout.ts'
import { endOfLine } from './lines.ts'
import { NANOS_PER_UNIT, type Precision } from './precision.ts'
import { PlainKeyReader } from './plain-key.ts'
import { hashStep, SeriesEntry, SeriesTable } from './series-table.ts'
import type { PointColumns } from '../model/point-columns.ts'

const TAB = 9
const NEWLINE = 10
const RETURN = 13
const SPACE = 32
const QUOTE = 34
const HASH = 35
const COMMA = 44
const MINUS = 45
const DOT = 46
const ZERO = 48
const BACKSLASH = 92

const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)
/** Up to so many digits a double holds exactly, and its quotient by a power of ten is the nearest double. */
const EXACT_DIGITS = 15
/** A float of so many digits is left to the strict parser: it may be too large. */
const MAX_SURE_DIGITS = 300

/** A body gets so many characters of problems at most. */
const MAX_PROBLEM_CHARS = 65_536

export interface LineParserOptions {
  readonly db: string
  readonly rp: string
  /** What anybody reads of a measurement; undefined: nobody reads it at all. */
  readonly requiredFields: (measurement: string) => RequiredFields | undefined
  /** Series that are remembered; past it all are forgotten and learned again. */
  readonly maxSeries?: number
  /** Memory that those may take, nearly; likewise. */
  readonly maxSeriesBytes?: number
  readonly limits?: LineLimits
  /** Told of each line that is refused since it holds more than one line may. */
  readonly onOverLimit?: () => void
  /** Makes the numbers that the hashes of keys begin with. */
  readonly newHashSeed?: () => number
  /** Number of slots that readers will use on a new series. */
  readonly slotCount?: () => number
}

/** The parser of one database and retention policy. */
export class LineParser {
  readonly #options: LineParserOptions
  readonly #limits: LineLimits
  readonly #table: SeriesTable
  readonly #plans = new Map<string, MeasurementPlan>()
  /** Memory of the plans and their layouts, nearly. */
  #planBytes = 0
  readonly #plainKeys = new PlainKeyReader()
  /** Counts of the measurements that the last body has lines of. */
  #lineCounts: LineCount[] = []
  #previous = new SeriesEntry(0, 0, 0, new Series('', '', '', Tags.EMPTY), undefined)
  /** Times that the table of series was full and started anew. */
  resets = 0
  /** Bad lines of the last body, as far as it was read. */
  badLines = 0

  constructor(options: LineParserOptions) {
    this.#options = options
    this.#limits = options.limits ?? DEFAULT_LIMITS
    this.#table = new SeriesTable(options.newHashSeed)
  }

  get seriesCount(): number {
    return this.#table.size
  }

  series(): Iterable<Series> {
    return this.#table.series()
  }

  /** Forgets plans and layouts; called when what `requiredFields` answers has changed. */
  requiredFieldsChanged(): void {
    this.#plans.clear()
    this.#planBytes = 0
    this.#table.forgetLayouts()
  }

  /** Tells, once, how many lines of each measurement the last body had. */
  takeCounts(receive: (measurement: string, lines: number) => void): void {
    const lineCounts = this.#lineCounts
    this.#lineCounts = []
    for (const lineCount of lineCounts) {
      receive(lineCount.measurement, lineCount.lines)
      lineCount.lines = 0
    }
  }

  /**
   * Appends the points of a body to `columns`. Throws nothing.
   * @param bytes UTF-8, not kept: what points hold is copied out.
   * @param precision Unit of the timestamps; a line without one gets `now`, truncated to it.
   * @param keepsGood The good lines of a body with bad ones are of use; otherwise `columns` is not to be used then.
   * @returns A text with one line a bad line, or undefined where all were good.
   */
  parse(
    bytes: Buffer,
    precision: Precision,
    now: Instant,
    columns: PointColumns,
    keepsGood = false
  ): string | undefined {
    const problems = new LineProblems()
    const end = bytes.length
    const unitMs = Number(NANOS_PER_UNIT[precision]) / 1e6
    let defaultTime: Instant | undefined
    // The last timestamp: neighbours often share it.
    let timeStart = 0
    let timeEnd = -1
    let lastTime: Instant | undefined
    let previous = this.#previous
    // Lines in a row of one measurement.
    let lineCount: LineCount | undefined
    let lines = 0
    let p = 0

    lines: while (p < end) {
      let c = bytes[p]!
      if (c === NEWLINE) {
        p++
        continue
      }
      const lineStart = p

      fast: {
        // White space before the line, a comment, or nothing.
        if (c <= HASH && (c === SPACE || c === TAB || c === 0 || c === RETURN || c === HASH)) break fast

        // The series.
        let entry = previous.next
        if (entry !== undefined && p + (entry.end - entry.start) <= end) {
          const { arena } = this.#table
          const keyEnd = entry.end
          let at = entry.start
          while (at < keyEnd && arena[at] === bytes[p]) {
            at++
            p++
          }
          if (at < keyEnd) p = lineStart
        }
        if (p === lineStart) {
          let hash = this.#table.hashSeed
          for (; p < end; p++) {
            c = bytes[p]!
            if (c === NEWLINE) break fast
            if (c === SPACE && bytes[p - 1] !== BACKSLASH) break
            hash = hashStep(hash, c)
          }
          if (p >= end) break fast
          entry = this.#table.find(bytes, lineStart, p, hash) ?? this.#enter(bytes, lineStart, p, hash)
          if (entry === undefined) break fast
          previous.next = entry
          p++
        }
        const layout = entry!.layout
        if (layout === undefined) break fast

        // The fields.
        const { size, names, nameEnds, types, slots, scratch } = layout
        let name = 0
        for (let field = 0; field < size; field++) {
          const nameEnd = nameEnds[field]!
          for (; name < nameEnd; name++, p++) if (names[name] !== bytes[p]) break fast
          const type = types[field]!
          const slot = slots[field]!
          if (type === FLOAT || type === INT) {
            c = bytes[p]!
            const isNegative = c === MINUS
            if (isNegative) p++
            const start = p
            let mantissa = 0
            let dot = -1
            for (; p < end; p++) {
              c = bytes[p]!
              if (c >= ZERO && c <= 57) mantissa = mantissa * 10 + (c - ZERO)
              else if (c === DOT && dot < 0) dot = p
              else break
            }
            const digits = p - start - (dot < 0 ? 0 : 1)
            if (digits === 0 || digits > MAX_SURE_DIGITS) break fast
            if (type === INT) {
              if (dot >= 0 || digits > EXACT_DIGITS || p >= end || bytes[p] !== 105) break fast
              p++
              if (slot >= 0) scratch[slot] = isNegative ? 0 - mantissa : mantissa
            } else if (slot >= 0) {
              if (digits > EXACT_DIGITS)
                scratch[slot] = Number(bytes.toString('latin1', isNegative ? start - 1 : start, p))
              else {
                const value = dot < 0 ? mantissa : mantissa / POWERS_OF_TEN[p - dot - 1]!
                scratch[slot] = isNegative ? -value : value
              }
            }
          } else if (type === BOOLEAN) {
            const value = bytes[p]! | 32
            if (value !== 116 && value !== 102) break fast
            p++
            // Anything but the one-letter forms is told apart by the strict parser.
            if (p < end && bytes[p]! > SPACE && bytes[p] !== COMMA) {
              const length = wordLength(bytes, p - 1, end)
              if (length === 0) break fast
              p += length - 1
            }
            if (slot >= 0) scratch[slot] = value === 116
          } else {
            if (bytes[p] !== QUOTE) break fast
            const start = ++p
            let seen = 0
            for (; p < end; p++) {
              c = bytes[p]!
              if (c === QUOTE || c === BACKSLASH) break
              seen |= c
            }
            if (p >= end || c === BACKSLASH) break fast
            if (slot >= 0)
              scratch[slot] = seen < 128 ? bytes.toString('latin1', start, p) : bytes.toString('utf8', start, p)
            p++
          }
          if (field < size - 1) {
            if (bytes[p++] !== COMMA) break fast
          }
        }

        // The time.
        let time: Instant
        c = p < end ? bytes[p]! : NEWLINE
        if (c === SPACE) {
          p++
          const length = timeEnd - timeStart
          let at = timeStart
          let q = p
          if (length > 0 && p + length <= end) {
            while (at < timeEnd && bytes[at] === bytes[q]) {
              at++
              q++
            }
          }
          if (at === timeEnd && (q >= end || bytes[q] === NEWLINE) && lastTime !== undefined) {
            p = q
            time = lastTime
          } else {
            const start = p
            let value = 0
            for (; p < end; p++) {
              c = bytes[p]!
              if (c < ZERO || c > 57) break
              value = value * 10 + (c - ZERO)
            }
            const digits = p - start
            if (digits === 0 || digits > 19 || (digits === 19 && bytes[start]! > 56)) break fast
            c = p < end ? bytes[p]! : NEWLINE
            if (c !== NEWLINE && !(c === RETURN && (p + 1 >= end || bytes[p + 1] === NEWLINE))) break fast
            if (precision === 'n') time = timeOfDigits(bytes, start, p, value)
            else {
              const ms = value * unitMs
              if (!(ms < 9e12)) break fast // Up to here microseconds are exact, too.
              time = unitMs >= 1 ? new Instant(ms, 0) : instantOfNanos(BigInt(value) * NANOS_PER_UNIT[precision])
            }
            timeStart = start
            timeEnd = p
            lastTime = time
          }
        } else if (c === NEWLINE || (c === RETURN && (p + 1 >= end || bytes[p + 1] === NEWLINE))) {
          time = defaultTime ??= truncateToUnit(now, precision)
        } else break fast

        if (layout.lineCount !== lineCount) {
          if (lineCount !== undefined) this.#count(lineCount, lines)
          lineCount = layout.lineCount
          lines = 0
        }
        lines++
        if (layout.isRead && (keepsGood || !problems.any))
          columns.push(entry!.series, time, layout.schema, copyOf(scratch))
        previous = entry!
        continue lines
      }

      // The strict parser reads it.
      p = endOfLine(bytes, lineStart, end)
      const line = contentOf(bytes, lineStart, p)
      if (line.length === 0 || line[0] === HASH) continue
      const parsed = parseLine(line, precision, this.#limits)
      if (parsed instanceof LineError) {
        if (parsed.isOverLimit) this.#options.onOverLimit?.()
        problems.add(line, parsed.message)
        // Differs: Kapacitor repeats every bad line whole, so that an answer is as large as its request.
        if (problems.isFull && !keepsGood) break
        continue
      }
      const plan = this.#plan(parsed.measurement)
      const layout = this.#layoutOf(plan, parsed.fields)
      const entry = this.#learn(parsed, layout, plan.requiredFields !== undefined)
      previous.next = entry
      previous = entry
      this.#count(plan.lineCount, 1)
      if (plan.requiredFields === undefined || (problems.any && !keepsGood)) continue
      const time = parsed.time ?? (defaultTime ??= truncateToUnit(now, precision))
      const { schema, values } =
        layout === undefined ? gather(parsed.fields, plan.requiredFields) : spread(parsed.fields, layout)
      columns.push(entry.series, time, schema, values)
    }
    this.#previous = previous
    if (lineCount !== undefined) this.#count(lineCount, lines)
    this.badLines = problems.count
    return problems.text
  }

  #count(lineCount: LineCount, lines: number): void {
    if (lineCount.lines === 0) this.#lineCounts.push(lineCount)
    lineCount.lines += lines
  }

  /**
   * Enters a series that was not met before, where its key is plain; its lines are taken to look like the last one of
   * their measurement until they turn out not to.
   */
  #enter(bytes: Buffer, start: number, end: number, hash: number): SeriesEntry | undefined {
    const key = this.#plainKeys.read(bytes, start, end, this.#limits.maxTags)
    if (key === undefined) return undefined
    const { measurement, tags } = key
    const layout = this.#plans.get(measurement)?.last
    if (layout === undefined) return undefined
    if (end - start + FIELD_KEY_SEPARATOR_BYTES + layout.longestNameBytes > MAX_KEY_BYTES) return undefined
    return this.#add(bytes, start, end, hash, measurement, tags, layout, layout.isRead)
  }

  /** Enters what a line showed into the tables. */
  #learn({ key, measurement, tags }: ParsedLine, layout: Layout | undefined, isRead: boolean): SeriesEntry {
    const { hashSeed } = this.#table
    const hash = hashOf(key, 0, key.length, hashSeed)
    // Where a line ends may hang on what stands behind two backslashes in its key: such lines are not read fast.
    const known = hasTwoBackslashes(key) ? undefined : layout
    const entry = this.#table.find(key, 0, key.length, hash)
    if (entry === undefined) return this.#add(key, 0, key.length, hash, measurement, Tags.of(tags), known, isRead)
    entry.layout = known
    return entry
  }

  #add(
    bytes: Uint8Array,
    start: number,
    end: number,
    hash: number,
    measurement: string,
    tags: Tags,
    layout: Layout | undefined,
    isRead: boolean
  ): SeriesEntry {
    const { db, rp, slotCount, maxSeries = MAX_SERIES, maxSeriesBytes = MAX_SERIES_BYTES } = this.#options
    const table = this.#table
    const series = new Series(db, rp, measurement, tags, isRead ? slotCount?.() : 0)
    if (table.size < maxSeries && table.bytes < maxSeriesBytes && !table.isCrowded) {
      return table.add(bytes, start, end, hash, series, layout)
    }
    table.clear()
    this.resets++
    return table.add(bytes, start, end, hashOf(bytes, start, end, table.hashSeed), series, layout)
  }

  #plan(measurement: string): MeasurementPlan {
    let plan = this.#plans.get(measurement)
    if (plan === undefined) {
      this.#makeRoom(PLAN_BYTES + 3 * measurement.length)
      plan = new MeasurementPlan(measurement, this.#options.requiredFields(measurement))
      this.#plans.set(measurement, plan)
    }
    return plan
  }

  /** What a line with these fields looks like; undefined where such lines are always read by the strict parser. */
  #layoutOf(plan: MeasurementPlan, fields: readonly ParsedField[]): Layout | undefined {
    const key = Layout.keyOf(fields)
    let layout = plan.layouts.get(key)
    if (layout === undefined) {
      layout = Layout.of(fields, plan.requiredFields, plan.lineCount)
      if (layout === undefined) return undefined
      this.#makeRoom(layout.bytes)
      plan.layouts.set(key, layout)
    }
    return (plan.last = layout)
  }

  /** Counts what is going to be remembered of measurements; when it is too much, begins anew. */
  #makeRoom(bytes: number): void {
    if (this.#planBytes + bytes > MAX_PLAN_BYTES) this.requiredFieldsChanged()
    this.#planBytes += bytes
  }
}

const MAX_SERIES = 1_000_000
const MAX_SERIES_BYTES = 1024 * 1024 * 1024
/**
 * Memory that plans of measurements and layouts of their lines may take: names come from outside, and there is no end
 * of them.
 */
const MAX_PLAN_BYTES = 32 * 1024 * 1024
const PLAN_BYTES = 512

/** What is known of a measurement: who reads which fields, and the layouts that its lines have had. */
class MeasurementPlan {
  readonly requiredFields: RequiredFields | undefined
  /** Layout of the last line that was read by the strict parser. */
  last: Layout | undefined
  readonly lineCount: LineCount
  readonly layouts = new Map<string, Layout>()

  constructor(measurement: string, requiredFields: RequiredFields | undefined) {
    this.lineCount = { measurement, lines: 0 }
    this.requiredFields = requiredFields
  }
}

interface Fields {
  readonly schema: Schema
  readonly values: readonly Value[]
}

/** The fields that somebody reads of a line that looks like `layout`. */
function spread(fields: readonly ParsedField[], { schema, slots }: Layout): Fields {
  const values = new Array<Value>(schema.size)
  for (let i = 0; i < fields.length; i++) if (slots[i]! >= 0) values[slots[i]!] = fields[i]!.value
  return { schema, values }
}

/** The fields that somebody reads, of a line in which a name may come twice: the later value counts. */
function gather(fields: readonly ParsedField[], requiredFields: RequiredFields): Fields {
  const places = new Map<string, number>()
  const types: FieldType[] = []
  const values: Value[] = []
  for (const { name, type, value } of fields) {
    if (requiredFields !== 'all' && !requiredFields.has(name)) continue
    const place = places.get(name) ?? places.size
    places.set(name, place)
    types[place] = type
    values[place] = value
  }
  return { schema: Schema.of([...places.keys()], types), values }
}

/**
 * A line without the white space before it and without its line end, whose newline may be within it where a quote or a
 * backslash stands open.
 *
 * Differs: a carriage return before the newline belongs to the line end; the original takes it for a part of the line,
 * which mostly is an error.
 */
function contentOf(bytes: Buffer, start: number, lineEnd: number): Buffer {
  let end = lineEnd
  if (end > start && bytes[end - 1] === NEWLINE) end--
  if (end > start && bytes[end - 1] === RETURN) end--
  const line = bytes.subarray(start, end)
  return line.subarray(skipSpaces(line, 0))
}

function hashOf(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed
  for (let i = start; i < end; i++) hash = hashStep(hash, bytes[i]!)
  return hash
}

function hasTwoBackslashes(key: Uint8Array): boolean {
  return Buffer.from(key.buffer, key.byteOffset, key.length).includes('\\\\')
}

/** The problems of the lines of a body, bounded. */
class LineProblems {
  readonly #lines: string[] = []
  #chars = 0
  count = 0

  get any(): boolean {
    return this.#lines.length > 0
  }

  get isFull(): boolean {
    return this.#chars > MAX_PROBLEM_CHARS
  }

  get text(): string | undefined {
    if (!this.any) return undefined
    return [...this.#lines, ...(this.isFull ? ['too many bad lines, the rest of the body was not read'] : [])].join(
      '\n'
    )
  }

  add(line: Buffer, reason: string): void {
    this.count++
    if (this.isFull) return
    const cut = line.length > 4096 ? `${line.toString('utf8', 0, 4096)}…` : line.toString('utf8')
    const text = `unable to parse '${cut}': ${reason}`
    this.#lines.push(text)
    this.#chars += text.length
  }
}

function copyOf(scratch: readonly unknown[]): never[] {
  return (scratch.length === 1 ? [scratch[0]] : scratch.slice()) as never[]
}

/** Length of the boolean word at `start`, 0 where it is none that the fast path knows. */
function wordLength(bytes: Buffer, start: number, end: number): number {
  let stop = start
  while (stop < end && bytes[stop]! > SPACE && bytes[stop] !== COMMA) stop++
  return /^(true|True|TRUE|false|False|FALSE)$/.test(bytes.toString('latin1', start, stop)) ? stop - start : 0
}

/** Nanoseconds of up to 19 digits as an instant. @param value The same digits as a double. */
function timeOfDigits(bytes: Uint8Array, start: number, end: number, value: number): Instant {
  if (end - start <= 15) {
    const ms = Math.floor(value / 1e6)
    return new Instant(ms, value - ms * 1e6)
  }
  let ms = 0
  for (let i = start; i < end - 6; i++) ms = ms * 10 + (bytes[i]! - ZERO)
  let ns = 0
  for (let i = end - 6; i < end; i++) ns = ns * 10 + (bytes[i]! - ZERO)
  return new Instant(ms, ns)
}

function truncateToUnit(now: Instant, precision: Precision): Instant {
  const unit = NANOS_PER_UNIT[precision]
  if (unit === 1n) return now
  return unit >= 1_000_000n ? truncate(now, instantOfNanos(unit)) : instantOfNanos((nanosOf(now) / unit) * unit)
}
