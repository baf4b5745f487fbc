import { Batch } from '../../model/batch.ts'
import type { GroupRegistry } from '../../model/group.ts'
import type { Point } from '../../model/point.ts'
import type { Series } from '../../model/series.ts'
import type { FieldType, Value } from '../../model/value.ts'
import { groupOfBatchTags } from '../retag.ts'

/** Names of the tags and fields that tell what happened; '' for none. */
export interface AnnotationOptions {
  readonly levelTag: string
  readonly levelField: string
  readonly idTag: string
  readonly idField: string
  readonly messageField: string
  readonly durationField: string
}

export interface Annotation {
  readonly level: string
  readonly id: string
  readonly message: string
  readonly duration: Value
}

/** Writes an event on the data that raised it, on its way to the node's children. */
export class Annotator {
  readonly #options: AnnotationOptions
  readonly #groups: GroupRegistry

  constructor(options: AnnotationOptions, groups: GroupRegistry) {
    this.#options = options
    this.#groups = groups
  }

  /** A point of a stream: its group follows its tags, as far as they are dimensions. */
  point(point: Point, annotation: Annotation): Point {
    const tags = this.#tags(annotation)
    const annotated = this.#withFields(point, annotation)
    if (tags.length === 0) return annotated
    const series = point.series.withTags(point.series.tags.with(tags))
    return annotated.withSeries(series, this.#groups.regroup(series, point.group))
  }

  /** A batch and all of its points; new tags become dimensions of the batch. */
  batch(batch: Batch, annotation: Annotation): Batch {
    const { name, tmax } = batch
    const tags = this.#tags(annotation)
    if (tags.length === 0) {
      const points = batch.points.map((point) => this.#withFields(point, annotation))
      return new Batch(name, batch.group, tmax, points)
    }
    const group = groupOfBatchTags(this.#groups, name, batch.group.tags.with(tags), batch.group)
    const seriesOf = new Map<Series, Series>()
    const points = batch.points.map((point) => {
      let series = seriesOf.get(point.series)
      if (series === undefined) {
        seriesOf.set(point.series, (series = point.series.withTags(point.series.tags.with(tags))))
      }
      return this.#withFields(point, annotation).withSeries(series, group)
    })
    return new Batch(name, group, tmax, points)
  }

  #tags({ level, id }: Annotation): [string, string][] {
    const { levelTag, idTag } = this.#options
    const tags: [string, string][] = []
    if (levelTag !== '') tags.push([levelTag, level])
    if (idTag !== '') tags.push([idTag, id])
    return tags
  }

  #withFields(point: Point, { level, id, message, duration }: Annotation): Point {
    const { levelField, idField, messageField, durationField } = this.#options
    let annotated = point
    const set = (name: string, type: FieldType, value: Value): void => {
      if (name !== '') annotated = annotated.with(name, type, value)
    }
    set(levelField, 'string', level)
    set(messageField, 'string', message)
    set(idField, 'string', id)
    set(durationField, 'int', duration)
    return annotated
  }
}
