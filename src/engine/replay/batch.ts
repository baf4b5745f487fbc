import { type Instant, isBefore, minus, plus, type Span } from '../../core/instant.ts'
import { Batch } from '../../model/batch.ts'
import { dimensionsOf } from '../../model/group.ts'
import { Point } from '../../model/point.ts'
import { PointColumns } from '../../model/point-columns.ts'
import { Tags } from '../../model/series.ts'
import type { ArchiveReader, RecordedBatch } from '../../archive/reader.ts'
import type { TablePlan } from '../../archive/tables.ts'
import type { ReplayClock } from './clock.ts'
import type { ReplayTask } from './task.ts'
import type { Scheduler } from './scheduler.ts'

export interface BatchReplay {
  readonly archive: ArchiveReader
  readonly tasks: readonly ReplayTask[]
  readonly scheduler: Scheduler
  readonly progress: BigInt64Array
  /** When the replay began. */
  readonly zero: Instant
  readonly recordingTime: boolean
  readonly dropsEmpty: boolean
}

/** The batches of an archive on their way into the queries of the tasks. */
export class BatchReplayer {
  readonly #replay: BatchReplay
  /** How far each query is from its first point to the beginning of the replay, by its index. */
  readonly #distances = new Map<number, Span>()

  constructor(replay: BatchReplay) {
    this.#replay = replay
  }

  /** Tasks whose scripts have another number of queries fail, in Kapacitor's words. */
  async run(clock: ReplayClock | undefined, now: () => Instant): Promise<void> {
    const { archive, tasks, scheduler, progress, dropsEmpty } = this.#replay
    const queryCount = await archive.queryCount()
    for (const task of tasks) {
      const found = task.running?.queryCount ?? queryCount
      if (found === queryCount) continue
      task.fail(`running replay: unexpected number of batch collectors. exp ${queryCount} got ${found}`)
    }
    const plans = await archive.plan(() => 'all')
    const size = await archive.windowPoints(plans)
    for await (const batch of archive.batches()) {
      if (!scheduler.goesOn) return
      if (batch.points === 0 && dropsEmpty) continue
      const points = await pointsOf(archive, plans, size, batch)
      const distance = this.#distanceOf(batch, points)
      const shift = this.#replay.recordingTime ? undefined : distance
      if (shift !== undefined) move(points, shift)
      const last = points.times[points.length - 1]
      if (last !== undefined) {
        const due = this.#replay.recordingTime ? plus(last, distance!) : last
        if (clock === undefined) await scheduler.wait(due.ms - now().ms + (due.ns - now().ns) / 1e6)
        else await scheduler.advance(clock, last)
      }
      for (const task of tasks) feed(task, batch, points, last)
      progress[0] = BigInt(batch.first + batch.points)
      if (scheduler.isOver) await scheduler.take()
    }
  }

  /** Each query is moved by itself: the first point of its first batch comes when the replay begins. */
  #distanceOf({ query }: RecordedBatch, { times, length }: PointColumns): Span | undefined {
    if (length > 0 && !this.#distances.has(query)) this.#distances.set(query, minus(this.#replay.zero, times[0]!))
    return this.#distances.get(query)
  }
}

/** Groups are those of the task's graph. */
function feed(task: ReplayTask, batch: RecordedBatch, columns: PointColumns, last: Instant | undefined): void {
  const { running } = task
  if (running === undefined || task.hasFailed) return
  const { name, tags, byName, query } = batch
  const all = Tags.of(tags)
  const group = running.groups.get(name, all, dimensionsOf(byName, all.keys.names))
  const points: Point[] = []
  for (let i = 0; i < columns.length; i++) {
    points.push(new Point(columns.series[i]!, group, columns.times[i]!, columns.schemas[i]!, columns.values[i]!))
  }
  const tmax = last !== undefined && isBefore(batch.tmax, last) ? last : batch.tmax
  running.feed(query, new Batch(name, group, tmax, points))
  task.flush()
}

async function pointsOf(
  archive: ArchiveReader,
  plans: readonly TablePlan[],
  size: number,
  { first, points }: RecordedBatch
): Promise<PointColumns> {
  const columns = new PointColumns()
  for (let start = first; start < first + points; start += size) {
    const window = await archive.window(plans, start, Math.min(start + size, first + points))
    window.appendTo(columns)
  }
  return columns
}

function move({ times, length }: PointColumns, shift: Span): void {
  for (let i = 0; i < length; i++) times[i] = plus(times[i]!, shift)
}
