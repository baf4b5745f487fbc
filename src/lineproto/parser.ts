/**
 * Line protocol to staged points, at the speed of a byte scan. The fast path only knows lines that look like an
 * earlier line of their series: the key is compared with that of the series expected next (or looked up by hash), the
 * fields with the layout of the series' last line; numbers are read in place. Whatever does not fit goes to
 * `careful.ts`, which knows everything and teaches the tables. Fields that nobody reads are checked but not built.
 */
import { Instant, instantOfNanos, nanosOf, truncate } from '../core/instant.ts'
import type { FieldDemand } from '../model/demand.ts'
import { FieldsBuilder } from '../model/point.ts'
import { Series, Tags } from '../model/series.ts'
import { parseLine, type ParsedField, type ParsedLine } from './careful.ts'
import { BOOLEAN, FLOAT, INT, Layout, type Tally } from './layout.ts'
import { endOfLine } from './lines.ts'
import { NANOS_PER_UNIT, type Precision } from './precision.ts'
import { PlainKeyReader } from './plain-key.ts'
import { HASH_SEED, hashStep, SeriesEntry, SeriesTable } from './series-table.ts'
import type { Staged } from '../model/staged.ts'

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

/** So many characters of complaints a body gets at most. */
const MAX_COMPLAINT_CHARS = 65_536

export interface LineParserOptions {
  readonly db: string
  readonly rp: string
  /** What anybody reads of a measurement; undefined: nobody reads it at all. */
  readonly demand: (measurement: string) => FieldDemand | undefined
  /** Series that are remembered; past it all are forgotten and learned again. */
  readonly maxSeries?: number
  /** Number of slots that readers will use on a new series. */
  readonly slotCount?: () => number
}

/** The parser of one database and retention policy. */
export class LineParser {
  readonly #options: LineParserOptions
  readonly #table = new SeriesTable()
  readonly #plans = new Map<string, MeasurementPlan>()
  readonly #plainKeys = new PlainKeyReader()
  /** Of the measurements that the last body has lines of. */
  #tallies: Tally[] = []
  #previous = new SeriesEntry(0, 0, 0, new Series('', '', '', Tags.EMPTY), undefined)
  /** Times that the table of series was full and started anew. */
  resets = 0

  constructor(options: LineParserOptions) {
    this.#options = options
  }

  get seriesCount(): number {
    return this.#table.size
  }

  series(): Iterable<Series> {
    return this.#table.series()
  }

  /** To be called when what `demand` answers has changed. */
  demandChanged(): void {
    this.#plans.clear()
    this.#table.forgetLayouts()
  }

  /** Tells, once, how many lines of each measurement the last body had. */
  takeCounts(receive: (measurement: string, lines: number) => void): void {
    const tallies = this.#tallies
    this.#tallies = []
    for (const tally of tallies) {
      receive(tally.measurement, tally.lines)
      tally.lines = 0
    }
  }

  /**
   * Appends the points of a body to `staged`. Throws nothing.
   * @param bytes UTF-8, not kept: what points hold is copied out.
   * @param precision Unit of the timestamps; a line without one gets `now`, truncated to it.
   * @returns A text with one line a bad line, or undefined where all were good. Then `staged` is not to be used.
   */
  parse(bytes: Buffer, precision: Precision, now: Instant, staged: Staged): string | undefined {
    const complaints = new Complaints()
    const end = bytes.length
    const unitMs = Number(NANOS_PER_UNIT[precision]) / 1e6
    let defaultTime: Instant | undefined
    // The last timestamp: neighbours often share it.
    let timeStart = 0
    let timeEnd = -1
    let lastTime: Instant | undefined
    let previous = this.#previous
    // Lines in a row of one measurement.
    let tally: Tally | undefined
    let lines = 0
    let p = 0

    lines: while (p < end) {
      let c = bytes[p]!
      if (c <= SPACE) {
        p++ // line ends, and white space before a line
        continue
      }
      if (c === HASH) {
        p = endOfLine(bytes, p, end)
        continue
      }
      const lineStart = p

      fast: {
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
          let hash = HASH_SEED
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
            if (digits === 0) break fast
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
            // Anything but the one-letter forms is told apart by the book.
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
              if (!(ms < 9.2e12)) break fast
              time = unitMs >= 1 ? new Instant(ms, 0) : instantOfNanos(BigInt(value) * NANOS_PER_UNIT[precision])
            }
            timeStart = start
            timeEnd = p
            lastTime = time
          }
        } else if (c === NEWLINE || (c === RETURN && (p + 1 >= end || bytes[p + 1] === NEWLINE))) {
          time = defaultTime ??= truncateToUnit(now, precision)
        } else break fast

        if (layout.tally !== tally) {
          if (tally !== undefined) this.#count(tally, lines)
          tally = layout.tally
          lines = 0
        }
        lines++
        if (!complaints.any && layout.isRead) staged.push(entry!.series, time, layout.schema, copyOf(scratch))
        previous = entry!
        continue lines
      }

      // By the book.
      p = endOfLine(bytes, lineStart, end)
      const lineEnd = bytes[p - 1] === RETURN ? p - 1 : p
      const line = bytes.subarray(lineStart, lineEnd)
      const parsed = parseLine(line, precision)
      if (typeof parsed === 'string') {
        complaints.add(line, parsed)
        // Differs: Kapacitor repeats every bad line whole, so that an answer is as large as its request.
        if (complaints.isFull) break
        continue
      }
      const entry = this.#learn(parsed)
      previous.next = entry
      previous = entry
      const { demand, tally: own } = this.#plan(parsed.measurement)
      this.#count(own, 1)
      if (complaints.any) continue
      if (demand === undefined) continue
      const fields = new FieldsBuilder()
      for (const { name, type, value } of parsed.fields) {
        if (demand === 'all' || demand.has(name)) fields.set(name, type, value)
      }
      const time = parsed.time ?? (defaultTime ??= truncateToUnit(now, precision))
      staged.push(entry.series, time, fields.schema, fields.values)
    }
    this.#previous = previous
    if (tally !== undefined) this.#count(tally, lines)
    return complaints.text
  }

  #count(tally: Tally, lines: number): void {
    if (tally.lines === 0) this.#tallies.push(tally)
    tally.lines += lines
  }

  /**
   * Enters a series that was not met before, where its key is plain; its lines are taken to look like the last one of
   * their measurement until they turn out not to.
   */
  #enter(bytes: Buffer, start: number, end: number, hash: number): SeriesEntry | undefined {
    const key = this.#plainKeys.read(bytes, start, end)
    if (key === undefined) return undefined
    const { measurement, tags } = key
    const layout = this.#plans.get(measurement)?.last
    return layout && this.#add(bytes, start, end, hash, measurement, tags, layout)
  }

  /** Enters what a line showed into the tables. */
  #learn({ key, measurement, tags, fields }: ParsedLine): SeriesEntry {
    let hash = HASH_SEED
    for (const byte of key) hash = hashStep(hash, byte)
    const layout = this.#plan(measurement).layoutOf(fields)
    const known = this.#table.find(key, 0, key.length, hash)
    if (known === undefined) return this.#add(key, 0, key.length, hash, measurement, Tags.of(tags), layout)
    known.layout = layout
    return known
  }

  #add(
    bytes: Uint8Array,
    start: number,
    end: number,
    hash: number,
    measurement: string,
    tags: Tags,
    layout: Layout | undefined
  ): SeriesEntry {
    if (this.#table.size >= (this.#options.maxSeries ?? 1_000_000)) {
      this.#table.clear()
      this.resets++
    }
    const { db, rp, slotCount } = this.#options
    const series = new Series(db, rp, measurement, tags, slotCount?.())
    return this.#table.add(bytes, start, end, hash, series, layout)
  }

  #plan(measurement: string): MeasurementPlan {
    let plan = this.#plans.get(measurement)
    if (plan === undefined) {
      if (this.#plans.size >= MAX_PLANS) this.#plans.clear()
      plan = new MeasurementPlan(measurement, this.#options.demand(measurement))
      this.#plans.set(measurement, plan)
    }
    return plan
  }
}

const MAX_PLANS = 100_000
const MAX_LAYOUTS = 1_000

/** What is known of a measurement: who reads which fields, and the layouts that its lines have had. */
class MeasurementPlan {
  readonly demand: FieldDemand | undefined
  /** Layout of the last line that was read by the book. */
  last: Layout | undefined
  readonly tally: Tally
  readonly #layouts = new Map<string, Layout | undefined>()

  constructor(measurement: string, demand: FieldDemand | undefined) {
    this.tally = { measurement, lines: 0 }
    this.demand = demand
  }

  layoutOf(fields: readonly ParsedField[]): Layout | undefined {
    const key = Layout.keyOf(fields)
    if (!this.#layouts.has(key)) {
      if (this.#layouts.size >= MAX_LAYOUTS) this.#layouts.clear()
      this.#layouts.set(key, Layout.of(fields, this.demand, this.tally))
    }
    return (this.last = this.#layouts.get(key))
  }
}

/** The complaints about a body, bounded. */
class Complaints {
  readonly #lines: string[] = []
  #chars = 0

  get any(): boolean {
    return this.#lines.length > 0
  }

  get isFull(): boolean {
    return this.#chars > MAX_COMPLAINT_CHARS
  }

  get text(): string | undefined {
    if (!this.any) return undefined
    return [...this.#lines, ...(this.isFull ? ['too many bad lines, the rest of the body was not read'] : [])].join(
      '\n'
    )
  }

  add(line: Buffer, reason: string): void {
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
