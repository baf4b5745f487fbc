import type { Instant } from '../../core/instant.ts'
import { isSame } from '../../core/instant.ts'
import { GroupedNode } from '../../graph/grouped-node.ts'
import type { NodeContext } from '../../graph/node.ts'
import type { BatchFolder } from '../../graph/receiver.ts'
import type { Batch } from '../../model/batch.ts'
import type { Group } from '../../model/group.ts'
import type { Point } from '../../model/point.ts'
import { Series } from '../../model/series.ts'
import type { FieldType, Value } from '../../model/value.ts'
import { FieldReader, GO_TYPES, ResultField } from './field.ts'
import type { CommonOptions, PerType } from './function.ts'

/** Takes in the values of one set of points; made for one type of field, and used again for later sets. */
export interface Accumulator {
  add(value: Value, point: Point): void
  /** Back to nothing: keeps no value and no point. */
  reset(): void
}

/** A group's set under collection, and what is kept from one set to the next. */
export class OpenSet<A> {
  /** Type of the first usable value; 'null' until there is one. */
  type: FieldType = 'null'
  accumulator: A | undefined
  /** Type that `accumulator` was made for. */
  accumulatorType: FieldType = 'null'
  /** Stream: the time that all points of the set have. */
  time: Instant | undefined
  /** Measurement of the output. */
  name: string | undefined
  /** Series of the last output. */
  series: Series | undefined
  /** Selectors: the series that `series` was made for. */
  source: Series | undefined
  /**
   * Errors of points of a batch that is not complete, and how often each happened, by their texts, of which there are
   * only so many.
   */
  pointErrors: Map<string, { readonly message: string; readonly err: string; count: number }> | undefined
}

export interface CollectingFunction<O, A> {
  readonly accepts: PerType<O, A>
  readonly result: 'same' | 'int' | 'float'
  /** Empty sets give a result, too: that of an unused accumulator for floats. */
  readonly emitsEmpty?: boolean
}

/**
 * A function that comes to one result for a set of points: a batch, or on a stream the consecutive points of a group
 * that have one time. The last set of a stream is never told: only another time ends it, as in Kapacitor.
 * Batches may come whole or folded; the same accumulators serve both.
 */
export abstract class CollectingNode<O extends CommonOptions, A extends Accumulator>
  extends GroupedNode<O, OpenSet<A>>
  implements BatchFolder
{
  readonly #function: CollectingFunction<O, A>
  readonly #field: FieldReader
  protected readonly result: ResultField

  constructor(definition: CollectingFunction<O, A>, options: O, context: NodeContext) {
    super(options, context)
    this.#function = definition
    this.#field = new FieldReader(options.field)
    this.result = new ResultField(options.as, definition.result)
  }

  /** Emits what a set came to. @param time End of the batch, or the time of the points. */
  protected abstract emitResult(set: OpenSet<A>, accumulator: A, group: Group, time: Instant): void

  protected override createState(): OpenSet<A> {
    return new OpenSet()
  }

  override point(point: Point): void {
    const set = this.stateOf(point.group)
    if (set.time === undefined || !isSame(set.time, point.time)) {
      if (set.type !== 'null') this.#emitOpen(set, point.group, set.time!)
      set.time = point.time
      set.name = point.name
    }
    this.#take(set, point)
  }

  override batch(batch: Batch): void {
    const { group, points } = batch
    const set = this.stateOf(group)
    this.#close(set)
    for (let i = 0; i < points.length; i++) this.#take(set, points[i]!)
    this.close(group, batch.name, batch.tmax)
  }

  override get folder(): BatchFolder | undefined {
    return this.context.edge === 'batch' ? this : undefined
  }

  add(point: Point): void {
    this.#take(this.stateOf(point.group), point)
  }

  close(group: Group, name: string, tmax: Instant): void {
    const set = this.stateOf(group)
    set.name ??= name
    this.#reportPointErrors(set)
    if (set.type !== 'null') this.#emitOpen(set, group, tmax)
    else if (this.#function.emitsEmpty === true) {
      this.#open(set, 'float', this.#function.accepts.float!)
      this.#emitOpen(set, group, tmax)
    }
  }

  discard(group: Group): void {
    const set = this.states.get(group)
    if (set === undefined) return
    set.pointErrors = undefined
    this.#close(set)
  }

  /** The output's series: no database, the group's tags. */
  protected seriesOf(set: OpenSet<A>, group: Group): Series {
    if (set.series?.name !== set.name) set.series = new Series('', '', set.name!, group.tags)
    return set.series!
  }

  #take(set: OpenSet<A>, point: Point): void {
    const field = this.#field
    if (point.schema !== field.schema) field.setSchema(point.schema)
    if (field.type === set.type && field.type !== 'null') set.accumulator!.add(point.values[field.index]!, point)
    else this.#takeIrregular(set, point)
  }

  /** The first value of a set, or one that does not go with it. */
  #takeIrregular(set: OpenSet<A>, point: Point): void {
    const { name, type, index } = this.#field
    if (set.type !== 'null') {
      const place = this.context.edge === 'batch' ? ' in batch' : ''
      return this.#pointError(set, `failed to aggregate point${place}`, mismatch(name, type, set.type))
    }
    // Differs: a set of values of a type that a function does not take gives nothing, where Kapacitor reuses what it
    // made for the set before, or dies.
    const Class = this.#function.accepts[type]
    if (Class === undefined) {
      const err = unusableField(this.context.node.spec.kind, name, type)
      return this.#pointError(set, 'failed to realize reduce context from fields', err)
    }
    this.#open(set, type, Class)
    set.accumulator!.add(point.values[index]!, point)
  }

  /**
   * Reports an error of a point. One of a batch is reported when the batch is complete: a window that never closes has
   * none, as in Kapacitor.
   */
  #pointError(set: OpenSet<A>, message: string, err: string): void {
    if (this.context.edge === 'stream') return this.error(message, { err })
    set.pointErrors ??= new Map()
    const same = set.pointErrors.get(err)
    if (same === undefined) set.pointErrors.set(err, { message, err, count: 1 })
    else same.count++
  }

  #reportPointErrors(set: OpenSet<A>): void {
    if (set.pointErrors === undefined) return
    for (const { message, err, count } of set.pointErrors.values()) {
      for (let i = 0; i < count; i++) this.error(message, { err })
    }
    set.pointErrors = undefined
  }

  #open(set: OpenSet<A>, type: FieldType, Class: new (options: O) => A): void {
    set.type = type
    if (set.accumulatorType === type) return
    set.accumulator = new Class(this.options)
    set.accumulatorType = type
  }

  #emitOpen(set: OpenSet<A>, group: Group, time: Instant): void {
    this.emitResult(set, set.accumulator!, group, time)
    this.#close(set)
  }

  #close(set: OpenSet<A>): void {
    if (set.type === 'null') return
    set.type = 'null'
    set.accumulator!.reset()
  }
}

/** Kapacitor's words on a value that does not go with those before it. */
export function mismatch(field: string, type: FieldType, expected: FieldType): string {
  return type === 'null'
    ? `field ${field} missing from point cannot aggregate`
    : `field ${field} has wrong type: got ${GO_TYPES[type]} exp ${GO_TYPES[expected]}`
}

/** Kapacitor's words on a value that a function cannot begin with. */
export function unusableField(name: string, field: string, type: FieldType): string {
  return type === 'null'
    ? `field ${JSON.stringify(field)} missing from point`
    : `invalid influxql func ${name} with field ${field}: cannot apply ${name} to ${GO_TYPES[type]} field`
}
