import type { Instant } from '../../core/instant.ts'
import { instantOfNanos, nanosOf } from '../../core/instant.ts'
import type { NodeDefinition } from '../../graph/node.ts'
import type { Example } from '../../graph/spec.ts'
import { t } from '../../graph/spec.ts'
import type { Point } from '../../model/point.ts'
import type { Int } from '../../model/value.ts'
import { holtWinters } from './forecast.ts'
import { field, requireField } from './function.ts'
import { type Multi, multi, type Result } from './multi.ts'

/**
 * A fit takes up to 16000 steps, each in proportion to the values and to the square of the season.
 * Differs: a forecast that would keep the thread busy for more than some seconds is an error of its batch: one from and
 * for more than 10000 intervals, or fewer with a season (6000 with one of 168 values); a season of more than 270 values
 * is refused. Kapacitor has no bound.
 */
const MAX_WORK = 400_000
const MAX_SEASON = 270
const MAX_VALUES = 10_000

function workOf(values: number, season: number): number {
  return 40 * values + 5 * (season + 6) ** 2
}

interface ForecastOptions {
  readonly h: Int
  readonly m: Int
  readonly interval: bigint
}

/** Keeps a set's values for a fit by the method of Holt and Winters, which is done at the end. */
export abstract class Forecast implements Multi {
  readonly #horizon: number
  readonly #period: number
  readonly #interval: bigint
  readonly #values: number[] = []
  readonly #times: Instant[] = []

  constructor({ h, m, interval }: ForecastOptions) {
    this.#horizon = Number(h)
    this.#period = Number(m)
    this.#interval = interval
  }

  protected abstract readonly withFit: boolean

  add(value: Int, point: Point): void {
    this.#values.push(Number(value))
    this.#times.push(point.time)
  }

  reset(): void {
    this.#values.length = 0
    this.#times.length = 0
  }

  results(): Result[] | string {
    const { length } = this.#values
    const needed = Math.max(2, this.#period)
    if (length < needed || this.#horizon <= 0) return []
    if (this.#bucketOf(this.#times[0]!) >= this.#bucketOf(this.#times[length - 1]!)) return []
    const series = this.#fillBuckets()
    // Differs: points that fill less than a season of intervals give no forecast, where Kapacitor dies.
    if (series !== undefined && series.length < needed) return []
    if (series === undefined || workOf(series.length + this.#horizon, this.#period) > MAX_WORK) {
      return 'cannot forecast from and for so many intervals, in a season of so many'
    }
    const values = holtWinters(series, this.#horizon, this.#period)
    return this.withFit
      ? this.#timed(values, this.#times[0]!, 0n)
      : this.#timed(values.slice(series.length), this.#times[length - 1]!, 1n)
  }

  /** The first value of each interval, NaN where there is none; undefined where they are too many. */
  #fillBuckets(): number[] | undefined {
    const first = this.#bucketOf(this.#times[0]!)
    const series: number[] = [this.#values[0]!]
    for (let i = 1; i < this.#values.length; i++) {
      const index = this.#bucketOf(this.#times[i]!) - first
      if (index < series.length) continue
      if (index >= MAX_VALUES) return undefined
      while (series.length < index) series.push(NaN)
      series.push(this.#values[i]!)
    }
    return series
  }

  /** Number of the interval, counted from 1970, that a time is nearest to; the middle belongs to the earlier one. */
  #bucketOf(time: Instant): bigint {
    const nanos = nanosOf(time)
    const bucket = nanos / this.#interval
    return nanos % this.#interval > this.#interval / 2n ? bucket + 1n : bucket
  }

  #timed(values: readonly number[], start: Instant, offset: bigint): Result[] {
    const results: Result[] = []
    for (const [i, value] of values.entries()) {
      const nanos = nanosOf(start) + this.#interval * (BigInt(i) + offset)
      if (!Number.isNaN(value)) results.push({ value, time: instantOfNanos(nanos) })
    }
    return results
  }
}

/** Defines one of the two Holt-Winters functions. */
export function forecasting(
  name: string,
  summary: string,
  Class: new (options: ForecastOptions) => Forecast,
  examples: readonly Example[]
): NodeDefinition {
  return multi(
    {
      name,
      kind: 'holtWinters',
      summary,
      args: {
        field,
        h: t.int('How many values to forecast.'),
        m: t.int('How many values make a season; below 2 there is none.'),
        interval: t.duration('Time between values; of points that are closer the first counts.')
      },
      accepts: { float: Class, int: Class },
      result: 'float',
      hasOwnTimes: true,
      // Differs: an interval of 0s or below for holtWinters() is refused, where Kapacitor dies.
      refuses: ({ interval, m }) => {
        if (m > MAX_SEASON) return `${name} must have a season of at most ${MAX_SEASON} values, not ${m}`
        return interval <= 0n ? `${name} must have an interval above 0s` : undefined
      },
      examples
    },
    requireField
  )
}
