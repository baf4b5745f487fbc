import { t } from '../../graph/spec.ts'
import type { Point } from '../../model/point.ts'
import type { Int } from '../../model/value.ts'
import { field } from './function.ts'
import { type Selector, selector } from './selector.ts'
import { sortNumbers } from './sorting.ts'

class Percentile implements Selector {
  readonly #percentile: number
  readonly #values: Int[] = []
  readonly #points: Point[] = []

  constructor({ percentile }: { readonly percentile: number }) {
    this.#percentile = percentile
  }

  add(value: Int, point: Point): void {
    this.#values.push(value)
    this.#points.push(point)
  }

  reset(): void {
    this.#values.length = 0
    this.#points.length = 0
  }

  /** The point of the nearest rank; none where that is outside. Equal values rank in the order in which they came. */
  selected(): Point | undefined {
    const { length } = this.#values
    const rank = Math.floor((length * this.#percentile) / 100 + 0.5) - 1
    if (!(rank >= 0 && rank < length)) return undefined
    const sorted = sortNumbers(this.#values)
    const value = sorted[rank]!
    let index = this.#find(value, 0)
    for (let before = rank - 1; before >= 0 && sorted[before] === value; before--) index = this.#find(value, index + 1)
    return this.#points[index]
  }

  #find(value: Int, from: number): number {
    return Number.isNaN(value) ? this.#values.findIndex(Number.isNaN) : this.#values.indexOf(value, from)
  }
}

export default selector({
  name: 'percentile',
  summary: 'The point whose value has the rank n * percentile / 100, rounded; none where that is no rank.',
  args: { field, percentile: t.float('From 0.0 to 100.0.') },
  accepts: { float: Percentile, int: Percentile },
  result: 'same',
  examples: [
    {
      script: "stream|from()|window().period(10s).every(10s).align()|percentile('v', 75.0)",
      input: 'm,host=a v=3 1s\nm,host=b v=1 2s\nm,host=c v=4 3s\nm,host=d v=2 4s\nm,host=a v=9 11s',
      output: 'm,host=a percentile=3 10s'
    }
  ]
})
