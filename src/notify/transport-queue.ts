import { CollectedEvent } from '../alert/handlers/collected-event.ts'
import { createHash } from 'node:crypto'
import { DEFAULT_LIMITS, Delivery, type DeliveryLimits } from '../alert/delivery.ts'
import type { Attempt } from '../alert/handlers/handler.ts'
import type { Clock } from '../core/clock.ts'
import { Fifo } from '../core/fifo.ts'
import type { Logger } from '../core/logger.ts'
import type { AlertEvent } from '../model/event.ts'
import type { MessageRecord } from '../store/notify.ts'
import type { OpenTransport } from './transports/transport.ts'

/** What became of a message. */
export interface Outcomes {
  delivered(message: MessageRecord): void
  died(message: MessageRecord, reason: string): void
}

interface QueueOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  /** Where a transport has none of its own. */
  readonly limits?: DeliveryLimits
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
  readonly #delivery: Delivery
  readonly #waiting = new Fifo<MessageRecord>()
  /** Those that the delivery has, by the id of their event. */
  readonly #inside = new Map<string, MessageRecord>()
  #underWay: string | undefined
  #successor: TransportQueue | undefined
  #isRetired = false
  #isClosed = false

  constructor(
    name: string,
    transport: OpenTransport,
    outcomes: Outcomes,
    { clock, log, random, limits = DEFAULT_LIMITS }: QueueOptions
  ) {
    this.#transport = transport
    this.#outcomes = outcomes
    this.#clock = clock
    this.#delivery = new Delivery({
      topic: 'routes',
      name,
      handler: { send: (event, attempt) => this.#send(event, attempt), close: () => transport.close?.() },
      clock,
      log,
      random,
      onDead: ({ event, reason }) => this.#died(event.event.id, reason),
      onDelivered: ({ event }) => this.#end(event.event.id, (message) => outcomes.delivered(message)),
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

  /** Ends it; what is left goes on in `successor`, or here where there is none. */
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

  async #send(event: CollectedEvent, attempt: Attempt | undefined): Promise<void> {
    const { id, dataJson } = event.event
    this.#underWay = id
    try {
      await this.#transport.send(dataJson, attempt)
    } finally {
      if (this.#underWay === id) this.#underWay = undefined
    }
  }

  #died(id: string, reason: string): void {
    if (this.#isClosed) return
    if (this.#successor === undefined) this.#end(id, (message) => this.#outcomes.died(message, reason))
    else this.#end(id, (message) => this.#successor?.push(message))
  }

  #end(id: string, tell: (message: MessageRecord) => void): void {
    const message = this.#inside.get(id)
    if (message === undefined) return
    this.#inside.delete(id)
    tell(message)
    this.#feed()
    this.#closeWhenEmpty()
  }

  #feed(): void {
    while (this.#inside.size < WINDOW && this.#waiting.length > 0 && !this.#isClosed) {
      const message = this.#waiting.shift()!
      const id = String(message.sequence)
      this.#inside.set(id, message)
      this.#delivery.add({ event: eventOf(id, message.payload), key: keyOf(message), sinceMs: this.#clock.now().ms })
    }
  }

  #handOver(successor: TransportQueue): void {
    const left = [...this.#inside].filter(([id]) => id !== this.#underWay)
    for (const [id, message] of left) {
      this.#inside.delete(id)
      successor.push(message)
    }
    for (let message = this.#waiting.shift(); message !== undefined; message = this.#waiting.shift()) {
      successor.push(message)
    }
  }

  #closeWhenEmpty(): void {
    // Not within a call of the delivery's.
    if (this.#isRetired && this.backlog === 0) queueMicrotask(() => this.#delivery.close())
  }
}

/** The delivery's queue is one of events; only the transport reads this one. */
function eventOf(id: string, payload: string): CollectedEvent {
  const event: AlertEvent = {
    topics: [],
    id,
    message: '',
    details: '',
    timeNs: 0n,
    durationNs: 0n,
    level: 0,
    recoverable: true,
    dataJson: payload,
    taskName: '',
    name: '',
    group: '',
    category: '',
    tags: {},
    fields: {}
  }
  return new CollectedEvent(event, 'routes', 0, [])
}

/** The same for every attempt at a message, and for nothing else. */
function keyOf({ sequence, route, transport, payload }: MessageRecord): string {
  return createHash('sha1').update(`${route}\n${transport}\n${sequence}\n${payload}`).digest('hex')
}
