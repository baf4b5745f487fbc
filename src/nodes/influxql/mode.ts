import type { Instant } from '../../core/instant.ts'
import { isBefore } from '../../core/instant.ts'
import type { Point } from '../../model/point.ts'
import type { Int } from '../../model/value.ts'
import { type Aggregate, aggregate } from './aggregate.ts'
import { field } from './function.ts'
import { compareNumbers } from './sorting.ts'

interface Occurrences {
  readonly first: Instant
  last: Instant
  count: number
}

class Mode implements Aggregate {
  readonly #byValue = new Map<Int, Occurrences>()

  add(value: Int, { time }: Point): void {
    const seen = this.#byValue.get(value)
    if (seen === undefined) {
      this.#byValue.set(value, { first: time, last: time, count: 1 })
    } else {
      seen.last = time
      seen.count++
    }
  }

  reset(): void {
    this.#byValue.clear()
  }

  /**
   * The most frequent value. Of equally frequent ones it is the larger one, unless it begins after the smaller one has
   * ended; but the smallest where all are different (measured on Kapacitor). Differs: the result of mode() is 0 where
   * the most frequent values are 0 and -0, whichever comes first.
   */
  result(): Int {
    const [smallest, ...others] = [...this.#byValue].sort(([a], [b]) => compareNumbers(a, b))
    let [mode, best] = smallest!
    for (const [value, seen] of others) {
      if (seen.count < best.count || seen.count === 1) continue
      if (seen.count === best.count && isBefore(best.last, seen.first)) continue
      mode = value
      best = seen
    }
    return mode
  }

  /** A single value is taken for a selected point. */
  pointTime(): Instant | undefined {
    if (this.#byValue.size > 1) return undefined
    const [only] = this.#byValue.values()
    return only?.count === 1 ? only.first : undefined
  }
}

export default aggregate({
  name: 'mode',
  summary: 'The most frequent value.',
  args: { field },
  accepts: { float: Mode, int: Mode },
  result: 'same',
  examples: [
    {
      script: "stream|from()|window().period(10s).every(10s).align()|mode('n')",
      input: 'm n=5i 0s\nm n=2i 1s\nm n=5i 2s\nm n=9i 11s',
      output: 'm mode=5i 10s'
    }
  ]
})
