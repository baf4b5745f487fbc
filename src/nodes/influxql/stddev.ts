import type { Int } from '../../model/value.ts'
import { type Aggregate, aggregate } from './aggregate.ts'
import { field } from './function.ts'

/** Two passes over all values, as the original computes it: sums of squares would differ in the last digits. */
class Stddev implements Aggregate {
  readonly #values: number[] = []
  /** How many values came, with those that are NaN. */
  #count = 0

  add(value: Int): void {
    this.#count++
    const number = Number(value)
    if (!Number.isNaN(number)) this.#values.push(number)
  }

  reset(): void {
    this.#values.length = 0
    this.#count = 0
  }

  result(): number {
    if (this.#count < 2) return NaN
    let mean = 0
    let count = 0
    for (const value of this.#values) mean += (value - mean) / ++count
    let squares = 0
    for (const value of this.#values) squares += (value - mean) * (value - mean)
    return Math.sqrt(squares / (count - 1))
  }
}

export default aggregate({
  name: 'stddev',
  summary: 'Standard deviation of the values as a sample; NaN of a single one.',
  args: { field },
  accepts: { float: Stddev, int: Stddev },
  result: 'float',
  examples: [
    {
      script: "stream|from()|window().period(10s).every(10s).align()|stddev('n')",
      input: 'm n=2i 0s\nm n=4i 1s\nm n=6i 2s\nm n=9i 11s',
      output: 'm stddev=2 10s'
    }
  ]
})
