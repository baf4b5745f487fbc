import { Node, type NodeContext } from '../graph/node.ts'
import { Batch } from '../model/batch.ts'
import type { Group } from '../model/group.ts'
import type { Point } from '../model/point.ts'
import type { Series, Tags } from '../model/series.ts'
import { groupOfBatchTags, Retagger, type TagChange } from './retag.ts'

/** A node that changes fields by their schema, and tags by the series or the batch that has them. */
export abstract class FieldAndTagNode<O> extends Node<O> {
  /** Changes of tags, one a point or batch and tag. */
  protected tagChanges = 0
  readonly #retagger: Retagger

  constructor(options: O & { readonly quiet: boolean }, context: NodeContext) {
    super(options, context)
    this.#retagger = new Retagger(
      context,
      (tags) => this.changeTags(tags),
      (series, group) => this.regroup(series, group)
    )
  }

  override point(point: Point): void {
    this.emit(this.#changed(point, undefined))
  }

  override batch(batch: Batch): void {
    const { tags, count } = this.changeTags(batch.group.tags)
    this.tagChanges += count
    const group = count === 0 ? batch.group : groupOfBatchTags(this.context.groups, batch.name, tags, batch.group)
    const points = batch.points.map((point) => this.#changed(point, group))
    this.emitBatch(new Batch(batch.name, group, batch.tmax, points))
  }

  protected abstract changeFields(point: Point): Point

  protected abstract changeTags(tags: Tags): TagChange

  /** The group of points of a series whose tags were changed. @param group The group that they were in. */
  protected abstract regroup(series: Series, group: Group): Group

  /** @param group The group of the batch that the point is in; undefined on a stream. */
  #changed(point: Point, group: Group | undefined): Point {
    const retagged = this.#retagger.retagged(point.series)
    const changed = this.changeFields(point)
    const target = group ?? this.#retagger.groupOf(retagged, point)
    this.tagChanges += retagged.count
    return retagged.count === 0 && target === point.group ? changed : changed.withSeries(retagged.series, target)
  }
}
