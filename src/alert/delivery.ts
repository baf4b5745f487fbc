import { backoffMs } from '../core/backoff.ts'
import type { Clock, Timer } from '../core/clock.ts'
import { Fifo } from '../core/fifo.ts'
import type { Logger } from '../core/logger.ts'
import { RunningAttempt } from './attempt.ts'
import type { DeadLetter, Deliverable, Job } from './delivery-job.ts'
import { DeliveryError, failureOf } from './handlers/delivery-error.ts'
import type { Attempt } from './handlers/handler.ts'
import { RetryQueue } from './retry-queue.ts'
import type { Turns } from './turns.ts'

/** Limits of a handler's queue. */
export interface DeliveryLimits {
  /** Events that wait or are under way; past it the oldest becomes a dead letter. */
  readonly queue: number
  /** Attempts at an event that the receiver answers with an error. */
  readonly attempts: number
  /** How long an event is kept for a receiver that is away. */
  readonly patienceMs: number
  /** How long one attempt may take. */
  readonly attemptMs: number
  /** The first wait for a receiver that is away; four of them after an error. It doubles each time. */
  readonly retryMinMs: number
  /** Longest wait between attempts. */
  readonly retryMaxMs: number
}

export const DEFAULT_LIMITS: DeliveryLimits = {
  queue: 5000,
  attempts: 6,
  patienceMs: 15 * 60_000,
  attemptMs: 60_000,
  retryMinMs: 1000,
  retryMaxMs: 60_000
}

export interface DeliveryCounters {
  delivered: number
  /** Attempts that failed. */
  failed: number
  /** Events that became dead letters. */
  dead: number
}

const ERROR_FACTOR = 4

export interface DeliveryOptions<T> {
  readonly topic: string
  /** Id of the handler, for logs and dead letters. */
  readonly name: string
  /** Makes one attempt. Rejects with a `DeliveryError`, or anything else for a failure that may pass. */
  readonly send: (item: T, attempt: Attempt) => Promise<void>
  /** Called once, at the end. */
  readonly close?: () => void
  readonly clock: Clock
  readonly log: Logger
  readonly onDead: (deadLetter: DeadLetter<T>) => void
  readonly onDelivered?: (item: T, attempts: number) => void
  /** Gives a number in [0, 1). */
  readonly random: () => number
  /** Default: attempts begin as soon as they can. */
  readonly turns?: Turns
  readonly limits?: DeliveryLimits
}

/**
 * A handler's own queue and the attempts at it: one event at a time, in order, so a slow receiver holds up nobody else.
 *
 * Where the receiver is away (refused, timed out, 429, 503) all wait, in order, with exponential back-off or for as
 * long as it asks. Where it answers one event with an error, that event alone is tried again later, with those of the
 * same id behind it, and the others go on. Nothing is lost silently: what is given up becomes a dead letter.
 *
 * A receiver that has taken nothing yet may be at fault as well as the event: it is offered every event once, as
 * Kapacitor would, before order counts. Should it take one before an older one of its id, it gets that again in order.
 *
 * Differs: what a handler could not deliver is tried again; Kapacitor logs it, and it is lost.
 */
export class Delivery<T extends Deliverable> {
  readonly counters: DeliveryCounters = { delivered: 0, failed: 0, dead: 0 }
  /** Error of the last attempt that failed; '' for none. */
  lastError = ''
  readonly #options: DeliveryOptions<T>
  readonly #limits: DeliveryLimits
  readonly #queue = new Fifo<Job<T>>()
  readonly #retries: RetryQueue<Job<T>>
  #size = 0
  /** The event that is to be tried again before all others. */
  #held: Job<T> | undefined
  #current: { readonly job: Job<T>; readonly attempt: RunningAttempt; readonly timer: Timer } | undefined
  #isClosed = false
  /** The receiver has taken something. */
  #hasTaken = false
  #hold: { readonly timer: Timer; readonly untilMs: number } | undefined
  #absences = 0
  readonly #waiters: (() => void)[] = []
  readonly #onTurn = (): void => this.#next()

  constructor(options: DeliveryOptions<T>) {
    this.#options = options
    this.#limits = options.limits ?? DEFAULT_LIMITS
    this.#retries = new RetryQueue(options.clock, () => this.#next())
  }

  /** Events that are still to be delivered. */
  get backlog(): number {
    return this.#size
  }

  /** All items of the queue, in no order. */
  get items(): T[] {
    const loose = [this.#held, this.#current?.job].filter((job) => job !== undefined)
    const queued = Array.from({ length: this.#queue.length }, (_, index) => this.#queue.at(index))
    return [...new Set([...loose, ...this.#retries.jobs, ...queued])].map(({ item }) => item)
  }

  /** The event that is tried next or is under way, and when the next attempt is made where that is not now. */
  get status(): { readonly attempts: number; readonly nextAttemptMs: number | undefined } {
    const job = this.#current?.job ?? this.#held ?? this.#retries.first
    return { attempts: job?.attempts ?? 0, nextAttemptMs: this.#hold?.untilMs }
  }

  add(item: T): void {
    if (this.#isClosed) return
    this.#size++
    this.#queue.push({ item, attempts: 0 })
    if (this.#size > this.#limits.queue) this.giveUpOldest('the queue of the handler is full')
    this.#next()
  }

  /** Makes a dead letter of the event that waits longest. @returns false where none waits. */
  giveUpOldest(reason: string): boolean {
    const job = this.#retries.findOldest(this.#current?.job)
    const oldest = job ?? this.#queue.shift()
    if (oldest === undefined) return false
    if (job !== undefined) this.#leaveRetries(job)
    this.#giveUp(oldest, reason)
    return true
  }

  /** Takes out what `isMeant` and is not under way. */
  remove(isMeant: (item: T) => boolean): T[] {
    const removed: T[] = []
    const current = this.#current?.job
    const isOut = (job: Job<T>): boolean => {
      if (job === current || !isMeant(job.item)) return false
      removed.push(job.item)
      this.#size--
      return true
    }
    if (this.#held !== undefined && this.#held !== current && !this.#retries.has(this.#held) && isOut(this.#held)) {
      this.#held = undefined
    }
    for (const job of this.#retries.jobs) if (isOut(job)) this.#leaveRetries(job)
    for (let left = this.#queue.length; left > 0; left--) {
      const job = this.#queue.shift()!
      if (!isOut(job)) this.#queue.push(job)
    }
    this.#next()
    return removed
  }

  /** Ends all waits: what is to be tried again is tried now. */
  retryNow(): void {
    this.#hold?.timer.cancel()
    this.#hold = undefined
    this.#retries.hurry()
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
    this.#shut()
    this.#options.close?.()
  }

  /** Ends the delivery; what is under way may end first, for so long. */
  async end(graceMs: number): Promise<void> {
    if (this.#isClosed) return
    this.#shut()
    const under = this.#current
    const timer = this.#options.clock.after(graceMs, () => {
      if (under !== undefined) this.#cut(under.job, 'the handler was closed')
    })
    if (under !== undefined) await new Promise<void>((resolve) => this.#waiters.push(resolve))
    timer.cancel()
    this.#options.close?.()
  }

  #shut(): void {
    this.#isClosed = true
    this.#hold?.timer.cancel()
    const held = this.#held !== undefined && !this.#retries.has(this.#held) ? [this.#held] : []
    this.#held = undefined
    for (const job of [...held, ...this.#retries.clear()])
      if (job !== this.#current?.job) this.#giveUp(job, 'the handler was closed')
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      this.#giveUp(job, 'the handler was closed')
    }
    this.#wake()
  }

  #next(): void {
    if (this.#current !== undefined || this.#hold !== undefined) return
    if (this.#isWaitingForItsTurn()) return
    const job = this.#isClosed ? undefined : this.#take()
    if (job === undefined) return this.#wake()
    const attempt = new RunningAttempt(job.item.key)
    const { attemptMs } = this.#limits
    const timer = this.#options.clock.after(attemptMs, () => this.#cut(job, `no answer within ${attemptMs} ms`))
    const under = { job, attempt, timer }
    this.#current = under
    this.#options.send(job.item, attempt).then(
      () => {
        if (this.#current === under) this.#done(job)
      },
      (error: unknown) => {
        if (this.#current === under) this.#failed(job, failureOf(error))
      }
    )
  }

  #isWaitingForItsTurn(): boolean {
    const { turns } = this.#options
    const hasWork = this.#held !== undefined || this.#retries.hasDue || this.#queue.length > 0
    return turns !== undefined && hasWork && !this.#isClosed && !turns.mayBegin(this.#onTurn)
  }

  #take(): Job<T> | undefined {
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) return held
    const due = this.#retries.takeDue()
    if (due !== undefined) return due
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      if (!this.#hasTaken || !this.#retries.follow(job)) return job
    }
    return undefined
  }

  #cut(job: Job<T>, reason: string): void {
    const under = this.#current
    if (under?.job !== job) return
    under.attempt.abort()
    this.#failed(job, new DeliveryError('unavailable', reason))
  }

  #release(): void {
    this.#current?.timer.cancel()
    this.#current = undefined
  }

  #done(job: Job<T>): void {
    this.#release()
    this.#absences = 0
    this.#hasTaken = true
    if (this.#retries.follow(job)) return this.#next()
    this.counters.delivered++
    this.#size--
    this.#leaveRetries(job)
    this.#options.onDelivered?.(job.item, job.attempts + 1)
    this.#next()
  }

  #failed(job: Job<T>, error: DeliveryError): void {
    this.#release()
    this.counters.failed++
    this.lastError = error.message
    job.attempts++
    const { topic, name, log } = this.#options
    log.error('failed to deliver an event', { topic, handler: name, event: job.item.orderBy, err: error.message })
    if (error.failure === 'unavailable' && !this.#isClosed) this.#wait(job, error)
    else if (error.failure !== 'failed' || job.attempts >= this.#limits.attempts || this.#isClosed) {
      this.#leaveRetries(job)
      this.#giveUp(job, error.message)
    } else {
      this.#retries.add(job, this.#delayMs(this.#limits.retryMinMs * ERROR_FACTOR, job.attempts - 1))
    }
    this.#next()
  }

  /** Leaves the receiver alone for a while. */
  #wait(job: Job<T>, error: DeliveryError): void {
    const { patienceMs, retryMinMs } = this.#limits
    if (this.#nowMs() - job.item.sinceMs >= patienceMs) {
      this.#leaveRetries(job)
      this.#giveUp(job, error.message)
    } else this.#held = job
    const delayMs = Math.min(error.retryAfterMs ?? this.#delayMs(retryMinMs, this.#absences), patienceMs)
    this.#absences++
    const timer = this.#options.clock.after(delayMs, () => {
      this.#hold = undefined
      this.#next()
    })
    this.#hold = { timer, untilMs: this.#nowMs() + delayMs }
    this.#wake()
  }

  /** Takes an event out of those set aside, where it is one; the next of its id has its turn. */
  #leaveRetries(job: Job<T>): void {
    if (this.#retries.leave(job) && this.#held === job) this.#held = undefined
  }

  #giveUp({ item, attempts }: Job<T>, reason: string): void {
    this.counters.dead++
    this.#size--
    const { topic, name, clock, onDead, log } = this.#options
    if (!this.#isClosed)
      log.error('an event was given up and is a dead letter', { topic, handler: name, event: item.orderBy, reason })
    onDead({ item, attempts, reason, at: clock.now() })
  }

  /** Exponential, with half of it by chance. */
  #delayMs(firstMs: number, before: number): number {
    return backoffMs(before, firstMs, this.#limits.retryMaxMs) * (0.5 + this.#options.random() / 2)
  }

  #isDrained(): boolean {
    const isIdle = this.#queue.length === 0 && !this.#retries.hasDue
    return this.#current === undefined && (isIdle || this.#hold !== undefined || this.#isClosed)
  }

  #wake(): void {
    if (this.#isDrained()) for (const resolve of this.#waiters.splice(0)) resolve()
  }

  #nowMs(): number {
    return this.#options.clock.now().ms
  }
}
