import { addInt, type Int } from '../../model/value.ts'
import { field } from './function.ts'
import { type Transform, transform } from './transform.ts'

class FloatCumulativeSum implements Transform {
  #sum = 0

  next(value: number): number {
    return (this.#sum += value)
  }
}

class IntCumulativeSum implements Transform {
  #sum: Int = 0

  next(value: Int): Int {
    return (this.#sum = addInt(this.#sum, value))
  }
}

export default transform({
  name: 'cumulativeSum',
  summary: 'Sum of the values so far, on a stream without end. A point without the field gives the last sum again.',
  args: { field },
  accepts: { float: FloatCumulativeSum, int: IntCumulativeSum },
  result: 'same',
  repeats: true,
  examples: [
    {
      script: "stream|from()|cumulativeSum('n').as('total')",
      input: 'm n=1i 0s\nm n=5i 1s\nm n=-2i 2s',
      output: 'm total=1i 0s\nm total=6i 1s\nm total=4i 2s'
    }
  ]
})
