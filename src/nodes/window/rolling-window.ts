import { compare, type Instant, isBefore } from '../../core/instant.ts'
import { Batch } from '../../model/batch.ts'
import type { Group } from '../../model/group.ts'
import type { Point } from '../../model/point.ts'
import { type OpenWindow, TimeWindow } from './time-window.ts'

/** Windows without `every`: each point that is not late emits `(time - period, time]`. */
export class RollingWindow extends TimeWindow {
  override point(point: Point, _source: number): void {
    const { time, group } = point
    const open = this.windows.get(group) ?? this.open(group, time)
    if (open.name === '') open.name = point.series.name
    open.points.push(point)
    if (!isBefore(time, open.range.end)) this.emitWindow(group, open, time)
  }

  protected override emitWindow(group: Group, open: OpenWindow, time: Instant): void {
    const { points } = open
    open.range = this.rangeUntil(time)
    const { start } = open.range
    let old = 0
    while (old < points.length && compare(points[old]!.time, start) <= 0) old++
    points.splice(0, old)
    this.emitBatch(new Batch(open.name, group, time, points.slice()))
  }
}
