import { createHash } from 'node:crypto'
import { DEFAULT_LIMITS, Delivery, type DeliveryLimits } from '../alert/delivery.ts'
import type { CrashGuard } from '../alert/crash-guard.ts'
import type { Deliverable } from '../alert/delivery-job.ts'
import type { Attempt } from '../alert/handlers/handler.ts'
import type { Turns } from '../alert/turns.ts'
import type { Clock } from '../core/clock.ts'
import { Fifo } from '../core/fifo.ts'
import type { Logger } from '../core/logger.ts'
import type { MessageRecord } from '../store/notify.ts'
import type { OpenTransport } from './transports/transport.ts'

/** What became of a message. */
export interface Outcomes {
  delivered(message: MessageRecord): void
  died(message: MessageRecord, reason: string): void
}

/** What messages are delivered with. */
export interface QueueOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  /** Limits of transports that have none of their own. Default: those of the delivery. */
  readonly limits?: DeliveryLimits
  readonly turns: Turns
  readonly crashGuard?: CrashGuard | undefined
}

/** A message on its way; one that fails holds up no other. */
interface QueuedMessage extends Deliverable {
  readonly message: MessageRecord
}

/** Messages that the delivery itself holds; the others wait here, so that its bound throws none away. */
const WINDOW = 64

/**
 * The messages of one transport of one route, through the delivery of the alert service: attempts, back-off,
 * Retry-After. Every message is in the journal until its outcome has been told; a message whose outcome is never told,
 * because the process ends, is delivered by the next one.
 */
export class TransportQueue {
  readonly #transport: OpenTransport
  readonly #outcomes: Outcomes
  readonly #clock: Clock
  readonly #crashGuard: CrashGuard | undefined
  readonly #delivery: Delivery<QueuedMessage>
  readonly #waiting = new Fifo<MessageRecord>()
  /** Messages that the delivery has. */
  readonly #inside = new Set<MessageRecord>()
  #underWay: MessageRecord | undefined
  #successor: TransportQueue | undefined
  #isRetired = false
  #isClosed = false

  constructor(
    name: string,
    transport: OpenTransport,
    outcomes: Outcomes,
    { clock, log, random, limits = DEFAULT_LIMITS, turns, crashGuard }: QueueOptions
  ) {
    this.#transport = transport
    this.#outcomes = outcomes
    this.#clock = clock
    this.#crashGuard = crashGuard
    this.#delivery = new Delivery({
      topic: 'routes',
      name,
      send: ({ message }, attempt) => this.#send(message, attempt),
      close: () => transport.close?.(),
      clock,
      log,
      random,
      turns,
      onDead: ({ item, reason }) => this.#died(item.message, reason),
      onDelivered: ({ message }) => this.#end(message, () => outcomes.delivered(message)),
      limits: { ...limits, ...transport.limits }
    })
  }

  /** Messages that are still to be delivered. */
  get backlog(): number {
    return this.#waiting.length + this.#inside.size
  }

  push(message: MessageRecord): void {
    if (this.#successor !== undefined) return this.#successor.push(message)
    this.#waiting.push(message)
    this.#feed()
  }

  /** Ends the queue; what is left goes on in `successor`, or here where there is none. */
  retire(successor: TransportQueue | undefined): void {
    this.#isRetired = true
    this.#successor = successor
    if (successor === undefined) return this.#closeWhenEmpty()
    this.#handOver(successor)
    this.#delivery.close()
  }

  /** Resolves when all is delivered but what waits for a receiver that is away or had an error. */
  drained(): Promise<void> {
    return this.#delivery.drained()
  }

  /** What is left stays in the journal. */
  close(): void {
    this.#isClosed = true
    this.#delivery.close()
  }

  async #send(message: MessageRecord, attempt: Attempt): Promise<void> {
    this.#underWay = message
    const send = () => this.#transport.send(message.payload, attempt)
    try {
      await (this.#crashGuard?.attempt(markOf(message), attempt, send) ?? send())
    } finally {
      if (this.#underWay === message) this.#underWay = undefined
    }
  }

  #died(message: MessageRecord, reason: string): void {
    if (this.#isClosed) return
    if (this.#successor === undefined) this.#end(message, () => this.#outcomes.died(message, reason))
    else this.#end(message, () => this.#successor?.push(message))
  }

  #end(message: MessageRecord, tell: () => void): void {
    if (!this.#inside.delete(message)) return
    this.#crashGuard?.forget(markOf(message))
    tell()
    this.#feed()
    this.#closeWhenEmpty()
  }

  #feed(): void {
    while (this.#inside.size < WINDOW && this.#waiting.length > 0 && !this.#isClosed) {
      const message = this.#waiting.shift()!
      this.#inside.add(message)
      const orderBy = String(message.sequence)
      this.#delivery.add({ message, orderBy, key: keyOf(message), sinceMs: this.#clock.now().ms })
    }
  }

  #handOver(successor: TransportQueue): void {
    const left = [...this.#inside].filter((message) => message !== this.#underWay)
    for (const message of left) {
      this.#inside.delete(message)
      successor.push(message)
    }
    for (let message = this.#waiting.shift(); message !== undefined; message = this.#waiting.shift()) {
      successor.push(message)
    }
  }

  #closeWhenEmpty(): void {
    // The delivery closes after its own call, not within it.
    if (this.#isRetired && this.backlog === 0) queueMicrotask(() => this.#delivery.close())
  }
}

/** What a message is called where crashes are counted. */
function markOf({ sequence }: MessageRecord): string {
  return `routes-${sequence}`
}

/** A key that is the same for every attempt at a message, and for nothing else. */
function keyOf({ sequence, route, transport, payload }: MessageRecord): string {
  return createHash('sha1').update(`${route}\n${transport}\n${sequence}\n${payload}`).digest('hex')
}
