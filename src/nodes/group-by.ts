import { compare, type Instant, isSame } from '../core/instant.ts'
import { defineNode, Node, type NodeContext } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { type Barrier, Batch } from '../model/batch.ts'
import type { Group } from '../model/group.ts'
import type { Point } from '../model/point.ts'
import type { Series } from '../model/series.ts'
import { DimensionRule, refuseDimensions } from './dimensions.ts'

const spec = nodeSpec({
  name: 'groupBy',
  kind: 'groupby',
  wants: 'either',
  provides: 'same',
  summary: 'Groups points by tags, by all tags (`*`), or by nothing.',
  args: { dimensions: t.rest(t.any('Tags, or `*`.')) },
  properties: {
    exclude: t.list(t.string('Tags that `*` leaves out.')).all(),
    byMeasurement: t.flag('Groups by the name of the measurement as well.')
  },
  validate: ({ dimensions, exclude }) => refuseDimensions(dimensions, exclude.flat()),
  requiredFields: (_, below) => below,
  examples: [
    {
      script: `stream|from()|groupBy('host')|sum('v')`,
      input: 'm,host=a v=1 1s\nm,host=b v=2 1s\nm,host=a v=3 1s\nm,host=a v=0 2s\nm,host=b v=0 2s',
      output: 'm,host=a sum=4 1s\nm,host=b sum=2 1s'
    }
  ]
})

/**
 * Groups points anew. On a stream a point's group is looked up once a series. On batches the points of one interval
 * (batches with equal `tmax`) are collected, and sent as one batch a group when a batch of another interval comes.
 */
class GroupBy extends Node<OptionsOf<typeof spec>> {
  readonly #rule: DimensionRule
  /** Slots of a series that hold its group, where grouped by tags only and where by name as well. */
  readonly #slots: readonly [number, number]
  readonly #pending = new Map<Group, { readonly name: string; readonly points: Point[] }>()
  #tmax: Instant | undefined

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    this.#rule = new DimensionRule(options.dimensions, options.exclude.flat())
    this.#slots = [context.newSeriesSlot(), context.newSeriesSlot()]
  }

  override point(point: Point): void {
    this.emit(point.withGroup(this.#groupOf(point.series, point.group.dimensions.byName)))
  }

  /** An interval goes out when the next one begins: only then is it whole. The last one stays inside, as in Kapacitor. */
  override batch(batch: Batch): void {
    this.#advance(batch.tmax)
    for (const point of batch.points) {
      const group = this.#groupOf(point.series, batch.group.dimensions.byName)
      let bucket = this.#pending.get(group)
      if (bucket === undefined) this.#pending.set(group, (bucket = { name: batch.name, points: [] }))
      bucket.points.push(point.withGroup(group))
    }
  }

  override barrier(barrier: Barrier): void {
    if (this.context.edge === 'batch') this.#advance(barrier.time)
    this.emitBarrier(barrier)
  }

  override deleteGroup(group: Group): void {
    this.#pending.delete(group)
    this.emitDelete(group)
  }

  override get cardinality(): number {
    return this.#pending.size
  }

  #advance(tmax: Instant): void {
    if (this.#tmax === undefined || !isSame(this.#tmax, tmax)) this.#flush()
    this.#tmax = tmax
  }

  /** Differs: in the order in which the groups were first seen; Kapacitor's order is random. */
  #flush(): void {
    for (const [group, { name, points }] of this.#pending) {
      points.sort((a, b) => compare(a.time, b.time))
      this.emitBatch(new Batch(name, group, this.#tmax!, points))
    }
    this.#pending.clear()
  }

  #groupOf(series: Series, wasByName: boolean): Group {
    const byName = wasByName || this.options.byMeasurement
    const slot = this.#slots[byName ? 1 : 0]
    const known = series.slots[slot] as Group | undefined
    if (known !== undefined && !known.isForgotten) return known
    const group = this.context.groups.get(series.name, series.tags, this.#rule.dimensionsOf(series.tags, byName))
    series.slots[slot] = group
    return group
  }
}

export default defineNode(spec, GroupBy)
