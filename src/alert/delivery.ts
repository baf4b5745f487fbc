import type { Clock, Timer } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { CollectedEvent } from './event.ts'
import { type DeliveryError, failureOf, type OpenHandler } from './handlers/handler.ts'

/** Limits of a handler's queue. */
export interface DeliveryLimits {
  /** Events that wait; past it the oldest becomes a dead letter. */
  readonly queue: number
  /** Attempts at an event that the receiver answers with an error. */
  readonly attempts: number
  /** How long an event is kept for a receiver that is away. */
  readonly patienceMs: number
}

export const DEFAULT_LIMITS: DeliveryLimits = { queue: 5000, attempts: 6, patienceMs: 15 * 60_000 }

export interface DeliveryCounters {
  delivered: number
  /** Attempts that failed. */
  failed: number
  /** Events that became dead letters. */
  dead: number
}

interface Job {
  readonly event: CollectedEvent
  readonly sinceMs: number
  attempts: number
}

const AWAY_DELAY_MS = 1000
const ERROR_DELAY_MS = 4000
const DELAY_MAX_MS = 60_000

export interface DeliveryOptions {
  readonly topic: string
  /** Id of the handler, for logs and dead letters. */
  readonly name: string
  readonly handler: OpenHandler
  readonly clock: Clock
  readonly log: Logger
  readonly deadLetters: DeadLetters
  /** In [0, 1). */
  readonly random: () => number
  readonly limits?: DeliveryLimits
}

/**
 * A handler's own queue and the attempts at it: one event at a time, in order, so a slow receiver holds up nobody else.
 *
 * Where the receiver is away (refused, timed out, 429, 503) all wait, in order, with exponential back-off or for as
 * long as it asks. Where it answers one event with an error, that event alone is tried again later, and the others go
 * on; but never after a newer event of the same id, which says more. Nothing is lost silently: what is given up
 * becomes a dead letter.
 *
 * Differs: what a handler could not deliver is tried again; Kapacitor logs it, and it is lost.
 */
export class Delivery {
  readonly counters: DeliveryCounters = { delivered: 0, failed: 0, dead: 0 }
  readonly #options: DeliveryOptions
  readonly #limits: DeliveryLimits
  readonly #queue: Job[] = []
  /** Set aside until their next attempt, by event id. */
  readonly #aside = new Map<string, { readonly job: Job; readonly timer: Timer }>()
  #isSending = false
  #isClosed = false
  #hold: Timer | undefined
  #absences = 0
  readonly #waiters: (() => void)[] = []

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#limits = options.limits ?? DEFAULT_LIMITS
  }

  /** Events that are still to be delivered. */
  get backlog(): number {
    return this.#queue.length + this.#aside.size
  }

  push(event: CollectedEvent): void {
    if (this.#isClosed) return
    this.#queue.push({ event, sinceMs: this.#nowMs(), attempts: 0 })
    if (this.#queue.length > this.#limits.queue) {
      // The first one is under way.
      const [oldest] = this.#queue.splice(this.#isSending ? 1 : 0, 1)
      this.#giveUp(oldest!, 'the queue of the handler is full')
    }
    this.#next()
  }

  /** Resolves when nothing is left but what waits for a receiver that is away or had an error. */
  drained(): Promise<void> {
    if (this.#isDrained()) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  /** What is left becomes dead letters. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#hold?.cancel()
    for (const { job, timer } of this.#aside.values()) {
      timer.cancel()
      this.#giveUp(job, 'the handler was closed')
    }
    this.#aside.clear()
    for (const job of this.#queue.splice(this.#isSending ? 1 : 0)) this.#giveUp(job, 'the handler was closed')
    this.#options.handler.close?.()
    this.#wake()
  }

  #next(): void {
    if (this.#isSending || this.#hold !== undefined) return
    const job = this.#queue[0]
    if (job === undefined) return this.#wake()
    this.#isSending = true
    this.#options.handler.send(job.event).then(
      () => this.#done(job),
      (error: unknown) => this.#failed(job, failureOf(error))
    )
  }

  #done(job: Job): void {
    this.#isSending = false
    this.#queue.shift()
    this.#absences = 0
    this.counters.delivered++
    this.#supersede(job)
    this.#next()
  }

  #failed(job: Job, error: DeliveryError): void {
    this.#isSending = false
    this.counters.failed++
    job.attempts++
    const { topic, name, log } = this.#options
    log.error('failed to deliver an event', { topic, handler: name, event: job.event.event.id, error: error.message })
    if (error.failure === 'unavailable' && !this.#isClosed) this.#wait(job, error)
    else {
      this.#queue.shift()
      const isLast = error.failure !== 'failed' || job.attempts >= this.#limits.attempts || this.#isClosed
      this.#supersede(job)
      if (isLast) this.#giveUp(job, error.message)
      else this.#setAside(job)
    }
    this.#next()
  }

  /** Leaves the receiver alone for a while. */
  #wait(job: Job, error: DeliveryError): void {
    if (this.#nowMs() - job.sinceMs >= this.#limits.patienceMs) {
      this.#queue.shift()
      this.#giveUp(job, error.message)
    }
    const delayMs = error.retryAfterMs ?? this.#delayMs(AWAY_DELAY_MS, this.#absences)
    this.#absences++
    this.#hold = this.#options.clock.after(Math.min(delayMs, this.#limits.patienceMs), () => {
      this.#hold = undefined
      this.#next()
    })
    this.#wake()
  }

  #setAside(job: Job): void {
    const { id } = job.event.event
    const timer = this.#options.clock.after(this.#delayMs(ERROR_DELAY_MS, job.attempts - 1), () => {
      this.#aside.delete(id)
      // Before the others: one of its id among them is newer.
      this.#queue.splice(this.#isSending ? 1 : 0, 0, job)
      this.#next()
    })
    this.#aside.set(id, { job, timer })
    if (this.#aside.size > this.#limits.queue) {
      const [oldest] = this.#aside.values()
      this.#supersedeEntry(oldest!, 'too many events wait for another attempt')
    }
  }

  /** An older event of the same id is not worth another attempt. */
  #supersede(job: Job): void {
    const older = this.#aside.get(job.event.event.id)
    if (older !== undefined) this.#supersedeEntry(older, 'a newer event of the same id was sent')
  }

  #supersedeEntry({ job, timer }: { readonly job: Job; readonly timer: Timer }, reason: string): void {
    timer.cancel()
    this.#aside.delete(job.event.event.id)
    this.#giveUp(job, reason)
  }

  #giveUp(job: Job, reason: string): void {
    this.counters.dead++
    const { topic, name, clock, deadLetters, log } = this.#options
    deadLetters.add({ topic, handler: name, event: job.event, reason, at: clock.now() })
    log.error('gave up an event', { topic, handler: name, event: job.event.event.id, reason })
  }

  /** Exponential, with half of it by chance. */
  #delayMs(firstMs: number, before: number): number {
    const fullMs = Math.min(firstMs * 2 ** Math.min(before, 20), DELAY_MAX_MS)
    return fullMs * (0.5 + this.#options.random() / 2)
  }

  #isDrained(): boolean {
    return !this.#isSending && (this.#queue.length === 0 || this.#hold !== undefined || this.#isClosed)
  }

  #wake(): void {
    if (this.#isDrained()) for (const resolve of this.#waiters.splice(0)) resolve()
  }

  #nowMs(): number {
    return this.#options.clock.now().ms
  }
}
