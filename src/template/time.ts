import { formatInstant, type Instant } from '../core/instant.ts'
import { quote } from './quote.ts'
import { formatLayout, monthName } from './time-layout.ts'

/** A `time.Time`: an instant and the zone that it is shown in. */
export class Time {
  readonly instant: Instant
  readonly offsetSeconds: number
  /** Name of the zone in texts of the time: `CET`. */
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

  /** Nanoseconds within the second. */
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

/** Seconds from the first of January of the year 1 to 1970. */
const YEAR_1_SECONDS = 62_135_596_800n

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
