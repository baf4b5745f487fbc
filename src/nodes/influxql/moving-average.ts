import { t } from '../../graph/spec.ts'
import { addInt, type Int, subtractInt } from '../../model/value.ts'
import { field } from './function.ts'
import { type Transform, transform } from './transform.ts'

const MAX_WINDOW = 1_000_000

/** The last values in a ring, and their running sum. */
abstract class MovingAverage<V extends Int> implements Transform {
  readonly #size: number
  readonly #ring: V[] = []
  #next = 0

  constructor({ window }: { readonly window: Int }) {
    this.#size = Number(window)
  }

  /** The sum after a value has come; `gone` is the one that it took the place of. */
  protected abstract sumAfter(value: V, gone: V | undefined): number

  next(value: V): number | undefined {
    const ring = this.#ring
    const gone = ring[this.#next]
    ring[this.#next] = value
    this.#next = (this.#next + 1) % this.#size
    const sum = this.sumAfter(value, gone)
    return ring.length === this.#size ? sum / this.#size : undefined
  }
}

class FloatMovingAverage extends MovingAverage<number> {
  /** Sum of the finite values. */
  #sum = 0
  #infinities = 0
  #negativeInfinities = 0
  #nans = 0

  // Differs: a NaN or an infinity leaves movingAverage() with its window, where Kapacitor's sum stays spoilt.
  protected override sumAfter(value: number, gone: number | undefined): number {
    if (gone !== undefined) this.#count(gone, -1)
    this.#count(value, 1)
    if (this.#nans > 0 || (this.#infinities > 0 && this.#negativeInfinities > 0)) return NaN
    if (this.#infinities > 0) return Infinity
    return this.#negativeInfinities > 0 ? -Infinity : this.#sum
  }

  #count(value: number, times: 1 | -1): void {
    if (Number.isFinite(value)) this.#sum += times * value
    else if (Number.isNaN(value)) this.#nans += times
    else if (value > 0) this.#infinities += times
    else this.#negativeInfinities += times
  }
}

class IntMovingAverage extends MovingAverage<Int> {
  #sum: Int = 0

  protected override sumAfter(value: Int, gone: Int | undefined): number {
    if (gone !== undefined) this.#sum = subtractInt(this.#sum, gone)
    return Number((this.#sum = addInt(this.#sum, value)))
  }
}

export default transform({
  name: 'movingAverage',
  summary: 'Average of the last values of the group, as soon as there are so many.',
  args: { field, window: t.int('How many values, at least 1.') },
  accepts: { float: FloatMovingAverage, int: IntMovingAverage },
  result: 'float',
  repeats: true,
  // Differs: a window of less than one value for movingAverage() is refused, where Kapacitor dies of the first point; so
  // is one of more than a million, for which Kapacitor makes room in every group.
  refuses: ({ window }) => {
    if (window > MAX_WINDOW) return `movingAverage must have a window of at most ${MAX_WINDOW} values, not ${window}`
    return window < 1 ? `movingAverage must have a window of at least 1 value, not ${window}` : undefined
  },
  examples: [
    {
      script: "stream|from()|movingAverage('n', 2)",
      input: 'm n=1i 0s\nm n=4i 1s\nm n=6i 2s',
      output: 'm movingAverage=2.5 1s\nm movingAverage=5 2s'
    }
  ]
})
