import { type Instant, isBefore, isSame, minus, plus, type Span, spanOfNanos, truncate } from '../../core/instant.ts'
import { Node, type NodeContext } from '../../graph/node.ts'
import { PerGroup } from '../../graph/per-group.ts'
import { type NodeState, stateOfGroups } from '../../graph/state.ts'
import type { Barrier } from '../../model/batch.ts'
import type { Group } from '../../model/group.ts'
import type { Point } from '../../model/point.ts'
import { KEPT_POINTS, TOO_MANY } from './limits.ts'
import {
  loadInstant,
  loadPoints,
  saveInstant,
  savePoints,
  type StoredInstant,
  type StoredPoints
} from '../../model/stored-points.ts'

export interface TimeWindowOptions {
  readonly period: bigint
  readonly every: bigint
  readonly align: boolean
  readonly fillPeriod: boolean
  readonly quiet: boolean
}

/** Begin and end of a window. Groups whose windows agree share one object. */
export interface TimeRange {
  /** `end` less the period. */
  readonly start: Instant
  /** A message from here on ends the window. */
  readonly end: Instant
}

/** The window of a group that is being filled. */
export class OpenWindow {
  /** Measurement of the first point of the group, however many names follow; '' before. */
  name: string
  range: TimeRange
  /** Points in the order of arrival. */
  points: Point[] = []
  isEmpty = true

  constructor(name: string, range: TimeRange) {
    this.name = name
    this.range = range
  }
}

type StoredWindow = {
  readonly name: string
  readonly isEmpty: boolean
  readonly end: StoredInstant
  /** None where the child folds them: then they are the child's. */
  readonly points: StoredPoints
}

/**
 * What windows of time have in common: a group's window opens with its first message, and only later messages of the
 * group move time on. Barriers do so too and end here. What is open when input ends is lost.
 */
export abstract class TimeWindow extends Node<TimeWindowOptions> {
  protected readonly period: Span
  protected readonly every: Span
  protected readonly windows: PerGroup<OpenWindow>
  #latest: TimeRange | undefined

  constructor(options: TimeWindowOptions, context: NodeContext) {
    super(options, context)
    this.period = spanOfNanos(options.period)
    this.every = spanOfNanos(options.every)
    this.windows = new PerGroup(context.newSlot(), false)
  }

  override barrier({ group, time }: Barrier, _source: number): void {
    const open = this.windows.get(group) ?? this.open(group, time)
    if (!isBefore(time, open.range.end)) this.emitWindow(group, open, time)
  }

  override deleteGroup(group: Group, _source: number): void {
    if (this.windows.delete(group)) this.emitDelete(group)
  }

  override get cardinality(): number {
    return this.windows.size
  }

  override get state(): NodeState {
    return stateOfGroups<OpenWindow, StoredWindow>(this.windows, {
      version: 1,
      save: ({ name, range, points, isEmpty }) => ({
        ...{ name, isEmpty },
        end: saveInstant(range.end),
        points: savePoints(points)
      }),
      load: ({ name, isEmpty, end, points }, group) => {
        const window = this.open(group, loadInstant(end))
        window.name = name
        window.range = this.rangeUntil(loadInstant(end))
        window.points = loadPoints(points, group)
        window.isEmpty = isEmpty
        return window
      }
    })
  }

  /** Lets go of the oldest of too many points. */
  protected trim(open: OpenWindow): void {
    open.points = open.points.slice(open.points.length - KEPT_POINTS)
    this.error(TOO_MANY)
  }

  /** Emits the window of a group that a message at `time` ends, and opens the next one. */
  protected abstract emitWindow(group: Group, open: OpenWindow, time: Instant): void

  /** Differs: a window that a barrier opens is not called `barrier`, but takes the name of the next point. */
  protected open(group: Group, time: Instant): OpenWindow {
    const open = new OpenWindow(group.name, this.rangeUntil(this.#firstEnd(time)))
    this.windows.set(group, open)
    return open
  }

  /** The window that follows a message at `time`. */
  protected rangeAfter(time: Instant): TimeRange {
    return this.rangeUntil(this.#endAfter(time))
  }

  protected rangeUntil(end: Instant): TimeRange {
    if (this.#latest === undefined || !isSame(this.#latest.end, end)) {
      this.#latest = { start: minus(end, this.period), end }
    }
    return this.#latest
  }

  #endAfter(time: Instant): Instant {
    const end = plus(time, this.every)
    return this.options.align ? truncate(end, this.every) : end
  }

  #firstEnd(time: Instant): Instant {
    if (!this.options.fillPeriod) return this.#endAfter(time)
    const full = plus(time, this.period)
    if (!this.options.align) return full
    const aligned = truncate(full, this.every)
    return isBefore(full, aligned) ? aligned : plus(aligned, this.every)
  }
}
