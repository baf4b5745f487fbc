import { compare, type Instant, isSame, round, type Span, spanOfNanos } from '../core/instant.ts'
import { GroupedNode } from '../graph/grouped-node.ts'
import { defineNode, type NodeContext } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { type Barrier, Batch } from '../model/batch.ts'
import type { Group } from '../model/group.ts'
import { Point } from '../model/point.ts'
import { Schema } from '../model/schema.ts'
import { Series } from '../model/series.ts'
import type { FieldType, Value } from '../model/value.ts'

const spec = nodeSpec({
  name: 'flatten',
  wants: 'either',
  provides: 'same',
  summary: 'Puts the points of one time into one, with field names made of tag values.',
  properties: {
    on: t.list(t.string('Tags whose values go in front of the field names.')),
    delimiter: t.string('Between tag values, and between them and the field name.').default('.'),
    tolerance: t.duration('Times that round to the same multiple are the same.').default(0n),
    dropOriginalFieldName: t.list(t.bool('Names fields by the tag values alone.'))
  },
  examples: [
    {
      script: `stream|from().groupBy('host')|flatten().on('port')`,
      input: 'm,host=A,port=80 bytes=3512 1s\nm,host=A,port=443 bytes=6723 1s\nm,host=A,port=80 bytes=1 2s',
      output: 'm,host=A 80.bytes=3512,443.bytes=6723 1s'
    }
  ]
})

/**
 * Points of one time that wait.
 * Differs: |flatten puts at most 100,000 points of one time into one, which gets at most 32,768 fields; Kapacitor takes all.
 */
const MAX_POINTS = 100_000
const MAX_FIELDS = 32_768

/** The points of one time of a group. */
class Slice {
  /** Series of what comes out, named after the first point of the group. */
  series: Series
  time: Instant | undefined
  points: Point[] = []

  constructor(group: Group) {
    this.series = new Series('', '', group.name, group.tags)
  }

  /** Empties it. @returns What it held. */
  take(): readonly Point[] {
    const { points } = this
    this.points = []
    return points
  }
}

/** What is open when input ends is lost, as in Kapacitor; a batch is flattened whole. */
class Flatten extends GroupedNode<OptionsOf<typeof spec>, Slice> {
  readonly #tags: readonly string[]
  readonly #tolerance: Span
  readonly #dropsName: boolean

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    const { on = [], tolerance, dropOriginalFieldName } = options
    this.#tags = on
    this.#tolerance = spanOfNanos(tolerance)
    this.#dropsName = dropOriginalFieldName !== undefined && (dropOriginalFieldName[0] ?? true)
  }

  protected override createState(group: Group): Slice {
    return new Slice(group)
  }

  /** Any other time ends a slice. One that is earlier does not set time back: what comes after has the later time. */
  override point(point: Point): void {
    const { group } = point
    const slice = this.stateOf(group)
    if (slice.series.name === '') slice.series = new Series('', '', point.name, group.tags)
    const time = round(point.time, this.#tolerance)
    const before = slice.time
    if (before !== undefined && isSame(before, time)) {
      if (slice.points.length < MAX_POINTS) slice.points.push(point)
      else this.error('too many points of one time, dropped one')
      return
    }
    const points = slice.take()
    slice.time = time
    slice.points.push(point)
    if (before === undefined) return
    const flat = this.#flatten(points, slice.series, group, before)
    if (flat.schema.size === 0) return
    if (compare(before, time) > 0) slice.time = before
    this.emit(flat)
  }

  /** The last slice comes out even if nothing is left of it, as in Kapacitor. */
  override batch({ name, group, tmax, points }: Batch): void {
    this.stateOf(group)
    const series = new Series('', '', name, group.tags)
    const flat: Point[] = []
    let first = 0
    for (let i = 1; i <= points.length; i++) {
      const time = round(points[first]!.time, this.#tolerance)
      if (i < points.length && isSame(round(points[i]!.time, this.#tolerance), time)) continue
      const point = this.#flatten(points.slice(first, i), series, group, time)
      if (point.schema.size > 0 || i === points.length) flat.push(point)
      first = i
    }
    this.emitBatch(new Batch(name, group, tmax, flat))
  }

  override barrier(barrier: Barrier): void {
    const { group, time } = barrier
    const slice = this.stateOf(group)
    if (slice.points.length > 0 && compare(time, slice.time!) > 0) {
      this.emit(this.#flatten(slice.take(), slice.series, group, slice.time!))
    }
    this.emitBarrier(barrier)
  }

  #flatten(points: readonly Point[], series: Series, group: Group, time: Instant): Point {
    const places = new Map<string, number>()
    let missing = 0
    const types: FieldType[] = []
    const values: Value[] = []
    for (const point of points) {
      const prefix = this.#prefixOf(point)
      if (prefix === undefined) continue
      const { names, types: given } = point.schema
      for (let i = 0; i < names.length; i++) {
        const name = this.#nameOf(prefix, names[i]!)
        const place = places.get(name) ?? places.size
        if (place >= MAX_FIELDS) {
          missing++
          continue
        }
        places.set(name, place)
        types[place] = given[i]!
        values[place] = point.values[i]!
      }
    }
    if (missing > 0) this.error('too many fields of one time, left some out', { missing })
    return new Point(series, group, time, Schema.of([...places.keys()], types), values)
  }

  /** Differs: of a point that lacks a tag nothing is left over for the next point. */
  #prefixOf(point: Point): string | undefined {
    let prefix = ''
    for (const [i, name] of this.#tags.entries()) {
      const value = point.series.tags.get(name)
      if (value === undefined) {
        this.error('point missing tag for flatten operation', { tag: name })
        return undefined
      }
      prefix += i === 0 ? value : this.options.delimiter + value
    }
    return prefix
  }

  #nameOf(prefix: string, field: string): string {
    if (prefix === '') return field
    return this.#dropsName ? prefix : prefix + this.options.delimiter + field
  }
}

export default defineNode(spec, Flatten)
