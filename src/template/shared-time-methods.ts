import { formatGoDuration, HOUR, MINUTE, SECOND } from '../core/duration.ts'
import {
  compare,
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
import { localTime, Time } from './time.ts'
import { monthName, weekdayName } from './time-layout.ts'
import { Int, int, type IntType, type Method, type ParamType, type Value } from './values.ts'

const MAX_INT64 = 0x7fff_ffff_ffff_ffffn

const DURATION_METHODS: ReadonlyMap<string, Method<Int>> = new Map<string, Method<Int>>([
  ['String', method([], ({ value }) => formatGoDuration(value))],
  ['Nanoseconds', method([], ({ value }) => value)],
  ['Microseconds', method([], ({ value }) => value / 1000n)],
  ['Milliseconds', method([], ({ value }) => value / 1_000_000n)],
  ['Seconds', method([], ({ value }) => inUnits(value, SECOND))],
  ['Minutes', method([], ({ value }) => inUnits(value, MINUTE))],
  ['Hours', method([], ({ value }) => inUnits(value, HOUR))],
  ['Abs', method([], ({ value }) => duration(value < 0n ? -value : value))],
  ['Truncate', method(['time.Duration'], ({ value }, [unit]) => duration(value - remainder(value, nanos(unit))))],
  ['Round', method(['time.Duration'], ({ value }, [unit]) => duration(roundTo(value, nanos(unit))))]
])

const DURATION: IntType = { name: 'time.Duration', print: formatGoDuration, methods: DURATION_METHODS }
const MONTH = named('time.Month', (value) => monthName(Number(value)))
const WEEKDAY = named('time.Weekday', (value) => weekdayName(Number(value)))

export function duration(value: bigint): Int {
  return new Int(DURATION, value)
}

/** Methods of Go's time that make plain values: templates and users' JavaScript have them both. */
export const TIME_METHODS: ReadonlyMap<string, Method<Time>> = new Map<string, Method<Time>>([
  ['Format', { ...method<Time>(['string'], (time, [layout]) => time.format(layout as string)), perCharacter: 8 }],
  ['String', { ...method<Time>([], (time) => time.toString()), steps: 60 }],
  ['Unix', method([], (time) => BigInt(Math.floor(time.instant.ms / 1000)))],
  ['UnixMilli', method([], (time) => BigInt(time.instant.ms))],
  ['UnixMicro', method([], (time) => BigInt(time.instant.ms) * 1000n + BigInt(Math.floor(time.instant.ns / 1000)))],
  ['UnixNano', method([], (time) => BigInt.asIntN(64, nanosOf(time.instant)))],
  ['UTC', method([], (time) => new Time(time.instant))],
  ['Local', { ...method<Time>([], (time) => localTime(time.instant)), steps: 200 }],
  ['Add', method(['time.Duration'], (time, [by]) => time.at(plus(time.instant, spanOfNanos(nanos(by)))))],
  ['AddDate', method(['int', 'int', 'int'], addDate)],
  ['Sub', method(['time.Time'], (time, [other]) => duration(between(time, other as Time)))],
  ['Before', method(['time.Time'], (time, [other]) => isBefore(time.instant, (other as Time).instant))],
  ['After', method(['time.Time'], (time, [other]) => isBefore((other as Time).instant, time.instant))],
  ['Equal', method(['time.Time'], (time, [other]) => isSame(time.instant, (other as Time).instant))],
  ['Compare', method(['time.Time'], (time, [other]) => int(Math.sign(compare(time.instant, (other as Time).instant))))],
  ['IsZero', method([], (time) => isSame(time.instant, ZERO_TIME))],
  ['Truncate', method(['time.Duration'], (time, [unit]) => time.at(truncate(time.instant, spanOfNanos(nanos(unit)))))],
  ['Round', method(['time.Duration'], (time, [unit]) => time.at(round(time.instant, spanOfNanos(nanos(unit)))))],
  ['Year', method([], (time) => int(time.wall.getUTCFullYear()))],
  ['Month', method([], (time) => new Int(MONTH, BigInt(time.wall.getUTCMonth() + 1)))],
  ['Day', method([], (time) => int(time.wall.getUTCDate()))],
  ['Hour', method([], (time) => int(time.wall.getUTCHours()))],
  ['Minute', method([], (time) => int(time.wall.getUTCMinutes()))],
  ['Second', method([], (time) => int(time.wall.getUTCSeconds()))],
  ['Nanosecond', method([], (time) => int(time.nanosecond))],
  ['Weekday', method([], (time) => new Int(WEEKDAY, BigInt(time.wall.getUTCDay())))],
  ['YearDay', method([], (time) => int(Number(time.format('002'))))],
  ['Location', method([], (time) => time.location)]
])

export function method<T>(params: readonly ParamType[], call: Method<T>['call']): Method<T> {
  return { params, call }
}

/** An integer type that prints as a name. */
function named(name: string, print: (value: bigint) => string): IntType {
  return { name, print, methods: new Map([['String', method<Int>([], ({ value }) => print(value))]]) }
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
