import type { Instant } from '../../core/instant.ts'
import { isSame } from '../../core/instant.ts'
import { type Int, subtractInt } from '../../model/value.ts'
import { field } from './function.ts'
import { type Transform, transform } from './transform.ts'

abstract class Difference<V extends Int> implements Transform {
  #previous: V | undefined
  #time: Instant | undefined

  protected abstract between(value: V, previous: V): V

  next(value: V, time: Instant): V | undefined {
    if (this.#time !== undefined && isSame(time, this.#time)) return undefined
    const previous = this.#previous
    this.#previous = value
    this.#time = time
    return previous === undefined ? undefined : this.between(value, previous)
  }
}

class FloatDifference extends Difference<number> {
  protected override between(value: number, previous: number): number {
    return value - previous
  }
}

class IntDifference extends Difference<Int> {
  protected override between(value: Int, previous: Int): Int {
    return subtractInt(value, previous)
  }
}

export default transform({
  name: 'difference',
  summary: 'Difference to the previous value of the group; a point of the same time is left out.',
  args: { field },
  accepts: { float: FloatDifference, int: IntDifference },
  result: 'same',
  examples: [
    {
      script: "stream|from()|difference('n')",
      input: 'm n=3i 0s\nm n=1i 1s\nm n=5i 1s\nm n=8i 2s',
      output: 'm difference=-2i 1s\nm difference=7i 2s'
    }
  ]
})
