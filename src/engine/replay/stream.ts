import { type Instant, isBefore, nanosBetween, plus, type Span } from '../../core/instant.ts'
import { type RequiredFields, unionOfReaders } from '../../model/required-fields.ts'
import type { Dbrp } from '../../model/dbrp.ts'
import type { Series } from '../../model/series.ts'
import { PointColumns } from '../../model/point-columns.ts'
import type { ArchiveReader } from '../../archive/reader.ts'
import type { TableInfo, TablePlan } from '../../archive/tables.ts'
import type { ArchiveWindow } from '../../archive/window.ts'
import type { ReplayClock } from './clock.ts'
import type { ReplayTask } from './task.ts'
import type { Scheduler } from './scheduler.ts'

export interface StreamReplay {
  readonly archive: ArchiveReader
  /** Plans of the tables that somebody reads. */
  readonly plans: readonly TablePlan[]
  readonly tasks: readonly ReplayTask[]
  readonly scheduler: Scheduler
  readonly progress: BigInt64Array
  /** What is added to all times; undefined: nothing. */
  readonly shift: Span | undefined
}

/** Fields of a table that the tasks read; undefined where none reads it. */
export function requiredFieldsOf(tasks: readonly ReplayTask[], table: TableInfo): RequiredFields | undefined {
  let requiredFields: RequiredFields | undefined
  for (const { running } of tasks) {
    if (running === undefined || !isAmong(running.reads, table)) continue
    requiredFields = unionOfReaders(requiredFields, running.requiredFields(table.measurement))
  }
  return requiredFields
}

/** The points of an archive on their way into the tasks. */
export class StreamReplayer {
  readonly #replay: StreamReplay
  readonly #targets: readonly {
    readonly task: ReplayTask
    readonly isWanted: ((series: Series) => boolean) | undefined
  }[]
  readonly #columns = new PointColumns()
  readonly #part = new PointColumns()

  constructor(replay: StreamReplay) {
    this.#replay = replay
    this.#targets = replay.tasks.flatMap((task) => {
      const reads = task.running?.reads
      if (reads === undefined) return []
      const readsAll = replay.plans.every(({ table }) => isAmong(reads, table))
      const isWanted = ({ database: db, retentionPolicy: rp }: Series): boolean => isAmong(reads, { db, rp })
      return [{ task, isWanted: readsAll ? undefined : isWanted }]
    })
  }

  /** Points that came together go in together, at the time when they came. */
  async atTimesOfArrival(clock: ReplayClock): Promise<void> {
    const { scheduler, shift } = this.#replay
    for await (const window of this.#windows()) {
      while (!window.isAtEnd && scheduler.goesOn) {
        const arrival = window.takeBody()
        if (arrival !== undefined) {
          await this.#deliver(window)
          await scheduler.advance(clock, moved(arrival, shift))
        }
        window.appendTo(this.#columns)
      }
    }
    await this.#deliver()
    const { ended } = this.#replay.archive
    if (ended !== undefined && scheduler.goesOn) await scheduler.advance(clock, moved(ended, shift))
  }

  /** Each point comes at its own time. */
  async atOwnTimes(clock: ReplayClock): Promise<void> {
    const { scheduler, shift } = this.#replay
    for await (const window of this.#windows()) {
      for (let time = window.nextTime; time !== undefined && scheduler.goesOn; time = window.nextTime) {
        const now = moved(time, shift)
        if (clock.isDueBy(now)) await scheduler.advance(clock, now)
        else clock.advance(now, 0)
        window.appendNextTo(this.#columns)
        this.#feed()
        if (scheduler.isOver) await this.#rest(window)
      }
    }
  }

  /** The distances of the points are kept. @param due When a point is to go in, by the wall clock. */
  async inRealTime(due: (time: Instant) => Instant, now: () => Instant): Promise<void> {
    const { scheduler } = this.#replay
    for await (const window of this.#windows()) {
      while (!window.isAtEnd && scheduler.goesOn) {
        window.takeBody()
        for (let time = window.nextTime; time !== undefined && scheduler.goesOn; time = window.nextTime) {
          const at = due(time)
          if (isBefore(now(), at)) {
            await this.#deliver(window)
            await scheduler.wait(nanosBetween(at, now()) / 1e6)
            if (!scheduler.goesOn) break
          }
          window.appendNextTo(this.#columns)
        }
      }
      await this.#deliver(window)
    }
  }

  /** While one is worked on, DuckDB's threads unpack the next one. */
  async *#windows(): AsyncGenerator<ArchiveWindow> {
    const { archive, plans, scheduler } = this.#replay
    const size = await archive.windowPoints(plans)
    let next = archive.window(plans, 0, size)
    try {
      for (let start = size; scheduler.goesOn; start += size) {
        const window = await next
        const isLast = start >= archive.points
        if (!isLast) next = archive.window(plans, start, start + size)
        // What it rejects with is thrown when its turn comes.
        next.catch(() => undefined)
        yield window
        if (isLast) return
      }
    } finally {
      // Whoever closes the archive must not do so while it is read.
      await next.catch(() => undefined)
    }
  }

  async #deliver(window?: ArchiveWindow): Promise<void> {
    if (this.#columns.length > 0) this.#feed()
    if (this.#replay.scheduler.isOver) await this.#rest(window)
  }

  async #rest(window: ArchiveWindow | undefined): Promise<void> {
    const { progress, archive, scheduler } = this.#replay
    progress[0] = BigInt(window?.position ?? archive.points)
    await scheduler.take()
  }

  #feed(): void {
    const columns = this.#columns
    const { shift } = this.#replay
    if (shift !== undefined) move(columns, shift)
    for (const { task, isWanted } of this.#targets) {
      if (isWanted === undefined) task.read(columns)
      else {
        for (let i = 0; i < columns.length; i++) {
          const series = columns.series[i]!
          if (isWanted(series)) this.#part.push(series, columns.times[i]!, columns.schemas[i]!, columns.values[i]!)
        }
        task.read(this.#part)
        this.#part.clear()
      }
    }
    columns.clear()
  }
}

function moved(time: Instant, shift: Span | undefined): Instant {
  return shift === undefined ? time : plus(time, shift)
}

/** Neighbours often share one time. */
function move({ times, length }: PointColumns, shift: Span): void {
  let before: Instant | undefined
  let after: Instant | undefined
  for (let i = 0; i < length; i++) {
    const time = times[i]!
    if (time !== before) after = plus(time, shift)
    before = time
    times[i] = after!
  }
}

function isAmong(dbrps: readonly Dbrp[], { db, rp }: Dbrp): boolean {
  return dbrps.some((dbrp) => dbrp.db === db && dbrp.rp === rp)
}
