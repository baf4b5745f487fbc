import type { Instant } from '../../core/instant.ts'
import { compare } from '../../core/instant.ts'
import { compareBytes } from '../../model/bytes.ts'
import type { Point } from '../../model/point.ts'
import type { Value } from '../../model/value.ts'
import { field, requireField } from './function.ts'
import { type Multi, multi, type Result } from './multi.ts'

class Distinct implements Multi {
  readonly #firstTimes = new Map<Value, Instant>()

  add(value: Value, point: Point): void {
    if (!this.#firstTimes.has(value)) this.#firstTimes.set(value, point.time)
  }

  reset(): void {
    this.#firstTimes.clear()
  }

  results(): Result[] {
    return [...this.#firstTimes]
      .map(([value, time]) => ({ value, time }))
      .sort((a, b) => compare(a.time, b.time) || compareValues(a.value, b.value))
  }
}

/** Compares values of one type; false comes before true. */
function compareValues(a: Value, b: Value): number {
  if (typeof a === 'string') return compareBytes(a, b as string)
  return a! < b! ? -1 : a! > b! ? 1 : 0
}

export default multi(
  {
    name: 'distinct',
    summary: 'Each different value once, in the order in which they first came.',
    args: { field },
    accepts: { float: Distinct, int: Distinct, string: Distinct, boolean: Distinct },
    result: 'same',
    examples: [
      {
        script: "stream|from()|window().period(10s).every(10s).align()|distinct('s')|count('distinct')",
        input: 'm s="b" 0s\nm s="a" 1s\nm s="b" 2s\nm s="d" 11s',
        output: 'm count=2i 10s'
      }
    ]
  },
  requireField
)
