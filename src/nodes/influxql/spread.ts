import { type Int, subtractInt } from '../../model/value.ts'
import { type Aggregate, aggregate } from './aggregate.ts'
import { field } from './function.ts'

class FloatSpread implements Aggregate {
  #low = Infinity
  #high = -Infinity

  add(value: number): void {
    this.#low = Math.min(this.#low, value)
    this.#high = Math.max(this.#high, value)
  }

  reset(): void {
    this.#low = Infinity
    this.#high = -Infinity
  }

  result(): number {
    return this.#high - this.#low
  }
}

class IntSpread implements Aggregate {
  #low: Int | undefined
  #high: Int = 0

  add(value: Int): void {
    if (this.#low === undefined) this.#low = this.#high = value
    else if (value < this.#low) this.#low = value
    else if (value > this.#high) this.#high = value
  }

  reset(): void {
    this.#low = undefined
  }

  result(): Int {
    return subtractInt(this.#high, this.#low!)
  }
}

export default aggregate({
  name: 'spread',
  summary: 'Difference between the largest and the smallest value.',
  args: { field },
  accepts: { float: FloatSpread, int: IntSpread },
  result: 'same',
  examples: [
    {
      script: "stream|from()|window().period(10s).every(10s).align()|spread('n')",
      input: 'm n=5i 0s\nm n=-2i 1s\nm n=4i 2s\nm n=9i 11s',
      output: 'm spread=7i 10s'
    }
  ]
})
