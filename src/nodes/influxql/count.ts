import { EPOCH, type Instant } from '../../core/instant.ts'
import { type Aggregate, aggregate } from './aggregate.ts'
import { field } from './function.ts'

class Count implements Aggregate {
  #count = 0

  add(): void {
    this.#count++
  }

  reset(): void {
    this.#count = 0
  }

  result(): number {
    return this.#count
  }

  /** Nothing was counted: with usePointTimes() Kapacitor gives that the time 1970. */
  pointTime(): Instant | undefined {
    return this.#count === 0 ? EPOCH : undefined
  }
}

export default aggregate({
  name: 'count',
  summary: 'Number of the points that have the field; 0 for an empty batch.',
  args: { field },
  accepts: { float: Count, int: Count, string: Count, boolean: Count },
  result: 'int',
  emitsEmpty: true,
  examples: [
    {
      script: "stream|from()|window().period(10s).every(10s).align()|count('v')",
      input: 'm v=1.5 0s\nm v=2.5 3s\nm w=1 4s\nm v=9 11s',
      output: 'm count=2i 10s'
    }
  ]
})
