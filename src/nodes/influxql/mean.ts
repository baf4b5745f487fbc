import type { Int } from '../../model/value.ts'
import { type Aggregate, aggregate } from './aggregate.ts'
import { field } from './function.ts'
import { IntSum } from './int-sum.ts'

class FloatMean implements Aggregate {
  #sum = 0
  #count = 0

  add(value: number): void {
    this.#sum += value
    this.#count++
  }

  reset(): void {
    this.#sum = 0
    this.#count = 0
  }

  result(): number {
    return this.#sum / this.#count
  }
}

/** The sum wraps around at 64 bits, as Kapacitor's does. */
class IntMean extends IntSum implements Aggregate {
  #count = 0

  override add(value: Int): void {
    super.add(value)
    this.#count++
  }

  override reset(): void {
    super.reset()
    this.#count = 0
  }

  result(): number {
    return Number(this.value) / this.#count
  }
}

export default aggregate({
  name: 'mean',
  summary: 'Average of the values, always a float.',
  args: { field },
  accepts: { float: FloatMean, int: IntMean },
  result: 'float',
  examples: [
    {
      script: "stream|from()|window().period(10s).every(10s).align()|mean('n')",
      input: 'm n=1i 0s\nm n=4i 3s\nm n=9i 11s',
      output: 'm mean=2.5 10s'
    }
  ]
})
