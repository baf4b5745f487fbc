import type { Instant } from '../../core/instant.ts'
import { nanosBetween, nanosOf } from '../../core/instant.ts'
import { t } from '../../graph/spec.ts'
import { type Int, intOf, type Value } from '../../model/value.ts'
import { field } from './function.ts'
import { type Transform, transform } from './transform.ts'

class Elapsed implements Transform {
  readonly #unit: bigint
  readonly #unitNs: number
  #previous: Instant | undefined

  constructor({ unit }: { readonly unit: bigint }) {
    this.#unit = unit
    this.#unitNs = Number(unit)
  }

  next(_value: Value, time: Instant): Int | undefined {
    const previous = this.#previous
    this.#previous = time
    if (previous === undefined) return undefined
    const nanos = nanosBetween(time, previous)
    if (Number.isSafeInteger(nanos) && Number.isSafeInteger(this.#unitNs)) return Math.trunc(nanos / this.#unitNs) + 0
    return intOf((nanosOf(time) - nanosOf(previous)) / this.#unit)
  }
}

export default transform({
  name: 'elapsed',
  summary: 'Time since the previous point of the group, in whole units; the rest is cut off.',
  args: { field, unit: t.duration('Unit of the result.') },
  accepts: { float: Elapsed, int: Elapsed, string: Elapsed, boolean: Elapsed },
  result: 'int',
  repeats: true,
  // Differs: a unit of 0s for elapsed() is refused, where Kapacitor dies of the first point.
  refuses: ({ unit }) => (unit === 0n ? 'elapsed must have a unit other than 0s' : undefined),
  examples: [
    {
      script: "stream|from()|elapsed('v', 1s)",
      input: 'm v=1 0s\nm v=2 1500ms\nm v=3 5s',
      output: 'm elapsed=1i 1500ms\nm elapsed=3i 5s'
    }
  ]
})
