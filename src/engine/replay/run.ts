import { defineError } from '../../core/errors.ts'
import { type Instant, instantOfMillis, minus, plus } from '../../core/instant.ts'
import { ArchiveReader } from '../../archive/reader.ts'
import { BatchReplayer } from './batch.ts'
import { ReplayClock } from './clock.ts'
import { type ReplayHost, ReplayTask } from './task.ts'
import type { ReplayOutcome, ReplaySpec, ReplayTaskOutcome } from '../../graph/replay-spec.ts'
import { requiredFieldsOf, StreamReplayer } from './stream.ts'
import { Scheduler } from './scheduler.ts'
import { SeriesSlots } from '../series-slots.ts'

/** Kapacitor's words for an archive of the other type. */
const NoBatches = defineError('REPLAY_NO_BATCHES', 500, () => 'data source open: zip: not a valid zip file')
const NoStream = defineError('REPLAY_NO_STREAM', 500, () => 'data source open: gzip: invalid header')

/**
 * Runs tasks over an archive, apart from everything that lives, in the turns that the shard has left.
 *
 * What came together goes in together, at the time when it came: nodes that work by the clock see that of the
 * recording, so that they do what they did live. Where an archive does not know when its points came, they came at
 * their own times. Without `recordingTime` all of this is moved so that the first point has the time of the replay.
 *
 * Differs: nodes that work by the clock see the time of the data in a fast replay; in Kapacitor they see the wall
 * clock, and hardly ever get to work.
 */
export class ReplayRun {
  readonly #spec: ReplaySpec
  readonly #host: ReplayHost
  readonly #tasks: ReplayTask[] = []
  readonly #scheduler: Scheduler

  constructor(spec: ReplaySpec, host: ReplayHost) {
    this.#spec = spec
    this.#host = host
    this.#scheduler = new Scheduler(this.#tasks, host.settings.maxPending)
  }

  /** Fails where the archive cannot be read; what fails in a task is told in its outcome. */
  async run(): Promise<ReplayOutcome> {
    const archive = await ArchiveReader.open(this.#spec.path)
    try {
      await this.#feed(archive)
      const outcomes: ReplayTaskOutcome[] = []
      for (const task of this.#tasks) {
        outcomes.push(await (this.#scheduler.isCancelled ? task.cancel() : task.finish()))
      }
      await this.#scheduler.untilAcknowledged()
      return { outcomes: outcomes, wasCancelled: this.#scheduler.isCancelled }
    } finally {
      for (const task of this.#tasks) await task.cancel()
      archive.close()
    }
  }

  cancel(): void {
    this.#scheduler.cancel()
  }

  findTask(id: string): ReplayTask | undefined {
    return this.#tasks.find((task) => task.id === id)
  }

  /** Events of a task have been taken over. */
  acknowledge(id: string, events: number): void {
    const task = this.findTask(id)
    if (task === undefined) return
    task.unacknowledged -= events
    this.#scheduler.wake()
  }

  /** Measures the throughput of all tasks; called once a second. */
  measureThroughput(): void {
    for (const { running } of this.#tasks) running?.measureThroughput()
  }

  async #feed(archive: ArchiveReader): Promise<void> {
    const { tasks: specs, progress, recordingTime, clock: kind } = this.#spec
    for (const { task } of specs) if (task.type !== archive.type) throw task.type === 'batch' ? NoBatches() : NoStream()
    progress[1] = BigInt(archive.points)

    const { clock: wallClock } = this.#host
    const zero = wallClock.now()
    const begunMs = wallClock.elapsedMs()
    // A replay keeps its pace, whatever is done to the clock.
    const now = (): Instant => plus(zero, instantOfMillis(wallClock.elapsedMs() - begunMs))
    const first = await archive.firstTime()
    const distance = first && minus(zero, first)
    const shift = recordingTime ? undefined : distance
    const slots = new SeriesSlots()
    const open = (clock = wallClock): void => {
      for (const spec of specs) this.#tasks.push(new ReplayTask(spec, this.#host, clock, slots))
    }
    if (archive.type === 'batch') {
      const clock = kind === 'fast' ? new ReplayClock(recordingTime ? (first ?? zero) : zero) : undefined
      open(clock)
      const { dropsEmptyBatches: dropsEmpty } = this.#spec
      const common = {
        archive,
        tasks: this.#tasks,
        scheduler: this.#scheduler,
        progress,
        zero,
        recordingTime,
        dropsEmpty
      }
      return await new BatchReplayer(common).run(clock, now)
    }
    const feed = async (): Promise<StreamReplayer> => {
      const plans = await archive.plan((table) => requiredFieldsOf(this.#tasks, table))
      return new StreamReplayer({ archive, plans, tasks: this.#tasks, scheduler: this.#scheduler, progress, shift })
    }

    if (kind === 'real') {
      open()
      const stream = await feed()
      await stream.inRealTime((time) => plus(time, distance!), now)
      return
    }
    const start = archive.knowsArrivals ? archive.started : (first ?? archive.started)
    const clock = new ReplayClock(shift === undefined ? start : plus(start, shift))
    open(clock)
    const stream = await feed()
    await (archive.knowsArrivals ? stream.atTimesOfArrival(clock) : stream.atOwnTimes(clock))
  }
}
