import { type Instant, isBefore } from '../../core/instant.ts'
import type { BatchFolder } from '../../graph/receiver.ts'
import { Batch } from '../../model/batch.ts'
import type { Group } from '../../model/group.ts'
import type { Point } from '../../model/point.ts'
import { MAX_POINTS, TOO_MUCH } from './limits.ts'
import { type OpenWindow, TimeWindow } from './time-window.ts'

/**
 * Windows that end every so often: `[end - period, end)`. Points before that are dropped from the front only,
 * until the first that is not: a late one behind it stays. That is done when a window opens and as points come, so the
 * buffer of an open window always begins with a point in range.
 * Differs: |window with a period shorter than its every has the points of its period; Kapacitor's buffer, when it wraps
 * around, can lose some of them or keep older ones.
 *
 * Where windows tumble (period = every), nothing of a window outlives it: every point of the buffer is older than the
 * old end, and the next window starts there or later. So if the only child can fold, points are not kept.
 */
export class PeriodicWindow extends TimeWindow {
  /** null where points are kept; undefined before the first window, when it is not known who observes the edge. */
  #folder: BatchFolder | null | undefined

  override point(point: Point, _source: number): void {
    const { time, group } = point
    const open = this.windows.get(group) ?? this.open(group, time)
    if (open.name === '') open.name = point.series.name
    if (!isBefore(time, open.range.end)) this.emitWindow(group, open, time)
    if (open.isEmpty) {
      if (isBefore(time, open.range.start)) return
      open.isEmpty = false
    }
    if (this.#folder) this.#folder.add(point)
    else if (open.points.push(point) > MAX_POINTS) this.trim(open)
  }

  override deleteGroup(group: Group, source: number): void {
    this.#folder?.discard(group)
    super.deleteGroup(group, source)
  }

  protected override open(group: Group, time: Instant): OpenWindow {
    if (this.#folder === undefined) this.#folder = this.#findFolder()
    return super.open(group, time)
  }

  protected override emitWindow(group: Group, open: OpenWindow, time: Instant): void {
    const { name, points } = open
    const { end } = open.range
    open.range = this.rangeAfter(time)
    if (this.#folder) {
      open.isEmpty = true
      this.out[0]!.closeFolded(group, name, end)
      return
    }
    let kept = 0
    while (kept < points.length && isBefore(points[kept]!.time, open.range.start)) kept++
    open.isEmpty = kept === points.length
    if (!this.context.ports.effort.spend(points.length)) {
      points.splice(0, kept)
      return this.error(TOO_MUCH)
    }
    open.points = points.slice(kept)
    this.emitBatch(new Batch(name, group, end, points))
  }

  #findFolder(): BatchFolder | null {
    const { period, every } = this.options
    const edge = this.out[0]
    if (period !== every || every < 0n || edge === undefined || this.out.length > 1) return null
    return edge.observed === undefined ? (edge.to.folder ?? null) : null
  }
}
