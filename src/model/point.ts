import type { Group } from './group.ts'
import type { Instant } from '../core/instant.ts'
import { Schema } from './schema.ts'
import type { Series } from './series.ts'
import type { FieldType, Value } from './value.ts'

/**
 * One point of a stream or of a batch. Immutable and shared: a node that wants another one makes it. Every property
 * is set in the constructor, so that all points have one hidden class.
 */
export class Point {
  readonly series: Series
  readonly group: Group
  readonly time: Instant
  readonly schema: Schema
  /** Values in the order of the schema. Never changed after construction. */
  readonly values: readonly Value[]

  constructor(series: Series, group: Group, time: Instant, schema: Schema, values: readonly Value[]) {
    this.series = series
    this.group = group
    this.time = time
    this.schema = schema
    this.values = values
  }

  get name(): string {
    return this.series.name
  }

  /** A field's value, or undefined where the point has none of that name (a null field gives null). */
  get(name: string): Value | undefined {
    const index = this.schema.indexOf(name)
    return index < 0 ? undefined : this.values[index]
  }

  /** A copy with one field set. */
  with(name: string, type: FieldType, value: Value): Point {
    const { schema, values } = this
    const index = schema.indexOf(name)
    const place = index < 0 ? values.length : index
    // Made at its full length: an array that grows is copied once more.
    const copy = new Array<Value>(Math.max(values.length, place + 1))
    for (let i = 0; i < values.length; i++) copy[i] = values[i]!
    copy[place] = value
    return new Point(this.series, this.group, this.time, schema.with(name, type), copy)
  }

  withFields(schema: Schema, values: readonly Value[]): Point {
    return new Point(this.series, this.group, this.time, schema, values)
  }

  withTime(time: Instant): Point {
    return new Point(this.series, this.group, time, this.schema, this.values)
  }

  withGroup(group: Group): Point {
    return new Point(this.series, group, this.time, this.schema, this.values)
  }

  /** Other tags, and the group that follows from them. */
  withSeries(series: Series, group: Group): Point {
    return new Point(series, group, this.time, this.schema, this.values)
  }
}

/**
 * Gathers the fields of points, one point after the other; a name set twice keeps its place and takes the later value.
 * Points mostly have the fields of the one before them, whose schema they then share without a text being made.
 */
export class FieldsBuilder {
  #last = Schema.EMPTY
  /** Whether the point at hand has had the fields of the last one so far: then it keeps no names of its own. */
  #isLikeLast = true
  #names: string[] = []
  #types: FieldType[] = []
  #values: Value[] = []
  readonly #places = new Map<string, number>()

  set(name: string, type: FieldType, value: Value): this {
    const at = this.#values.length
    if (this.#isLikeLast) {
      if (this.#last.names[at] === name && this.#last.types[at] === type) {
        this.#values.push(value)
        return this
      }
      this.#leaveLast(at)
    }
    const place = this.#places.get(name) ?? at
    this.#places.set(name, place)
    this.#names[place] = name
    this.#types[place] = type
    this.#values[place] = value
    return this
  }

  /** The fields of the point at hand, and begins the next one. */
  take(): { readonly schema: Schema; readonly values: readonly Value[] } {
    const values = this.#values
    if (this.#isLikeLast && values.length < this.#last.size) this.#leaveLast(values.length)
    if (!this.#isLikeLast) this.#last = Schema.of(this.#names, this.#types)
    this.#isLikeLast = true
    this.#names = []
    this.#types = []
    this.#values = []
    this.#places.clear()
    return { schema: this.#last, values }
  }

  /** Notes the fields so far, which were those of the last point. */
  #leaveLast(count: number): void {
    this.#isLikeLast = false
    this.#names = this.#last.names.slice(0, count)
    this.#types = this.#last.types.slice(0, count)
    for (const [place, name] of this.#names.entries()) this.#places.set(name, place)
  }
}
