import { compare } from '../../core/instant.ts'
import type { NodeDefinition } from '../../graph/node.ts'
import type { Example } from '../../graph/spec.ts'
import { t } from '../../graph/spec.ts'
import type { Point } from '../../model/point.ts'
import { formatValue, type Int } from '../../model/value.ts'
import { field } from './function.ts'
import { type Multi, multi, type Result } from './multi.ts'
import { isEarlier } from './selector.ts'

interface RankingOptions {
  readonly num: Int
  readonly fieldsAndTags: readonly string[]
}

interface Ranked extends Result {
  readonly value: Int
  readonly point: Point
}

/**
 * The best `num` points of a set; of equal values the earlier ones. With names of fields and tags, only the best point
 * of each combination of their values takes part. What it gives is in the order of time, as in Kapacitor 1.5.7.
 */
export abstract class Ranking implements Multi {
  readonly #size: number
  readonly #names: readonly string[]
  /** Best first, at most `size`. */
  #best: Ranked[] = []
  readonly #byCombination = new Map<string, Ranked>()

  constructor({ num, fieldsAndTags }: RankingOptions) {
    this.#size = Number(num)
    this.#names = fieldsAndTags
  }

  protected abstract isBetter(value: Int, than: Int): boolean

  add(value: Int, point: Point): void {
    if (this.#names.length === 0) return this.#rank(value, point)
    const key = this.#combination(point)
    const best = this.#byCombination.get(key)
    if (best === undefined || this.#precedes(value, point, best)) {
      this.#byCombination.set(key, { value, point, time: point.time })
    }
  }

  reset(): void {
    this.#best = []
    this.#byCombination.clear()
  }

  results(): readonly Ranked[] {
    for (const { value, point } of this.#byCombination.values()) this.#rank(value, point)
    return this.#best.toSorted((a, b) => compare(a.time, b.time))
  }

  #rank(value: Int, point: Point): void {
    const best = this.#best
    let low = 0
    let high = best.length
    if (high === this.#size && !this.#precedes(value, point, best[high - 1]!)) return
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#precedes(value, point, best[middle]!)) high = middle
      else low = middle + 1
    }
    best.splice(low, 0, { value, point, time: point.time })
    if (best.length > this.#size) best.pop()
  }

  #precedes(value: Int, point: Point, other: Ranked): boolean {
    return this.isBetter(value, other.value) || (value === other.value && isEarlier(point, other.point))
  }

  #combination({ schema, values, series }: Point): string {
    let key = ''
    for (const name of this.#names) {
      const index = schema.indexOf(name)
      const part = index < 0 ? series.tags.get(name) : formatValue(values[index]!, schema.types[index]!)
      key += part === undefined ? '\u0001\0' : `${part}\0`
    }
    return key
  }
}

/** Defines `top` or `bottom`. */
export function ranking(
  name: string,
  summary: string,
  Class: new (options: RankingOptions) => Ranking,
  examples: readonly Example[]
): NodeDefinition {
  return multi(
    {
      name,
      summary,
      args: {
        num: t.int('How many points, at least 1.'),
        field,
        fieldsAndTags: t.rest(t.string('Fields and tags, of whose values each combination comes in once.'))
      },
      accepts: { float: Class, int: Class },
      result: 'same',
      // Differs: less than one point for top() or bottom() is refused, where Kapacitor gives empty batches or dies.
      refuses: ({ num }) => (num < 1 ? `${name} must give at least 1 point, not ${num}` : undefined),
      examples
    },
    ({ field, fieldsAndTags }) => new Set([field, ...fieldsAndTags])
  )
}
