import { type Instant, isBefore, plus, type Span, spanOfNanos } from '../core/instant.ts'
import { GroupedNode } from '../graph/grouped-node.ts'
import { defineNode, type NodeContext } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { type Barrier as BarrierMessage, Batch } from '../model/batch.ts'
import type { Group } from '../model/group.ts'
import type { Point } from '../model/point.ts'
import { Deadline, Deadlines } from './barrier/deadlines.ts'
import { tooOften } from './too-often.ts'

const spec = nodeSpec({
  name: 'barrier',
  wants: 'either',
  provides: 'same',
  summary: 'Promises the nodes below, where no data come, that nothing older will; then drops what is older.',
  properties: {
    idle: t.duration('Silence of a group, by the clock, after which it gets a barrier.').default(0n),
    period: t.duration('Time, by the clock, between the barriers of a group.').default(0n),
    delete: t.bool('Whether a group is deleted after each of its barriers.').default(false)
  },
  validate({ idle, period }) {
    if (idle !== 0n && period !== 0n) return 'cannot specify both idle and period'
    if (period === 0n && idle <= 0n) return 'idle must be greater than zero'
    if (idle === 0n && period <= 0n) return 'period must be greater than zero'
    return tooOften(idle === 0n ? 'period' : 'idle', idle === 0n ? period : idle)
  },
  requiredFields: (_options, below) => below
})

/** A group and when it gets its next barrier. */
class Watch extends Deadline {
  readonly group: Group
  /** Time of the last message that was taken, or of a barrier since: the next idle barrier counts from it. */
  last: Instant
  /** What is older is dropped. */
  barrier: Instant | undefined

  constructor(group: Group, now: Instant) {
    super()
    this.group = group
    this.last = now
  }
}

/** An idle barrier follows the time of the data, one of a period that of the clock. */
class Barrier extends GroupedNode<OptionsOf<typeof spec>, Watch> {
  readonly #isIdle: boolean
  readonly #idle: Span
  readonly #delayMs: number
  readonly #deadlines: Deadlines<Watch>

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    this.#isIdle = options.idle !== 0n
    this.#idle = spanOfNanos(options.idle)
    this.#delayMs = Number(this.#isIdle ? options.idle : options.period) / 1e6
    this.#deadlines = new Deadlines(context.ports.clock, (watch) => this.#fallDue(watch))
  }

  protected override createState(group: Group): Watch {
    const watch = new Watch(group, this.context.ports.clock.now())
    this.#set(watch)
    return watch
  }

  override point(point: Point): void {
    const watch = this.stateOf(point.group)
    if (isLate(watch, point.time)) return
    if (this.#isIdle) this.#extend(watch, point.time)
    this.emit(point)
  }

  override batch(batch: Batch): void {
    const watch = this.stateOf(batch.group)
    const points = batch.points.filter(({ time }) => !isLate(watch, time))
    const last = points.at(-1)
    if (this.#isIdle && last !== undefined) this.#extend(watch, last.time)
    const isWhole = points.length === batch.points.length
    this.emitBatch(isWhole ? batch : new Batch(batch.name, batch.group, batch.tmax, points))
  }

  override barrier(barrier: BarrierMessage): void {
    const watch = this.stateOf(barrier.group)
    if (isLate(watch, barrier.time)) return
    if (this.#isIdle) {
      watch.barrier = barrier.time
      this.#extend(watch, barrier.time)
    }
    this.emitBarrier(barrier)
  }

  override deleteGroup(group: Group, source: number): void {
    const watch = this.states.get(group)
    if (watch !== undefined) this.#deadlines.remove(watch)
    super.deleteGroup(group, source)
  }

  override stop(): void {
    this.#deadlines.stop()
  }

  #extend(watch: Watch, time: Instant): void {
    watch.last = time
    this.#set(watch)
  }

  #set(watch: Watch): void {
    this.#deadlines.set(watch, this.context.ports.clock.elapsedMs() + this.#delayMs)
  }

  #fallDue(watch: Watch): void {
    const { group } = watch
    const time = this.#isIdle ? plus(watch.last, this.#idle) : this.context.ports.clock.now()
    watch.last = watch.barrier = time
    if (!this.options.delete) this.#again(watch)
    this.emitBarrier({ group, time })
    if (this.options.delete && this.states.delete(group)) {
      this.emitDelete(group)
      this.context.groups.forget(group)
    }
  }

  /** Waits for the next barrier as a ticker goes on: from when it was due, but for what it has missed. */
  #again(watch: Watch): void {
    const nextMs = watch.atMs + this.#delayMs
    if (nextMs > this.context.ports.clock.elapsedMs()) this.#deadlines.set(watch, nextMs)
    else this.#set(watch)
  }
}

function isLate({ barrier }: Watch, time: Instant): boolean {
  return barrier !== undefined && isBefore(time, barrier)
}

export default defineNode(spec, Barrier)
