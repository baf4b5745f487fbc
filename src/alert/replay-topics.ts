import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { within } from '../core/within.ts'
import type { HandlerCall } from '../graph/spec.ts'
import { FAILED, TRUE } from '../lambda/contract.ts'
import type { Match } from '../lambda/match.ts'
import type { AlertEvent, StateCopy } from '../model/event.ts'
import { Delivery, type DeliveryLimits } from './delivery.ts'
import type { Deliverable } from './delivery-job.ts'
import { TopicEvent } from './handlers/topic-event.ts'
import type { TopicHandlerSpec } from './handler-spec.ts'
import type { InlineHandler, RoutedEvent } from './handlers/handler.ts'
import type { HandlerFactory, OpenedHandler } from './handler-factory.ts'
import { Topic } from './topic.ts'

export interface ReplayTopicsOptions {
  /** Makes what opens handlers that publish into these topics. */
  readonly factoryFor: (publish: (topic: string, published: RoutedEvent) => void) => HandlerFactory
  /** The handlers that clients have put on a topic. */
  readonly specsOf: (topic: string) => readonly TopicHandlerSpec[]
  readonly clock: Clock
  readonly log: Logger
}

/** Limits of a queue that nothing keeps: who is away is not waited for long. */
const LIMITS: DeliveryLimits = {
  queue: 100_000,
  attempts: 3,
  patienceMs: 10_000,
  attemptMs: 10_000,
  retryMinMs: 250,
  retryMaxMs: 2000
}
/** Events that wait for handlers at which whoever raises more waits. */
const ROOM = 1000
const DRAIN_MS = 30_000

/** An event for a handler; nobody tells attempts at it apart. */
interface ReplayedEvent extends Deliverable {
  readonly event: TopicEvent
}

interface Handler {
  readonly match: Match | undefined
  readonly target: Delivery<ReplayedEvent> | InlineHandler
}

interface OpenTopic {
  readonly topic: Topic
  readonly handlers: ReadonlyMap<string, Handler>
}

/**
 * Topics of a replay, apart from the live ones: they begin without events, nothing of them is stored, and the live
 * ones neither see nor keep what goes through them. Handlers get their events all the same: those of the script, and
 * those that clients have put on a topic that the script names, each in a copy of its own.
 *
 * Differs: a replay never changes the state of live topics; in Kapacitor it shares the topics that scripts name.
 */
export class ReplayTopics {
  readonly #options: ReplayTopicsOptions
  readonly #factory: HandlerFactory
  readonly #places = new Map<string, OpenTopic>()
  #wake: () => void = () => {}

  constructor(options: ReplayTopicsOptions) {
    this.#options = options
    this.#factory = options.factoryFor((topic, published) => {
      if (!published.path.includes(topic)) this.#take(topic, published)
    })
  }

  /** Attaches the handlers of an alert node to its anonymous topic; throws where one of them cannot be made. */
  open(topic: string, calls: readonly HandlerCall[]): void {
    const opened = calls.map(({ kind, options }, index) => {
      return [`${kind}${index}`, this.#factory.openCall(kind, options)] as const
    })
    this.#places.set(topic, this.#placeOf(topic, opened))
  }

  /** Takes events in, in order; resolves when there is room for more. */
  async collect(events: readonly AlertEvent[]): Promise<void> {
    for (const event of events) {
      for (const topic of event.topics) this.#take(topic, { event, previousLevel: 0, path: [] })
    }
    const until = this.#options.clock.elapsedMs() + LIMITS.patienceMs
    while (this.#backlog > ROOM && this.#options.clock.elapsedMs() < until) {
      await new Promise<void>((resolve) => {
        const timer = this.#options.clock.after(LIMITS.patienceMs, resolve)
        this.#wake = () => {
          timer.cancel()
          resolve()
        }
      })
    }
  }

  /** Lets a topic go on from the state that another one has of an event. */
  copyState({ eventId, from, to }: StateCopy): void {
    const state = this.#places.get(from)?.topic.findState(eventId)
    if (state !== undefined) this.#place(to).topic.restore({ ...state, topic: to })
  }

  /** Delivers what it has, though it does not wait for ever. */
  async close(): Promise<void> {
    const targets = [...this.#places.values()].flatMap(({ handlers }) =>
      [...handlers.values()].map(({ target }) => target)
    )
    // What inline handlers have gathered goes to the others.
    for (const target of targets) if (!(target instanceof Delivery)) target.close?.()
    await Promise.all(targets.map((target) => target instanceof Delivery && this.#drain(target)))
  }

  get #backlog(): number {
    let backlog = 0
    for (const { handlers } of this.#places.values()) {
      for (const { target } of handlers.values()) if (target instanceof Delivery) backlog += target.backlog
    }
    return backlog
  }

  async #drain(delivery: Delivery<ReplayedEvent>): Promise<void> {
    await within(DRAIN_MS, delivery.drained(), () => undefined, this.#options.clock)
    await delivery.end(0)
  }

  #take(topicId: string, { event, previousLevel: given, path }: RoutedEvent): void {
    const { topic, handlers } = this.#place(topicId)
    const previousLevel = topic.findState(event.id)?.level ?? given
    topic.collect(event)
    const topicEvent = new TopicEvent(event, topicId, previousLevel, [...path, topicId])
    for (const { match, target } of handlers.values()) {
      if (match !== undefined && !this.#isMatch(match, topicEvent)) continue
      if (target instanceof Delivery) target.add(this.#itemOf(topicEvent))
      else target.receive(topicEvent)
    }
  }

  #itemOf(event: TopicEvent): ReplayedEvent {
    return { event, key: '', orderBy: event.event.id, sinceMs: this.#options.clock.now().ms }
  }

  #isMatch(match: Match, { event, previousLevel }: TopicEvent): boolean {
    const { level, name, taskName, durationNs, tags } = event
    const verdict = match.test({ level, previousLevel, name, taskName, durationNs, tags })
    if (verdict === FAILED) {
      this.#options.log.error('failed to evaluate match expression', { err: match.error })
    }
    return verdict === TRUE
  }

  #place(topic: string): OpenTopic {
    let place = this.#places.get(topic)
    if (place === undefined) {
      place = this.#placeOf(topic, this.#openSpecs(topic))
      this.#places.set(topic, place)
    }
    return place
  }

  #placeOf(topic: string, opened: readonly (readonly [name: string, OpenedHandler])[]): OpenTopic {
    const handlers = opened.map(([name, { match, handler }]) => {
      const target = 'receive' in handler ? handler : this.#deliveryOf(topic, name, handler)
      return [name, { match, target }] as const
    })
    return { topic: new Topic(topic), handlers: new Map(handlers) }
  }

  #openSpecs(topic: string): (readonly [name: string, OpenedHandler])[] {
    return this.#options.specsOf(topic).flatMap(({ id, kind, options, match }) => {
      try {
        return [[id, this.#factory.open(kind, options, match)] as const]
      } catch (error) {
        // The live one could not be made either.
        this.#options.log.error('failed to create handler', {
          topic,
          handler: id,
          err: messageOf(error)
        })
        return []
      }
    })
  }

  #deliveryOf(
    topic: string,
    name: string,
    handler: Exclude<OpenedHandler['handler'], InlineHandler>
  ): Delivery<ReplayedEvent> {
    const { clock, log } = this.#options
    const wake = (): void => this.#wake()
    return new Delivery({
      ...{ topic, name, clock, log, limits: LIMITS },
      send: ({ event }, attempt) => handler.send(event, attempt),
      close: () => handler.close?.(),
      random: Math.random,
      // The error has been logged; a replay can be run again.
      onDead: wake,
      onDelivered: wake
    })
  }
}
