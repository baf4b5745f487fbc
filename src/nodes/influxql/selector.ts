import type { Instant } from '../../core/instant.ts'
import { isBefore } from '../../core/instant.ts'
import type { NodeDefinition } from '../../graph/node.ts'
import type { RequiredFields } from '../../graph/spec.ts'
import type { Group } from '../../model/group.ts'
import { Point } from '../../model/point.ts'
import { Schema } from '../../model/schema.ts'
import { Series } from '../../model/series.ts'
import type { Value } from '../../model/value.ts'
import { type Accumulator, CollectingNode, type OpenSet } from './collecting-node.ts'
import { type CommonOptions, defineFunction, type FunctionArgs, type FunctionParts } from './function.ts'

/** Chooses one of the points. */
export interface Selector extends Accumulator {
  /** The chosen point, or undefined where none is. */
  selected(): Point | undefined
}

class SelectorNode<O extends CommonOptions> extends CollectingNode<O, Selector> {
  #inputSchema: Schema | undefined
  #outputSchema = Schema.EMPTY
  /** The position in the input of each field of the output; undefined where they are the same. */
  #positions: readonly number[] | undefined

  protected override emitResult(set: OpenSet<Selector>, selector: Selector, group: Group, time: Instant): void {
    const point = selector.selected()
    if (point === undefined) return
    if (point.schema !== this.#inputSchema) this.#setSchema(point.schema)
    const values = this.#positions?.map((position) => point.values[position]!) ?? point.values
    const outputTime = this.options.usePointTimes ? point.time : time
    this.emit(new Point(this.#seriesLike(set, point.series), group, outputTime, this.#outputSchema, values))
  }

  /** All tags of the chosen point, in a series that is kept while the same one wins. */
  #seriesLike(set: OpenSet<Selector>, source: Series): Series {
    if (set.source !== source || set.series?.name !== set.name) {
      set.source = source
      set.series = new Series('', '', set.name!, source.tags)
    }
    return set.series!
  }

  /** The field takes the name of the output; a field that had it goes. */
  #setSchema(schema: Schema): void {
    const { field, as } = this.options
    this.#inputSchema = schema
    const positions = schema.names.map((_, position) => position).filter((i) => schema.names[i] !== as || as === field)
    this.#positions = positions.length === schema.size ? undefined : positions
    this.#outputSchema = Schema.of(
      positions.map((i) => (schema.names[i] === field ? as : schema.names[i]!)),
      positions.map((i) => schema.types[i]!)
    )
  }
}

/** Defines a function that lets one point of a set through, its field renamed. */
export function selector<const A extends FunctionArgs>(parts: FunctionParts<A, Selector>): NodeDefinition {
  return defineFunction(parts, 'stream', requirePoint, SelectorNode)
}

function requirePoint({ field, as }: CommonOptions, below: RequiredFields): RequiredFields {
  if (below === 'all') return 'all'
  const fields = new Set(below).add(field)
  if (as !== field) fields.delete(as)
  return fields
}

/** Holds on to the best point so far. */
export abstract class BestPoint<V extends Value> implements Selector {
  #point: Point | undefined
  #value: V | undefined

  protected abstract isBetter(value: V, point: Point, best: V, bestPoint: Point): boolean

  add(value: V, point: Point): void {
    if (this.#point !== undefined && !this.isBetter(value, point, this.#value!, this.#point)) return
    this.#point = point
    this.#value = value
  }

  reset(): void {
    this.#point = undefined
    this.#value = undefined
  }

  selected(): Point | undefined {
    return this.#point
  }
}

export function isEarlier(a: Point, b: Point): boolean {
  return isBefore(a.time, b.time)
}
