import {
  compare,
  formatInstant,
  type Instant,
  instantOfNanos,
  isBefore,
  isSame,
  nanosOf,
  plus,
  round,
  spanOfNanos,
  truncate,
  ZERO_TIME
} from '../core/instant.ts'
import { formatGoDuration, HOUR, MINUTE, SECOND } from '../core/duration.ts'
import { quote } from './quote.ts'
import { formatLayout, monthName, weekdayName } from './time-layout.ts'
import { Int, int, type IntType, type Method, type ParamType, type Value } from './values.ts'

/** A `time.Time`: an instant and the zone that it is shown in. */
export class Time {
  readonly instant: Instant
  readonly offsetSeconds: number
  /** As texts of the time name it: `CET`. */
  readonly zone: string
  /** `UTC`, `Local`, or `` for an offset alone. */
  readonly location: string

  constructor(instant: Instant, offsetSeconds = 0, zone = 'UTC', location = zone) {
    this.instant = instant
    this.offsetSeconds = offsetSeconds
    this.zone = zone
    this.location = location
  }

  /** The wall clock's reading, as the UTC fields of a date. */
  get wall(): Date {
    return new Date(this.instant.ms + this.offsetSeconds * 1000)
  }

  /** Within the second. */
  get nanosecond(): number {
    return (((this.instant.ms % 1000) + 1000) % 1000) * 1e6 + this.instant.ns
  }

  format(layout: string): string {
    return formatLayout(layout, this.wall, this.nanosecond, this.offsetSeconds, this.zone)
  }

  /** `2023-11-14 22:13:20.123 +0000 UTC` */
  toString(): string {
    return this.format('2006-01-02 15:04:05.999999999 -0700 MST')
  }

  /** `time.Date(2023, time.November, 14, 22, 13, 20, 123000000, time.UTC)` */
  toGoString(): string {
    const { wall } = this
    const clock = [wall.getUTCDate(), wall.getUTCHours(), wall.getUTCMinutes(), wall.getUTCSeconds(), this.nanosecond]
    const date = `${wall.getUTCFullYear()}, time.${monthName(wall.getUTCMonth() + 1)}, ${clock.join(', ')}`
    const isNamed = this.location === 'UTC' || this.location === 'Local'
    return `time.Date(${date}, time.${isNamed ? this.location : `Location(${quote(this.location)})`})`
  }

  get secondsSinceYear1(): bigint {
    return BigInt(Math.floor(this.instant.ms / 1000)) + YEAR_1_SECONDS
  }

  /** RFC 3339 with the shortest fraction. */
  toJson(): string {
    return this.offsetSeconds === 0 ? formatInstant(this.instant) : this.format('2006-01-02T15:04:05.999999999Z07:00')
  }

  at(instant: Instant): Time {
    return new Time(instant, this.offsetSeconds, this.zone, this.location)
  }
}

/** From the first of January of the year 1 to 1970. */
const YEAR_1_SECONDS = 62_135_596_800n

const MAX_INT64 = 0x7fff_ffff_ffff_ffffn

const DURATION_METHODS: ReadonlyMap<string, Method<Int>> = new Map<string, Method<Int>>([
  ['String', of([], ({ value }) => formatGoDuration(value))],
  ['Nanoseconds', of([], ({ value }) => value)],
  ['Microseconds', of([], ({ value }) => value / 1000n)],
  ['Milliseconds', of([], ({ value }) => value / 1_000_000n)],
  ['Seconds', of([], ({ value }) => inUnits(value, SECOND))],
  ['Minutes', of([], ({ value }) => inUnits(value, MINUTE))],
  ['Hours', of([], ({ value }) => inUnits(value, HOUR))],
  ['Abs', of([], ({ value }) => duration(value < 0n ? -value : value))],
  ['Truncate', of(['time.Duration'], ({ value }, [unit]) => duration(value - remainder(value, nanos(unit))))],
  ['Round', of(['time.Duration'], ({ value }, [unit]) => duration(roundTo(value, nanos(unit))))]
])

const DURATION: IntType = { name: 'time.Duration', print: formatGoDuration, methods: DURATION_METHODS }
const MONTH = named('time.Month', (value) => monthName(Number(value)))
const WEEKDAY = named('time.Weekday', (value) => weekdayName(Number(value)))

export function duration(value: bigint): Int {
  return new Int(DURATION, value)
}

export const TIME_METHODS: ReadonlyMap<string, Method<Time>> = new Map<string, Method<Time>>([
  ['Format', { ...of<Time>(['string'], (time, [layout]) => time.format(layout as string)), perCharacter: 8 }],
  ['String', { ...of<Time>([], (time) => time.toString()), steps: 60 }],
  ['Unix', of([], (time) => BigInt(Math.floor(time.instant.ms / 1000)))],
  ['UnixMilli', of([], (time) => BigInt(time.instant.ms))],
  ['UnixMicro', of([], (time) => BigInt(time.instant.ms) * 1000n + BigInt(Math.floor(time.instant.ns / 1000)))],
  ['UnixNano', of([], (time) => BigInt.asIntN(64, nanosOf(time.instant)))],
  ['UTC', of([], (time) => new Time(time.instant))],
  ['Local', { ...of<Time>([], (time) => localTime(time.instant)), steps: 200 }],
  ['Add', of(['time.Duration'], (time, [by]) => time.at(plus(time.instant, spanOfNanos(nanos(by)))))],
  ['AddDate', of(['int', 'int', 'int'], addDate)],
  ['Sub', of(['time.Time'], (time, [other]) => duration(between(time, other as Time)))],
  ['Before', of(['time.Time'], (time, [other]) => isBefore(time.instant, (other as Time).instant))],
  ['After', of(['time.Time'], (time, [other]) => isBefore((other as Time).instant, time.instant))],
  ['Equal', of(['time.Time'], (time, [other]) => isSame(time.instant, (other as Time).instant))],
  ['Compare', of(['time.Time'], (time, [other]) => int(Math.sign(compare(time.instant, (other as Time).instant))))],
  ['IsZero', of([], (time) => isSame(time.instant, ZERO_TIME))],
  ['Truncate', of(['time.Duration'], (time, [unit]) => time.at(truncate(time.instant, spanOfNanos(nanos(unit)))))],
  ['Round', of(['time.Duration'], (time, [unit]) => time.at(round(time.instant, spanOfNanos(nanos(unit)))))],
  ['Year', of([], (time) => int(time.wall.getUTCFullYear()))],
  ['Month', of([], (time) => new Int(MONTH, BigInt(time.wall.getUTCMonth() + 1)))],
  ['Day', of([], (time) => int(time.wall.getUTCDate()))],
  ['Hour', of([], (time) => int(time.wall.getUTCHours()))],
  ['Minute', of([], (time) => int(time.wall.getUTCMinutes()))],
  ['Second', of([], (time) => int(time.wall.getUTCSeconds()))],
  ['Nanosecond', of([], (time) => int(time.nanosecond))],
  ['Weekday', of([], (time) => new Int(WEEKDAY, BigInt(time.wall.getUTCDay())))],
  ['YearDay', of([], (time) => int(Number(time.format('002'))))],
  ['Location', of([], (time) => time.location)]
])

export function of<T>(params: readonly ParamType[], call: Method<T>['call']): Method<T> {
  return { params, call }
}

/** An integer type that prints as a name. */
function named(name: string, print: (value: bigint) => string): IntType {
  return { name, print, methods: new Map([['String', of<Int>([], ({ value }) => print(value))]]) }
}

function nanos(value: Value): bigint {
  return (value as Int).value
}

function inUnits(value: bigint, unit: bigint): number {
  return Number(value / unit) + Number(value % unit) / Number(unit)
}

function remainder(value: bigint, unit: bigint): bigint {
  return unit <= 0n ? 0n : value % unit
}

/** Halves go away from zero. */
function roundTo(value: bigint, unit: bigint): bigint {
  if (unit <= 0n) return value
  const rest = value % unit
  const abs = rest < 0n ? -rest : rest
  if (abs * 2n < unit) return value - rest
  return value - rest + (value < 0n ? -unit : unit)
}

/** Saturates, as Go's `Sub` does. */
function between(time: Time, other: Time): bigint {
  const difference = nanosOf(time.instant) - nanosOf(other.instant)
  if (difference > MAX_INT64) return MAX_INT64
  return difference < -MAX_INT64 - 1n ? -MAX_INT64 - 1n : difference
}

function addDate(time: Time, args: readonly Value[]): Time {
  const [years, months, days] = args.map((arg) => Number((arg as Int).value)) as [number, number, number]
  const wall = time.wall
  wall.setUTCFullYear(wall.getUTCFullYear() + years, wall.getUTCMonth() + months, wall.getUTCDate() + days)
  const moved = BigInt(wall.getTime() - time.offsetSeconds * 1000) * 1_000_000n + BigInt(time.instant.ns)
  return time.at(instantOfNanos(moved))
}

/** Names of the local zone; slow to make. */
let zones: Intl.DateTimeFormat | undefined

export function localTime(instant: Instant): Time {
  const date = new Date(instant.ms)
  const offsetSeconds = -date.getTimezoneOffset() * 60
  zones ??= new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' })
  const parts = zones.formatToParts(date)
  const zone = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'UTC'
  return new Time(instant, offsetSeconds, zone, 'Local')
}
