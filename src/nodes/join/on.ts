import { Fifo } from '../../core/fifo.ts'
import { compare, type Instant, isBefore } from '../../core/instant.ts'
import { listKey } from '../../core/list-key.ts'
import { Batch } from '../../model/batch.ts'
import type { Group } from '../../model/group.ts'
import type { Message } from './joined-group.ts'
import { type PendingList, Waiting } from './pending.ts'

/** Puts a message among those of a group. */
export type Collect = (group: Group, source: number, message: Message, time: Instant) => void

/** What shares the values of the tags that are joined on. */
interface Shared {
  /** Time of the latest message of each source. */
  readonly marks: (Instant | undefined)[]
  /** Specific messages without a match so far. */
  readonly specific: Fifo<Buffered>
  /** Match messages that specific ones may still need. */
  readonly matches: Fifo<Buffered>
}

class Buffered extends Waiting {
  readonly matcher: OnMatcher
  /** Queue that the point waits in. When it is the oldest of all it is the first there. */
  readonly queue: Fifo<Buffered>
  readonly source: number
  readonly message: Message
  readonly time: Instant

  constructor(matcher: OnMatcher, queue: Fifo<Buffered>, source: number, message: Message, time: Instant) {
    super()
    this.matcher = matcher
    this.queue = queue
    this.source = source
    this.message = message
    this.time = time
  }

  override giveUp(): void {
    this.matcher.giveUpFirst(this.queue)
  }
}

/**
 * Joins on a part of the dimensions. Messages with more dimensions than that are specific; each is paired with the match
 * messages (with no more) of its time, in its own group. A specific message is sent alone when every source has moved
 * past its time; a match message is never sent without a specific one.
 */
export class OnMatcher {
  readonly #tags: readonly string[]
  readonly #pending: PendingList
  readonly #collect: Collect
  /** Sources that have delivered anything, whatever the group. */
  readonly #reported: boolean[]
  readonly #shared = new Map<string, Shared>()
  #silent: number

  constructor(tags: readonly string[], sources: number, pending: PendingList, collect: Collect) {
    this.#tags = tags
    this.#reported = new Array<boolean>(sources).fill(false)
    this.#silent = sources
    this.#pending = pending
    this.#collect = collect
  }

  take(source: number, message: Message, time: Instant): void {
    if (!this.#reported[source]) {
      this.#reported[source] = true
      this.#silent--
    }
    const shared = this.#sharedOf(message.group)
    shared.marks[source] = time
    const low = this.#silent > 0 ? undefined : lowest(shared.marks)
    if (low !== undefined) this.#sendLate(shared, low)
    if (this.#isSpecific(message.group)) this.#takeSpecific(shared, source, message, time, low)
    else this.#takeMatch(shared, source, message, time)
  }

  deleteGroup(group: Group, source: number): void {
    const key = this.#keyOf(group)
    const shared = this.#shared.get(key)
    if (shared === undefined) return
    if (this.#isSpecific(group)) {
      const kept = [...drain(shared.specific)].filter((buffered) => {
        if (buffered.message.group !== group) return true
        this.#pending.remove(buffered)
        return false
      })
      for (const buffered of kept) shared.specific.push(buffered)
      return
    }
    for (const buffered of drain(shared.matches)) this.#pending.remove(buffered)
    shared.marks[source] = undefined
    if (shared.specific.length === 0 && shared.marks.every((mark) => mark === undefined)) this.#shared.delete(key)
  }

  /** A specific message is sent alone, a match message is lost. */
  giveUpFirst(queue: Fifo<Buffered>): void {
    const { message, source, time } = this.#shift(queue)
    if (this.#isSpecific(message.group)) this.#collect(message.group, source, message, time)
  }

  forgetMarks(): void {
    for (const { marks } of this.#shared.values()) marks.fill(undefined)
  }

  #takeSpecific(shared: Shared, source: number, message: Message, time: Instant, low: Instant | undefined): void {
    const { specific, matches } = shared
    let isPaired = false
    let old = 0
    for (let i = 0; i < matches.length; i++) {
      const match = matches.at(i)
      if (compare(match.time, time) === 0) {
        this.#pair(message.group, source, message, match.source, match.message, time)
        isPaired = true
      }
      if (low === undefined || !isBefore(match.time, low)) break
      old++
    }
    while (old-- > 0) this.#shift(matches)
    if (isPaired) return
    if (low !== undefined && isBefore(time, low)) this.#collect(message.group, source, message, time)
    else this.#buffer(specific, source, message, time)
  }

  #takeMatch(shared: Shared, source: number, message: Message, time: Instant): void {
    const { specific, matches } = shared
    this.#buffer(matches, source, message, time)
    for (let { first } = specific; first !== undefined && compare(first.time, time) === 0; { first } = specific) {
      this.#shift(specific)
      this.#pair(first.message.group, first.source, first.message, source, message, time)
    }
  }

  /** Sends the specific messages alone that nothing can match any more. */
  #sendLate({ specific }: Shared, low: Instant): void {
    while (specific.first !== undefined && isBefore(specific.first.time, low)) this.giveUpFirst(specific)
  }

  #pair(group: Group, source: number, specific: Message, other: number, match: Message, time: Instant): void {
    this.#collect(group, source, specific, time)
    this.#collect(group, other, match, time)
  }

  #buffer(queue: Fifo<Buffered>, source: number, message: Message, time: Instant): void {
    const buffered = new Buffered(this, queue, source, message, time)
    queue.push(buffered)
    this.#pending.add(buffered)
    if (message instanceof Batch) this.#pending.weigh(buffered, message.points.length)
  }

  #shift(queue: Fifo<Buffered>): Buffered {
    const buffered = queue.shift()!
    this.#pending.remove(buffered)
    return buffered
  }

  #isSpecific(group: Group): boolean {
    return group.dimensions.tagNames.length > this.#tags.length
  }

  #sharedOf(group: Group): Shared {
    const key = this.#keyOf(group)
    let shared = this.#shared.get(key)
    if (shared === undefined) {
      const marks = new Array<Instant | undefined>(this.#reported.length).fill(undefined)
      this.#shared.set(key, (shared = { marks, specific: new Fifo(), matches: new Fifo() }))
    }
    return shared
  }

  #keyOf({ name, tags }: Group): string {
    return listKey([name, ...this.#tags.map((tag) => tags.get(tag) ?? '')])
  }
}

/**
 * The earliest of the marks. As in Kapacitor, one that is not set yet is passed over in front of set ones, and comes
 * before all others behind them.
 */
function lowest(marks: readonly (Instant | undefined)[]): Instant | undefined {
  let low: Instant | undefined
  for (const mark of marks) if (low === undefined || mark === undefined || isBefore(mark, low)) low = mark
  return low
}

function* drain<T>(queue: Fifo<T>): Generator<T> {
  while (queue.length > 0) yield queue.shift()!
}
