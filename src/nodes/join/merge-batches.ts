import { type Instant, isBefore, isSame, round, type Span } from '../../core/instant.ts'
import type { Batch } from '../../model/batch.ts'
import type { Group } from '../../model/group.ts'
import type { Point } from '../../model/point.ts'
import { Schema } from '../../model/schema.ts'
import type { Series } from '../../model/series.ts'
import type { FieldMerger } from '../prefixes.ts'

/**
 * Joins the points of batches by their rounded times: again and again one of each batch whose next point is of the
 * smallest time.
 *
 * @param fills Whether a point that some batch lacks is filled; else it is left out.
 */
export function mergeBatches(
  batches: readonly (Batch | undefined)[],
  tolerance: Span,
  fills: boolean,
  merger: FieldMerger,
  series: Series,
  group: Group
): Point[] {
  const next = new Array<number>(batches.length).fill(0)
  const parts = new Array<Point | undefined>(batches.length)
  const missing = batches.find((batch) => batch !== undefined && batch.points.length > 0)?.points[0]!.schema
  const merged: Point[] = []
  for (;;) {
    let smallest: Instant | undefined
    let count = 0
    for (let i = 0; i < batches.length; i++) {
      const point = batches[i]?.points[next[i]!]
      parts[i] = undefined
      if (point === undefined) continue
      const time = round(point.time, tolerance)
      if (smallest === undefined || isBefore(time, smallest)) {
        parts.fill(undefined, 0, i)
        smallest = time
        count = 0
      }
      if (isSame(time, smallest)) {
        parts[i] = point
        count++
      }
    }
    if (smallest === undefined) return merged
    for (let i = 0; i < batches.length; i++) if (parts[i] !== undefined) next[i]!++
    if (count === batches.length || fills) {
      merged.push(merger.merge(parts, missing ?? Schema.EMPTY, series, group, smallest))
    }
  }
}
