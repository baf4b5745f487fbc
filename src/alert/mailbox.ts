import type { Clock, Timer } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { within } from '../core/within.ts'
import type { DeliveryOutcome, EndedDelivery, OutboxStore, PendingRow, PendingSummary } from '../store/outbox.ts'
import { createHash } from 'node:crypto'
import { idempotencyKey } from './attempt.ts'
import type { CrashGuard } from './crash-guard.ts'
import { Delivery, type DeliveryLimits } from './delivery.ts'
import type { DeadLetter, Deliverable } from './delivery-job.ts'
import type { TopicEvent } from './handlers/topic-event.ts'
import { topicEventOf } from './event-record.ts'
import type { Attempt, OpenHandler } from './handlers/handler.ts'
import type { Sequence } from './sequence.ts'
import type { Turns } from './turns.ts'

/** What is stored of an event for its handlers. */
export interface QueuedEvent {
  readonly event: TopicEvent
  readonly sequence: bigint
  readonly origin: bigint
}

/** An event for this handler. */
class PendingEvent implements QueuedEvent, Deliverable {
  readonly event: TopicEvent
  readonly sequence: bigint
  readonly origin: bigint
  readonly #serverId: string
  readonly #handler: string

  constructor({ event, sequence, origin }: QueuedEvent, serverId: string, handler: string) {
    this.event = event
    this.sequence = sequence
    this.origin = origin
    this.#serverId = serverId
    this.#handler = handler
  }

  get key(): string {
    return idempotencyKey(this.#serverId, this.event.topic, this.#handler, this.origin)
  }

  get orderBy(): string {
    return this.event.event.id
  }

  get sinceMs(): number {
    return Number(this.sequence / 1000n)
  }
}

export interface MailboxLimits extends DeliveryLimits {
  /** Events that may wait; past it the oldest become dead letters. `queue` of them are kept in memory. */
  readonly entries: number
}

/** What a mailbox needs of the outbox that it is part of. */
export interface MailboxHost {
  readonly store: OutboxStore
  readonly sequence: Sequence
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly turns: Turns
  /** Default: crashes are not counted. */
  readonly crashGuard?: CrashGuard | undefined
  readonly limits: MailboxLimits
  /** Part of idempotency keys. */
  readonly serverId: string
  /** The process ends: what is in the store alone waits for the next one. */
  readonly isClosing: boolean
  /** Notes how a delivery ended; stored soon, with others. */
  recordOutcome(ended: EndedDelivery): void
  /** Resolves when all outcomes are stored. */
  flush(): Promise<void>
  /** Counts dead letters that were stored without `recordOutcome`. */
  countDeadLetters(count: number): void
}

export interface MailboxCounters {
  delivered: number
  failed: number
  dead: number
  dropped: number
}

export interface ShutOptions {
  /** Resolves when all has come that its handler is to have. */
  readonly ready?: Promise<unknown>
  readonly drainMs?: number
  /** Makes dead letters of what is left. Without, it waits for another handler. */
  readonly reason?: string
}

/** How long an attempt under way may go on when its handler ends. */
const GRACE_MS = 2000
/** How long a handler that was taken off its topic goes on with what it has. */
const DRAIN_MS = 10_000
const READ_AGAIN_MS = 1000

/**
 * What waits for one handler of one topic. All of it is in the store; a window of it, the oldest, is in a `Delivery`
 * while the handler is there, and the rest is read when that has room. So neither a receiver that is down nor a
 * restart loses anything, memory is bounded, and the order stays.
 */
export class Mailbox {
  readonly topic: string
  readonly name: string
  /** Kind of its handler, of the last one where it has none. */
  kind = ''
  readonly #host: MailboxHost
  #delivery: Delivery<PendingEvent> | undefined
  /** Counters of deliveries that ended. */
  readonly #counters: MailboxCounters = { delivered: 0, failed: 0, dead: 0, dropped: 0 }
  /** Events that are in the store alone. */
  #waiting: number
  /** The sequence up to which nothing waits in the store alone. */
  #after: bigint
  /** Sequence of the newest event. */
  #last: bigint
  /** Changes when what is being read is no longer wanted. */
  #generation = 0
  /** What reads the store for the delivery, or changes what is there for it. */
  #users = 0
  #readAgain: Timer | undefined
  /** Changes of the handler, one after the other. */
  #changing: Promise<void> | undefined
  /** Counts them, so that a later one overtakes one that waits. */
  #change = 0
  #isGivingUp = false
  #hash: string | undefined

  constructor(host: MailboxHost, topic: string, name: string, found?: PendingSummary) {
    this.#host = host
    this.topic = topic
    this.name = name
    this.#waiting = found?.count ?? 0
    this.#after = found === undefined ? 0n : found.oldest - 1n
    this.#last = found?.newest ?? 0n
  }

  /** Events that are still to be delivered. */
  get pending(): number {
    return this.#waiting + (this.#delivery?.backlog ?? 0)
  }

  get hasHandler(): boolean {
    return this.#delivery !== undefined || this.#changing !== undefined
  }

  get counters(): MailboxCounters {
    return { ...this.#counters, failed: this.#counters.failed + (this.#delivery?.counters.failed ?? 0) }
  }

  /** How the attempt under way stands, or the next one. */
  get status(): { readonly attempts: number; readonly nextAttemptMs: number | undefined; readonly lastError: string } {
    const { attempts, nextAttemptMs } = this.#delivery?.status ?? { attempts: 0, nextAttemptMs: undefined }
    return { attempts, nextAttemptMs, lastError: this.#delivery?.lastError ?? '' }
  }

  /** Takes an event over that is stored; these come in the order of their sequences. */
  push(queued: QueuedEvent): void {
    this.#last = queued.sequence
    const delivery = this.#delivery
    if (delivery !== undefined && this.#waiting === 0 && delivery.backlog < this.#host.limits.queue) {
      this.#after = queued.sequence
      delivery.add(this.#pendingOf(queued))
    } else this.#waiting++
    if (this.pending > this.#host.limits.entries) this.#giveUpOldest()
  }

  /** Takes an event over that could not be stored. */
  pushUnstored(queued: QueuedEvent): void {
    this.#delivery?.add(this.#pendingOf(queued))
  }

  /** Puts a handler to work; what the one before had is left to it. */
  open(kind: string, handler: OpenHandler): void {
    this.kind = kind
    this.#change++
    if (this.#changing === undefined && (this.#delivery?.backlog ?? 0) === 0) {
      void this.#take()?.end(0)
      this.#start(handler)
    } else void this.#enqueue(() => this.#stop().then(() => this.#start(handler)))
  }

  /** Ends its handler once that has delivered what it can, though not for ever, unless another one is opened. */
  async shut({ ready, drainMs = DRAIN_MS, reason }: ShutOptions = {}): Promise<void> {
    const change = ++this.#change
    await ready
    const { clock } = this.#host
    if (this.#delivery !== undefined) await within(drainMs, this.#delivery.drained(), () => undefined, clock)
    if (change !== this.#change) return
    await this.#enqueue(async () => {
      if (change !== this.#change) return
      await this.#stop()
      if (reason !== undefined) await this.#endWaiting('dead', reason)
    })
  }

  /** Makes the next attempts now. */
  retryNow(): void {
    this.#delivery?.retryNow()
  }

  /** Ends what is not under way. @returns How much that is. */
  async drop(): Promise<number> {
    const removed = this.#remove(() => true)
    return removed + (await this.#endWaiting('dropped', 'dropped by a client'))
  }

  /** Ends one event. @returns false where it does not wait, or is under way. */
  async dropOne(sequence: bigint): Promise<boolean> {
    if (this.#remove((pending) => pending.sequence === sequence) > 0) return true
    if (sequence <= this.#after || sequence > this.#last) return false
    const place = { topic: this.topic, handler: this.name, after: sequence - 1n, upTo: sequence }
    return (await this.#endWaiting('dropped', 'dropped by a client', place)) > 0
  }

  /** Makes dead letters of what has waited for a handler since before this sequence. */
  async giveUpBefore(sequence: bigint): Promise<void> {
    if (this.hasHandler || this.#waiting === 0) return
    await this.#endWaiting('dead', 'it had no handler for too long', { ...this.#rest, upTo: sequence - 1n })
  }

  /** All that waits has sequences from this one on; undefined where nothing waits. */
  get oldest(): bigint | undefined {
    let oldest = this.#waiting > 0 ? this.#after + 1n : undefined
    for (const { sequence } of this.#delivery?.items ?? []) {
      if (oldest === undefined || sequence < oldest) oldest = sequence
    }
    return oldest
  }

  #start(handler: OpenHandler): void {
    const { clock, log, random, turns, limits } = this.#host
    const delivery: Delivery<PendingEvent> = new Delivery({
      ...{ topic: this.topic, name: this.name, clock, log, random, turns },
      limits: { ...limits, queue: Infinity },
      send: (pending, attempt) => this.#send(handler, pending, attempt),
      close: () => handler.close?.(),
      onDead: (deadLetter) => this.#died(delivery, deadLetter),
      onDelivered: (pending, attempts) => this.#recordOutcome(pending, 'delivered', attempts, '')
    })
    this.#delivery = delivery
    this.#feed()
  }

  #send(handler: OpenHandler, { event, sequence }: PendingEvent, attempt: Attempt): Promise<void> {
    const { crashGuard } = this.#host
    const send = () => handler.send(event, attempt)
    return crashGuard === undefined ? send() : crashGuard.attempt(this.#markOf(sequence), attempt, send)
  }

  /** What an event for this handler is called where crashes are counted. */
  #markOf(sequence: bigint): string {
    this.#hash ??= createHash('sha1').update(`${this.topic}\n${this.name}`).digest('base64url')
    return `${this.#hash}-${sequence}`
  }

  /** Ends the delivery; what it had waits in the store again. */
  async #stop(): Promise<void> {
    const delivery = this.#take()
    if (delivery === undefined) return
    await delivery.end(GRACE_MS)
    // What has ended must not be read again.
    await this.#host.flush()
  }

  /** The delivery, which from here on gives what it has back. */
  #take(): Delivery<PendingEvent> | undefined {
    const delivery = this.#delivery
    if (delivery === undefined) return undefined
    this.#delivery = undefined
    this.#generation++
    this.#readAgain?.cancel()
    this.#counters.failed += delivery.counters.failed
    return delivery
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const done: Promise<void> = (this.#changing ?? Promise.resolve()).then(work).finally(() => {
      if (this.#changing === done) this.#changing = undefined
    })
    this.#changing = done
    return done
  }

  #died(delivery: Delivery<PendingEvent>, { item: pending, attempts, reason }: DeadLetter<PendingEvent>): void {
    if (delivery === this.#delivery) return this.#recordOutcome(pending, 'dead', attempts, reason)
    // The handler has ended: the event waits for the next one.
    this.#waiting++
    if (pending.sequence <= this.#after) this.#after = pending.sequence - 1n
  }

  #recordOutcome(
    { sequence, origin }: Pick<PendingEvent, 'sequence' | 'origin'>,
    outcome: DeliveryOutcome,
    attempts: number,
    error: string
  ): void {
    const ended = this.#host.sequence.take()
    this.#counters[outcome]++
    this.#host.crashGuard?.forget(this.#markOf(sequence))
    this.#host.recordOutcome({ sequence, origin, handler: this.name, outcome, ended, attempts, error })
    this.#feed()
  }

  /** Fills the delivery up from the store. */
  #feed(): void {
    const { queue } = this.#host.limits
    const delivery = this.#delivery
    if (
      delivery === undefined ||
      this.#host.isClosing ||
      this.#users > 0 ||
      this.#waiting === 0 ||
      delivery.backlog > queue / 2
    )
      return
    this.#users++
    const generation = this.#generation
    const { after, upTo } = this.#rest
    const limit = Math.ceil(queue / 2)
    this.#host.store.page(this.topic, this.name, after, upTo, limit).then(
      (rows) => {
        this.#users--
        if (generation === this.#generation) {
          const isAll = rows.length < limit
          this.#waiting = isAll && upTo === this.#last ? 0 : Math.max(0, this.#waiting - rows.length)
          this.#after = isAll ? upTo : rows.at(-1)!.sequence
          for (const row of rows) this.#takeStored(delivery, row)
        }
        this.#feed()
      },
      (error: unknown) => {
        this.#users--
        const { topic, name } = this
        this.#host.log.error('failed to read the events that wait for a handler', {
          topic,
          handler: name,
          err: messageOf(error)
        })
        this.#readAgain = this.#host.clock.after(READ_AGAIN_MS, () => this.#feed())
      }
    )
  }

  /** One that is damaged is over: it must not keep those behind it, or the server, from going on. */
  #takeStored(delivery: Delivery<PendingEvent>, row: PendingRow): void {
    const { sequence, origin } = row
    let event: TopicEvent
    try {
      event = topicEventOf(row)
    } catch (error) {
      const { topic, name } = this
      this.#host.log.error('a stored event is damaged and is not delivered', {
        ...{ topic, handler: name, sequence: String(sequence), err: messageOf(error) }
      })
      return this.#recordOutcome({ sequence, origin }, 'dropped', 0, 'the stored event is damaged')
    }
    delivery.add(this.#pendingOf({ event, sequence, origin }))
  }

  #remove(isMeant: (pending: PendingEvent) => boolean): number {
    const removed = this.#delivery?.remove(isMeant) ?? []
    for (const pending of removed) this.#recordOutcome(pending, 'dropped', 0, 'dropped by a client')
    return removed.length
  }

  #giveUpOldest(): void {
    const reason = 'too many events wait for the handler'
    const { entries } = this.#host.limits
    if (this.#delivery !== undefined) {
      while (this.pending > entries && this.#delivery.giveUpOldest(reason));
      return
    }
    // Many at once, since each time takes a statement.
    if (this.#isGivingUp || this.pending <= entries * 1.01) return
    this.#isGivingUp = true
    void this.#endWaiting('dead', reason, this.#rest, this.pending - entries)
      .catch((error: unknown) =>
        this.#host.log.error('failed to give up the events that wait for a handler', { err: messageOf(error) })
      )
      .finally(() => (this.#isGivingUp = false))
  }

  /** Where that is which is in the store alone. */
  get #rest() {
    return { topic: this.topic, handler: this.name, after: this.#after, upTo: this.#last }
  }

  /** Ends what is in the store alone, oldest first. @returns How much that was. */
  async #endWaiting(
    outcome: DeliveryOutcome,
    reason: string,
    place = this.#rest,
    limit = this.#waiting
  ): Promise<number> {
    if (limit === 0) return 0
    this.#generation++
    this.#users++
    const { store, sequence, log } = this.#host
    try {
      const count = await store.endWaiting(place, outcome, reason, sequence.take(limit), limit)
      this.#waiting -= Math.min(this.#waiting, count)
      this.#counters[outcome] += count
      if (outcome === 'dead' && count > 0) {
        this.#host.countDeadLetters(count)
        log.error('events that waited for a handler were given up', {
          topic: this.topic,
          handler: this.name,
          count,
          reason
        })
      }
      return count
    } finally {
      this.#users--
      this.#feed()
    }
  }

  #pendingOf(queued: QueuedEvent): PendingEvent {
    return new PendingEvent(queued, this.#host.serverId, this.name)
  }
}
