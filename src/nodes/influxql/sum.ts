import { EPOCH, type Instant } from '../../core/instant.ts'
import type { Int } from '../../model/value.ts'
import { type Aggregate, aggregate } from './aggregate.ts'
import { field } from './function.ts'
import { IntSum } from './int-sum.ts'

/** A sum belongs to no point: with usePointTimes() Kapacitor gives it the time 1970. */
class FloatSum implements Aggregate {
  #sum = 0

  add(value: number): void {
    this.#sum += value
  }

  reset(): void {
    this.#sum = 0
  }

  result(): number {
    return this.#sum
  }

  pointTime(): Instant {
    return EPOCH
  }
}

class SumOfInts extends IntSum implements Aggregate {
  result(): Int {
    return this.value
  }

  pointTime(): Instant {
    return EPOCH
  }
}

export default aggregate({
  name: 'sum',
  summary: 'Sum of the values, in their type: ints wrap around at 64 bits. 0.0 for an empty batch.',
  args: { field },
  accepts: { float: FloatSum, int: SumOfInts },
  result: 'same',
  emitsEmpty: true,
  examples: [
    {
      script: "stream|from()|window().period(10s).every(10s).align()|sum('n').as('total')",
      input: 'm n=1i 0s\nm n=5i 3s\nm n=9i 11s',
      output: 'm total=6i 10s'
    }
  ]
})
