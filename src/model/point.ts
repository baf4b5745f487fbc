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
  /** In the order of the schema. Never changed after construction. */
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

/** Builds the fields of a new point one by one; a name set twice keeps its place and takes the later value. */
export class FieldsBuilder {
  schema = Schema.EMPTY
  readonly values: Value[] = []

  set(name: string, type: FieldType, value: Value): this {
    const index = this.schema.indexOf(name)
    if (index < 0) this.values.push(value)
    else this.values[index] = value
    this.schema = this.schema.with(name, type)
    return this
  }
}
