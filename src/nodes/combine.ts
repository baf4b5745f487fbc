import { type Instant, isSame, round, type Span, spanOfNanos } from '../core/instant.ts'
import { GroupedNode } from '../graph/grouped-node.ts'
import { defineNode, type NodeContext, NodeError } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { type CompiledLambda, FAILED, type LambdaInstance, TRUE } from '../lambda/contract.ts'
import type { Batch } from '../model/batch.ts'
import type { Group } from '../model/group.ts'
import type { Point } from '../model/point.ts'
import { Schema } from '../model/schema.ts'
import { Series, Tags } from '../model/series.ts'
import { compileOrRefuse, referencesOf } from './lambda.ts'
import { FieldMerger, refusePrefixes, requireBehindPrefixes } from './prefixes.ts'

const spec = nodeSpec({
  name: 'combine',
  wants: 'either',
  provides: 'stream',
  summary: 'Combines the points of one time with each other, as many at once as there are expressions.',
  args: { expressions: t.rest(t.lambda('What a point must fulfil to take this place.')) },
  properties: {
    as: t.list(t.string('Prefixes of fields and tags, one for each place.')),
    delimiter: t.string('Between prefix and field.').default('.'),
    tolerance: t.duration('Times that round to the same multiple are the same.').default(0n),
    max: t.int('Number of combinations of one time that ends the task.').default(1_000_000)
  },
  validate: ({ as, delimiter, expressions, max }) =>
    max > MAX_COMBINATIONS
      ? `combine max must be at most ${MAX_COMBINATIONS}, not ${max}`
      : refusePrefixes('combine', as, delimiter, { count: expressions.length, called: 'combine expressions' }),
  requiredFields: ({ as, delimiter, expressions }, below) =>
    requireBehindPrefixes(as, delimiter, below, referencesOf(...expressions)),
  examples: [
    {
      script: `stream|from()|combine(lambda: "svc" == 'login', lambda: TRUE).as('login', 'other')`,
      input: 'm,svc=login v=10 1s\nm,svc=cart v=2 1s\nm,svc=pay v=5 1s\nm,svc=cart v=1 2s',
      output:
        'm,login.svc=login,other.svc=cart login.v=10,other.v=2 1s\nm,login.svc=login,other.svc=pay login.v=10,other.v=5 1s'
    }
  ]
})

/**
 * Differs: |combine with a max of more than two millions is refused; many expressions bound it further, since each
 * combination then takes longer. Kapacitor has no bound.
 */
const MAX_COMBINATIONS = 2_000_000
/** Combinations times the cube of the places: what it takes to fill these. */
const MAX_WORK = 1_000_000_000

/** The points of one time of a group. */
interface Slice {
  readonly conditions: readonly LambdaInstance[]
  /** Name of the measurement of the first point of the group. */
  name: string
  time: Instant | undefined
  points: Point[]
  /** How many points there were; of more than make the most combinations none is kept. */
  count: number
}

/** Differs: |combine with a tolerance works on all times, where Kapacitor dies of one between two multiples of it. */
class Combine extends GroupedNode<OptionsOf<typeof spec>, Slice> {
  readonly #expressions: readonly CompiledLambda[]
  readonly #tolerance: Span
  readonly #prefixes: readonly string[]
  readonly #merger: FieldMerger
  readonly #max: number
  /** Points of one time that make no more than the most combinations. */
  readonly #mostPoints: number

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    const { expressions, as = [], delimiter, tolerance } = options
    this.#expressions = expressions.map((lambda, i) => compileOrRefuse(lambda, `Failed to compile ${i} expression: `))
    this.#tolerance = spanOfNanos(tolerance)
    this.#prefixes = as.map((name) => name + delimiter)
    this.#merger = new FieldMerger(this.#prefixes)
    this.#max = Math.min(Number(options.max), Math.floor(MAX_WORK / expressions.length ** 3))
    this.#mostPoints = mostPoints(expressions.length, this.#max)
  }

  protected override createState(group: Group): Slice {
    const conditions = this.#expressions.map((expression) => expression.instantiate())
    return { conditions, name: group.name, time: undefined, points: [], count: 0 }
  }

  /** The last time is lost at the end of input, as in Kapacitor. */
  override point(point: Point): void {
    const slice = this.stateOf(point.group)
    if (slice.name === '') slice.name = point.name
    this.#add(slice, point, slice.name)
  }

  override batch({ name, group, points }: Batch): void {
    const slice = this.stateOf(group)
    for (const point of points) this.#add(slice, point, name)
    this.#combine(slice, name)
  }

  #add(slice: Slice, point: Point, name: string): void {
    const time = round(point.time, this.#tolerance)
    if (slice.time === undefined || !isSame(time, slice.time)) {
      this.#combine(slice, name)
      slice.time = time
    }
    slice.count++
    if (slice.points.length <= this.#mostPoints) slice.points.push(point)
  }

  /** Emits what the points of a slice make together and empties it. */
  #combine(slice: Slice, name: string): void {
    const { points, count, time, conditions } = slice
    slice.points = []
    slice.count = 0
    slice.time = undefined
    const size = conditions.length
    if (time === undefined || count < size) return
    if (count > this.#mostPoints) {
      const total = combinations(count, size)
      throw new NodeError(
        this.context.name,
        `refusing to perform combination as total combinations ${total} exceeds max combinations ${this.#max}`
      )
    }
    const matches = conditions.map((condition) => points.map((point) => this.#holds(condition, point)))
    const { group } = points[0]!
    const chosen = Array.from({ length: size }, (_, i) => i)
    const { effort } = this.context.ports
    do {
      if (!effort.spend(size * size)) return this.error('too much was made of one write, left out combinations')
      const members = assign(chosen, matches)
      if (members === undefined) continue
      const parts = members.map((member) => points[member]!)
      const series = new Series('', '', name, this.#tagsOf(parts, group))
      this.emit(this.#merger.merge(parts, Schema.EMPTY, series, group, time))
    } while (advance(chosen, points.length))
  }

  /** The dimensions as they are, all other tags under the prefix of their place. */
  #tagsOf(parts: readonly Point[], group: Group): Tags {
    const tags: [string, string][] = [...group.tags.entries()]
    for (const [i, { series }] of parts.entries()) {
      for (const [name, value] of series.tags.entries()) {
        if (!group.tags.has(name)) tags.push([this.#prefixes[i]! + name, value])
      }
    }
    return Tags.of(tags)
  }

  #holds(condition: LambdaInstance, point: Point): boolean {
    const verdict = condition.test(point)
    if (verdict === FAILED) this.error('error evaluating lambda expression', { err: condition.error })
    return verdict === TRUE
  }
}

/**
 * Gives each place in turn the first of the chosen points that it accepts and that is not taken; undefined: there is
 * none.
 */
function assign(chosen: readonly number[], matches: readonly (readonly boolean[])[]): number[] | undefined {
  const members: number[] = []
  for (const accepts of matches) {
    const member = chosen.find((index) => accepts[index]! && !members.includes(index))
    if (member === undefined) return undefined
    members.push(member)
  }
  return members
}

/** Steps to the next subset of the numbers below `count`, in lexicographic order; false after the last. */
function advance(chosen: number[], count: number): boolean {
  let place = chosen.length - 1
  while (place >= 0 && chosen[place] === count - chosen.length + place) place--
  if (place < 0) return false
  chosen[place]!++
  for (let i = place + 1; i < chosen.length; i++) chosen[i] = chosen[i - 1]! + 1
  return true
}

/** The largest set that has no more than `max` subsets of `size`. */
function mostPoints(size: number, max: number): number {
  let low = size - 1
  let high = Math.max(size, max) + size
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (combinations(middle, size) <= max) low = middle
    else high = middle - 1
  }
  return low
}

/** How many subsets of `size` there are of `count`. */
function combinations(count: number, size: number): bigint {
  let total = 1n
  for (let i = 1n; i <= size; i++) total = (total * (BigInt(count - size) + i)) / i
  return total
}

export default defineNode(spec, Combine)
