import { compare } from '../../core/instant.ts'
import type { NodeDefinition } from '../../graph/node.ts'
import type { Example } from '../../graph/spec.ts'
import { t } from '../../graph/spec.ts'
import type { Point } from '../../model/point.ts'
import type { Int } from '../../model/value.ts'
import { field, requireField } from './function.ts'
import { type Multi, multi, type Result } from './multi.ts'

interface Ranked extends Result {
  readonly value: Int
  readonly point: Point
}

/**
 * The best `num` points of a set, best first; of equal values the earlier ones. What might be among them is collected,
 * and sorted and cut when it is about twice as many: any `num` costs a point the same, but for a logarithm.
 */
export abstract class Ranking implements Multi {
  readonly #size: number
  #candidates: Ranked[] = []
  /** The last of the best at the last cut: what does not precede it is not among them. */
  #last: Ranked | undefined

  constructor({ num }: { readonly num: Int }) {
    this.#size = Number(num)
  }

  protected abstract isBetter(value: Int, than: Int): boolean

  add(value: Int, point: Point): void {
    const ranked = { value, point, time: point.time }
    if (this.#last !== undefined && this.#order(ranked, this.#last) >= 0) return
    this.#candidates.push(ranked)
    if (this.#candidates.length >= 2 * this.#size + SPARE) this.#cut()
  }

  reset(): void {
    this.#candidates = []
    this.#last = undefined
  }

  results(): readonly Ranked[] {
    this.#cut()
    return this.#candidates
  }

  #cut(): void {
    const candidates = this.#candidates
    candidates.sort((a, b) => this.#order(a, b))
    if (candidates.length < this.#size) return
    candidates.length = this.#size
    this.#last = candidates.at(-1)
  }

  /** NaN comes last. */
  #order(a: Ranked, b: Ranked): number {
    if (this.isBetter(a.value, b.value)) return -1
    if (this.isBetter(b.value, a.value)) return 1
    return Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value)) || compare(a.time, b.time)
  }
}

/** Room for more than twice the best, so that a few of them are not sorted at every other point. */
const SPARE = 16

/** Defines `top` or `bottom`. */
export function ranking(
  name: string,
  summary: string,
  Class: new (options: { readonly num: Int }) => Ranking,
  examples: readonly Example[]
): NodeDefinition {
  return multi(
    {
      name,
      summary,
      args: {
        num: t.int('How many points, at least 1.'),
        field,
        fieldsAndTags: t.rest(t.string('Fields and tags: they make no difference, as in Kapacitor 1.8.'))
      },
      accepts: { float: Class, int: Class },
      result: 'same',
      // Differs: less than one point for top() or bottom() is refused, where Kapacitor gives empty batches or dies.
      refuses: ({ num }) => (num < 1 ? `${name} must give at least 1 point, not ${num}` : undefined),
      examples
    },
    requireField
  )
}
