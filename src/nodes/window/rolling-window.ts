import { compare, type Instant, isBefore } from '../../core/instant.ts'
import { Batch } from '../../model/batch.ts'
import type { Group } from '../../model/group.ts'
import type { Point } from '../../model/point.ts'
import { MAX_POINTS, TOO_MUCH } from './limits.ts'
import { type OpenWindow, TimeWindow } from './time-window.ts'

/** Windows without `every`: each point that is not late emits `(time - period, time]`. */
export class RollingWindow extends TimeWindow {
  override point(point: Point, _source: number): void {
    const { time, group } = point
    const open = this.windows.get(group) ?? this.open(group, time)
    if (open.name === '') open.name = point.series.name
    if (open.points.push(point) > MAX_POINTS) this.trim(open)
    if (!isBefore(time, open.range.end)) this.emitWindow(group, open, time)
  }

  protected override emitWindow(group: Group, open: OpenWindow, time: Instant): void {
    const { points } = open
    open.range = this.rangeUntil(time)
    const { start } = open.range
    let old = 0
    while (old < points.length && compare(points[old]!.time, start) <= 0) old++
    if (old > 0) points.splice(0, old)
    if (!this.context.ports.effort.spend(points.length)) return this.error(TOO_MUCH)
    this.emitBatch(new Batch(open.name, group, time, points.slice()))
  }
}
