import { type Clock, wallClock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { defineError } from '../core/errors.ts'
import type { HandlerCall } from '../graph/spec.ts'
import { FAILED, TRUE } from '../lambda/contract.ts'
import { compileMatch, type Match } from '../lambda/match.ts'
import type { AlertEvent, Level } from '../model/event.ts'
import type { StateRecord, TopicStore } from '../store/topics.ts'
import { Commits } from './commits.ts'
import { DeadLetters } from './dead-letters.ts'
import { Delivery, type DeliveryLimits } from './delivery.ts'
import { CollectedEvent } from './event.ts'
import { type HandlerDeps, type HandlerKind, type Published, UnsupportedKind } from './handlers/handler.ts'
import { HttpClient } from './handlers/http-client.ts'
import { handlerKinds } from './handlers/index.ts'
import { type Attached, Topic } from './topic.ts'
import { type HandlerHost, TopicHandlers } from './topic-handlers.ts'

/**
 * Topics and their handlers. An event is taken in at once (levels, matches, inline handlers), then its states are
 * stored, and only then do handlers get it, each from its own queue.
 */
export interface AlertServiceOptions {
  readonly store: TopicStore
  readonly log: Logger
  /** Sections of the configuration as they are now, by name. */
  readonly section: (name: string) => unknown
  /** `http://HOST:9092/kapacitor/v1`, for services that link back. */
  readonly clientUrl: string
  /** `[alert] persist-topics`. Handlers are stored in any case. Default: true. */
  readonly persistTopics?: boolean
  readonly limits?: DeliveryLimits
  readonly clock?: Clock
  /** Jitter, in [0, 1). */
  readonly random?: () => number
  readonly http?: HttpClient
  readonly kinds?: readonly HandlerKind[]
}

/** Level and time of an event id in a topic: what an alert node restores. */
export interface StateSnapshot {
  readonly topic: string
  readonly id: string
  readonly level: Level
  readonly timeNs: bigint
}

const InvalidMatch = defineError('INVALID_MATCH', 500, (detail: string) => detail)

/** Rows that the log of states may have beyond the live ones. */
const STALE_ROWS_MAX = 50_000
/** How long the end of a task or of the process waits for handlers. */
const DRAIN_MS = 10_000

export class AlertService implements HandlerHost {
  readonly handlers: TopicHandlers
  readonly deadLetters = new DeadLetters()
  /** Events that were not published because they had been through the topic already. */
  loops = 0
  readonly #options: AlertServiceOptions
  readonly #clock: Clock
  readonly #log: Logger
  readonly #kinds: ReadonlyMap<string, HandlerKind>
  readonly #deps: HandlerDeps
  readonly #commits: Commits
  readonly #topics = new Map<string, Topic>()
  readonly #listeners = new Set<(event: CollectedEvent) => void>()
  readonly #retiring = new Set<Promise<void>>()
  #isCompacting = false

  private constructor(options: AlertServiceOptions) {
    this.#options = options
    this.#clock = options.clock ?? wallClock
    this.#log = options.log
    this.#kinds = new Map((options.kinds ?? handlerKinds).map((kind) => [kind.kind, kind]))
    this.#deps = {
      clock: this.#clock,
      log: options.log,
      http: options.http ?? new HttpClient(),
      section: options.section,
      clientUrl: options.clientUrl,
      publish: (topic, published) => this.#publish(topic, published)
    }
    this.#commits = new Commits(
      options.persistTopics === false ? async () => {} : (states) => this.#store(states),
      this.#log
    )
    this.handlers = new TopicHandlers(options.store, this, this.#log)
  }

  /** Restores topics and handlers from the store. */
  static async open(options: AlertServiceOptions): Promise<AlertService> {
    const service = new AlertService(options)
    const states = options.persistTopics === false ? [] : await options.store.load()
    for (const state of states) service.#topic(state.topic).restore(state)
    await service.handlers.load()
    return service
  }

  /** Events whose states wait to be stored. */
  get backlog(): number {
    return this.#commits.backlog
  }

  /**
   * Takes events in, in order, each into all of its topics.
   * @returns Resolves when they are stored and handed over to their handlers' queues.
   */
  collect(events: readonly AlertEvent[]): Promise<void> {
    for (const event of events)
      for (const topic of event.topics) this.#take(topic, { event, previousLevel: 0, path: [] })
    return this.#commits.flushed()
  }

  /** Tells `listener` of every event once it is stored; returns how to end that. */
  onCollected(listener: (event: CollectedEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Those that show, in no order. */
  topics(): Topic[] {
    return [...this.#topics.values()].filter(({ isHidden }) => !isHidden)
  }

  findTopic(id: string): Topic | undefined {
    const topic = this.#topics.get(id)
    return topic?.isHidden === true ? undefined : topic
  }

  /** Levels and times that topics hold, for alert nodes about to start. */
  stateSnapshot(topics: readonly string[]): StateSnapshot[] {
    return topics.flatMap((name) =>
      [...(this.#topics.get(name)?.states ?? [])].map(({ topic, id, level, timeNs }) => ({ topic, id, level, timeNs }))
    )
  }

  /**
   * Forgets a topic's events; does nothing where there are none.
   * Differs: the handlers of a deleted topic stay at work; Kapacitor still lists them but lets no event reach them.
   */
  async deleteTopic(id: string): Promise<void> {
    const topic = this.#topics.get(id)
    if (topic !== undefined) {
      topic.clear()
      topic.isHidden = true
      if (topic.handlers.size === 0) this.#topics.delete(id)
    }
    this.#commits.discard((state) => state.topic === id)
    await this.#options.store.removeTopic(id)
  }

  /** Forgets one event. Differs: deleting an event of a topic deletes that event; Kapacitor deletes the whole topic. */
  async deleteEvent(topic: string, id: string): Promise<void> {
    this.#topics.get(topic)?.remove(id)
    this.#commits.discard((state) => state.topic === topic && state.id === id)
    await this.#options.store.removeState(topic, id)
  }

  /** Attaches the handlers of an alert node to its anonymous topic; throws where one of them cannot be made. */
  openTaskTopic(id: string, calls: readonly HandlerCall[]): void {
    const opened = calls.map(({ kind, options }, index) => {
      const name = `${kind}${index}`
      return [name, this.#open(kind, this.#kindOf(kind).fromScript(options), '', id, name)] as const
    })
    const topic = this.#topic(id)
    for (const name of topic.handlers.keys()) this.detach(id, name)
    topic.isHidden = false
    for (const [name, handler] of opened) topic.handlers.set(name, handler)
  }

  /** Resolves when its handlers' queues have what was collected. They go on delivering it; the states stay. */
  async closeTaskTopic(id: string): Promise<void> {
    const topic = this.#topics.get(id)
    if (topic === undefined) return
    topic.isHidden = true
    topic.collected = 0
    await this.#commits.flushed()
    for (const name of topic.handlers.keys()) this.detach(id, name)
    if (topic.stateCount === 0) this.#topics.delete(id)
  }

  /** For a task that is deleted. */
  async deleteTaskTopic(id: string): Promise<void> {
    await this.closeTaskTopic(id)
    await this.deleteTopic(id)
  }

  /** Waits, though not for ever, until what was collected is stored and delivered. */
  async close(): Promise<void> {
    await this.#commits.flushed()
    for (const topic of this.#topics.values()) for (const name of topic.handlers.keys()) this.detach(topic.id, name)
    await Promise.all(this.#retiring)
    await this.#commits.flushed()
    if (this.#options.http === undefined) this.#deps.http.close()
  }

  // What follows is for `TopicHandlers`.

  open({ topic, id, kind, options, match }: Parameters<HandlerHost['open']>[0]): Attached {
    return this.#open(kind, options, match, topic, id)
  }

  attach(topic: string, name: string, handler: Attached): void {
    const host = this.#topic(topic)
    host.isHidden = false
    host.handlers.set(name, handler)
  }

  detach(id: string, name: string): void {
    const topic = this.#topics.get(id)
    const handler = topic?.handlers.get(name)
    if (topic === undefined || handler === undefined) return
    topic.handlers.delete(name)
    const retiring = this.#retire(handler).finally(() => this.#retiring.delete(retiring))
    this.#retiring.add(retiring)
  }

  async #retire({ target }: Attached): Promise<void> {
    await this.#commits.flushed()
    if (!(target instanceof Delivery)) return target.close?.()
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(DRAIN_MS, resolve)
      void target.drained().then(() => {
        timer.cancel()
        resolve()
      })
    })
    target.close()
  }

  #open(kind: string, options: unknown, expression: string, topic: string, name: string): Attached {
    const match = expression === '' ? undefined : matchOf(expression)
    const handler = this.#kindOf(kind).open(options, this.#deps)
    if ('receive' in handler) return { match, target: handler }
    const { deadLetters } = this
    const { limits, random = Math.random } = this.#options
    const common = { topic, name, handler, clock: this.#clock, log: this.#log, deadLetters, random }
    return { match, target: new Delivery(limits === undefined ? common : { ...common, limits }) }
  }

  #kindOf(kind: string): HandlerKind {
    const found = this.#kinds.get(kind)
    if (found === undefined) throw UnsupportedKind(kind)
    return found
  }

  #topic(id: string): Topic {
    let topic = this.#topics.get(id)
    if (topic === undefined) this.#topics.set(id, (topic = new Topic(id)))
    return topic
  }

  #publish(topic: string, published: Published): void {
    const { event, path } = published
    // Differs: an event is not published to a topic that it has been through; Kapacitor goes round without end.
    if (path.includes(topic)) {
      this.loops++
      this.#log.error('an event came back to a topic that published it', { topic, event: event.id, path })
    } else this.#take(topic, published)
  }

  #take(topicId: string, { event, previousLevel: given, path }: Published): void {
    const topic = this.#topic(topicId)
    const previousLevel = topic.findState(event.id)?.level ?? given
    const state = topic.collect(event)
    const collected = new CollectedEvent(event, topicId, previousLevel, [...path, topicId])
    const deliveries: Delivery[] = []
    for (const [name, { match, target }] of topic.handlers) {
      if (match !== undefined && !this.#isMatch(match, collected, name)) continue
      if (target instanceof Delivery) deliveries.push(target)
      else target.receive(collected)
    }
    this.#commits.add(state, () => {
      for (const delivery of deliveries) delivery.push(collected)
      for (const listener of this.#listeners) listener(collected)
    })
  }

  #isMatch(match: Match, { event, topic, previousLevel }: CollectedEvent, handler: string): boolean {
    const { level, name, taskName, durationNs, tags } = event
    const verdict = match.test({ level, previousLevel, name, taskName, durationNs, tags })
    if (verdict === FAILED) {
      this.#log.error('failed to evaluate match expression', { topic, handler, error: match.failure })
    }
    return verdict === TRUE
  }

  async #store(states: readonly StateRecord[]): Promise<void> {
    const { store } = this.#options
    await store.append(states)
    if (this.#isCompacting || store.rows <= STALE_ROWS_MAX) return
    let live = 0
    for (const topic of this.#topics.values()) live += topic.stateCount
    if (store.rows <= STALE_ROWS_MAX + 2 * live) return
    this.#isCompacting = true
    void store
      .compact()
      .catch((error: unknown) => this.#log.error('failed to compact the states of events', { error: String(error) }))
      .finally(() => (this.#isCompacting = false))
  }
}

function matchOf(expression: string): Match {
  const match = compileMatch(expression)
  if (!match.ok) throw InvalidMatch(match.error.message)
  return match.value
}
