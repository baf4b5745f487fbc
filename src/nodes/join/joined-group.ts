import { compare, type Instant, isBefore } from '../../core/instant.ts'
import type { Batch } from '../../model/batch.ts'
import type { Group } from '../../model/group.ts'
import type { Point } from '../../model/point.ts'
import { Series } from '../../model/series.ts'
import { type PendingList, Waiting } from './pending.ts'

export type Message = Point | Batch

/** Messages of one time, at most one a source, that leave as one. */
export class JoinSet extends Waiting {
  readonly joined: JoinedGroup
  readonly moment: Moment
  /** One a source. */
  readonly parts: (Message | undefined)[]
  filled = 0

  constructor(joined: JoinedGroup, moment: Moment, sources: number) {
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

/** The sets of one time, in the order in which they were begun; those before `head` have left. */
interface Moment {
  readonly time: Instant
  sets: (JoinSet | undefined)[]
  head: number
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
  readonly #moments = new Moments()
  /** At most the time of the first moment; a barrier can have set it to a time at which nothing waits. */
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
  giveUp(moment: Moment): void {
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

  #release(moment: Moment): void {
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
  }
}

/** Moments sorted by time. They mostly come at the end and leave at the front, however many there are. */
class Moments {
  #items: (Moment | undefined)[] = []
  #head = 0

  get first(): Moment | undefined {
    return this.#items[this.#head]
  }

  *sets(): Generator<JoinSet> {
    for (let i = this.#head; i < this.#items.length; i++) {
      const { sets, head } = this.#items[i]!
      for (let j = head; j < sets.length; j++) yield sets[j]!
    }
  }

  /** The moment of that time, a new one where there is none. */
  at(time: Instant): Moment {
    const index = this.#indexOf(time)
    const found = this.#items[index]
    if (found !== undefined && compare(found.time, time) === 0) return found
    const moment: Moment = { time, sets: [], head: 0 }
    if (index === this.#items.length) this.#items.push(moment)
    else this.#items.splice(index, 0, moment)
    return moment
  }

  remove(moment: Moment): void {
    const index = this.#indexOf(moment.time)
    if (index > this.#head) {
      this.#items.splice(index, 1)
      return
    }
    this.#items[this.#head++] = undefined
    if (this.#head === this.#items.length || (this.#head >= 64 && this.#head * 2 >= this.#items.length)) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
  }

  /** Index of the moment of that time, or where it would be. */
  #indexOf(time: Instant): number {
    const items = this.#items
    let low = this.#head
    let high = items.length
    if (high > low && isBefore(items[high - 1]!.time, time)) return high
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBefore(items[middle]!.time, time)) low = middle + 1
      else high = middle
    }
    return low
  }
}
