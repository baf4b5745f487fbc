import {
  instantOfMillis,
  instantOfNanos,
  type Instant,
  isBefore,
  nanosOf,
  plus,
  round,
  type Span,
  spanOfNanos,
  truncate
} from '../../core/instant.ts'
import { readCron } from './cron.ts'
import { TimeZone } from './time-zone.ts'

/** When queries are due. */
export interface Schedule {
  /** The first time for a task that starts at `start`; undefined: never. */
  firstAfter(start: Instant): Instant | undefined
  /** The time that follows one. */
  nextAfter(time: Instant): Instant | undefined
  /** The time that follows one and is not over, as times go by that nobody waited for. */
  nextFrom(time: Instant, now: Instant): Instant | undefined
}

export interface ScheduleOptions {
  /** Nanoseconds; 0: not given. */
  readonly every: bigint
  readonly cron: string
  readonly align: boolean
  /** Zone of a cron expression; '' is that of this machine. */
  readonly zone: string
}

export type ReadSchedule =
  { readonly ok: true; readonly schedule: Schedule } | { readonly ok: false; readonly error: string }

/** The error is Kapacitor's text. */
export function readSchedule({ every, cron, align, zone }: ScheduleOptions): ReadSchedule {
  if (every < 0n) return { ok: false, error: "'every' duration must must non-negative" }
  if (every !== 0n && cron !== '') return { ok: false, error: "must not set both 'every' and 'cron' properties" }
  if (every !== 0n) return { ok: true, schedule: new Regular(every, align) }
  if (cron === '') return { ok: false, error: "must define one of 'every' or 'cron'" }
  const read = readCron(cron)
  if (!read.ok) return read
  const timeZone = TimeZone.of(zone)
  if (timeZone === undefined) return { ok: false, error: `unknown time zone ${zone}` }
  const next = (time: Instant): Instant | undefined => {
    const start = timeZone.wallOf(time.ms)
    for (let wall = read.cron.nextAfter(start); wall !== undefined; wall = read.cron.nextAfter(wall)) {
      const ms = timeZone.instantOf(wall, time.ms)
      if (ms > time.ms) return instantOfMillis(ms)
    }
    return undefined
  }
  return {
    ok: true,
    schedule: { firstAfter: next, nextAfter: next, nextFrom: (time, now) => next(isBefore(time, now) ? now : time) }
  }
}

/**
 * Differs: without align, too, the times are exact multiples apart, where Kapacitor takes the clock when its timer
 * comes; so what consecutive queries ask for neither overlaps nor leaves gaps.
 */
class Regular implements Schedule {
  readonly #every: bigint
  readonly #span: Span
  readonly #isAligned: boolean

  constructor(every: bigint, isAligned: boolean) {
    this.#every = every
    this.#span = spanOfNanos(every)
    this.#isAligned = isAligned
  }

  firstAfter(start: Instant): Instant {
    return plus(this.#isAligned ? truncate(start, this.#span) : start, this.#span)
  }

  nextAfter(time: Instant): Instant {
    const next = plus(time, this.#span)
    return this.#isAligned ? round(next, this.#span) : next
  }

  nextFrom(time: Instant, now: Instant): Instant {
    const passed = isBefore(time, now) ? (nanosOf(now) - nanosOf(time)) / this.#every : 0n
    return passed === 0n ? this.nextAfter(time) : instantOfNanos(nanosOf(time) + (passed + 1n) * this.#every)
  }
}
