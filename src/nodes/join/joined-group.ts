import { compare, type Instant, isBefore } from '../../core/instant.ts'
import { Batch } from '../../model/batch.ts'
import type { Group } from '../../model/group.ts'
import type { Point } from '../../model/point.ts'
import { Series } from '../../model/series.ts'
import { type Moment, Moments } from './moments.ts'
import { type PendingList, Waiting } from './pending.ts'

export type Message = Point | Batch

/** Messages of one time, at most one a source, that leave as one. */
export class JoinSet extends Waiting {
  readonly joined: JoinedGroup
  readonly moment: Moment<JoinSet>
  /** The messages of the sources, by their index. */
  readonly parts: (Message | undefined)[]
  filled = 0

  constructor(joined: JoinedGroup, moment: Moment<JoinSet>, sources: number) {
    super()
    this.joined = joined
    this.moment = moment
    this.parts = new Array<Message | undefined>(sources).fill(undefined)
  }

  get time(): Instant {
    return this.moment.time
  }

  get isComplete(): boolean {
    return this.filled === this.parts.length
  }

  override giveUp(): void {
    this.joined.giveUp(this.moment)
  }
}

/**
 * Matches the messages of one group. A set leaves at once when it is complete and nothing older waits; an incomplete
 * one leaves when every source has moved past its time. All times are rounded already.
 */
export class JoinedGroup {
  readonly group: Group
  /** Group of what comes out. */
  out: Group
  readonly #pending: PendingList
  readonly #emit: (set: JoinSet) => void
  /** Time of the latest message of each source, be it the newest or not. */
  readonly #heads: (Instant | undefined)[]
  readonly #moments = new Moments<JoinSet>()
  /** A time that is at most that of the first moment; a barrier can have set it to one at which nothing waits. */
  #oldest: Instant | undefined
  #series: Series | undefined

  constructor(group: Group, out: Group, sources: number, pending: PendingList, emit: (set: JoinSet) => void) {
    this.group = group
    this.out = out
    this.#heads = new Array<Instant | undefined>(sources).fill(undefined)
    this.#pending = pending
    this.#emit = emit
  }

  collect(source: number, message: Message, time: Instant): void {
    this.#put(source, message, time)
    this.advance(source, time)
  }

  /** A source has come to `time`, with a message or a barrier. */
  advance(source: number, time: Instant): void {
    if (this.#oldest === undefined || isBefore(time, this.#oldest)) this.#oldest = time
    this.#heads[source] = time
    this.#emitReady()
  }

  /** Emits the first set of a moment as it is, out of turn. */
  giveUp(moment: Moment<JoinSet>): void {
    this.#release(moment)
    this.#oldest = this.#moments.first?.time
  }

  /** Emits everything, oldest first. */
  flush(): void {
    for (let { first } = this.#moments; first !== undefined; { first } = this.#moments) this.#release(first)
  }

  /** Lets go of everything. */
  clear(): void {
    for (const set of this.#moments.sets()) this.#pending.remove(set)
  }

  /** Series of what comes out under a name. */
  seriesOf(name: string): Series {
    if (this.#series?.name !== name) this.#series = new Series('', '', name, this.group.tags)
    return this.#series
  }

  #emitReady(): void {
    for (let isLate = this.#isOldestPast(); ; isLate = this.#isOldestPast()) {
      const { first } = this.#moments
      if (first === undefined) return
      if (compare(first.time, this.#oldest!) === 0) {
        while (first.head < first.sets.length && (isLate || first.sets[first.head]!.isComplete)) this.#release(first)
      }
      this.#oldest = this.#moments.first?.time
      if (!isLate) return
    }
  }

  /** Whether every source has moved past the oldest time. */
  #isOldestPast(): boolean {
    const oldest = this.#oldest
    return oldest !== undefined && this.#heads.every((head) => head !== undefined && isBefore(oldest, head))
  }

  #release(moment: Moment<JoinSet>): void {
    const set = moment.sets[moment.head]!
    moment.sets[moment.head++] = undefined // so that it can be collected
    if (moment.head === moment.sets.length) this.#moments.remove(moment)
    this.#pending.remove(set)
    this.#emit(set)
  }

  /** Into the first set that lacks this source's message. A source fills sets in order: it lacks the last ones. */
  #put(source: number, message: Message, time: Instant): void {
    const moment = this.#moments.at(time)
    const { sets } = moment
    let low = moment.head
    let high = sets.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (sets[middle]!.parts[source] === undefined) high = middle
      else low = middle + 1
    }
    let set = sets[low]
    if (set === undefined) {
      set = new JoinSet(this, moment, this.#heads.length)
      if (low === 0) moment.sets = [set]
      else sets.push(set)
      this.#pending.add(set)
    }
    set.parts[source] = message
    set.filled++
    if (message instanceof Batch) this.#pending.weigh(set, message.points.length)
  }
}
