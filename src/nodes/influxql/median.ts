import type { Instant } from '../../core/instant.ts'
import type { Point } from '../../model/point.ts'
import { type Int, subtractInt } from '../../model/value.ts'
import { type Aggregate, aggregate } from './aggregate.ts'
import { field } from './function.ts'
import { sortNumbers } from './sorting.ts'

abstract class Median<V extends Int> implements Aggregate {
  protected readonly values: V[] = []

  protected abstract between(low: V, high: V): number

  add(value: V, _point: Point): void {
    this.values.push(value)
  }

  reset(): void {
    this.values.length = 0
  }

  result(): number {
    const sorted = sortNumbers(this.values) as ArrayLike<V>
    const middle = sorted.length >> 1
    return sorted.length % 2 === 1 ? Number(sorted[middle]!) : this.between(sorted[middle - 1]!, sorted[middle]!)
  }
}

class FloatMedian extends Median<number> {
  #firstTime: Instant | undefined

  override add(value: number, point: Point): void {
    if (this.values.length === 0) this.#firstTime = point.time
    this.values.push(value)
  }

  /** Kapacitor takes a single float for a selected point, but not a single int. */
  pointTime(): Instant | undefined {
    return this.values.length === 1 ? this.#firstTime : undefined
  }

  protected override between(low: number, high: number): number {
    return low + (high - low) / 2
  }
}

class IntMedian extends Median<Int> {
  protected override between(low: Int, high: Int): number {
    return Number(low) + Number(subtractInt(high, low)) / 2
  }
}

export default aggregate({
  name: 'median',
  summary: 'The value in the middle, or half way between the two in the middle; always a float.',
  args: { field },
  accepts: { float: FloatMedian, int: IntMedian },
  result: 'float',
  examples: [
    {
      script: "stream|from()|window().period(10s).every(10s).align()|median('n')",
      input: 'm n=1i 0s\nm n=9i 1s\nm n=4i 3s\nm n=2i 4s\nm n=0i 11s',
      output: 'm median=3 10s'
    }
  ]
})
