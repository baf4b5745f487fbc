import { type Clock, wallClock } from '../core/clock.ts'
import { Commands } from '../core/commands.ts'
import type { Logger } from '../core/logger.ts'
import { defineError } from '../core/errors.ts'
import type { HandlerCall } from '../graph/spec.ts'
import { FAILED, TRUE } from '../lambda/contract.ts'
import type { Match } from '../lambda/match.ts'
import type { AlertEvent, Level, StateCopy } from '../model/event.ts'
import { NetworkGuard } from '../net/network-guard.ts'
import { AlertLog, type EventRecord, NO_ORIGIN, type StateRecord } from '../store/alert-log.ts'
import type { Database } from '../store/db.ts'
import { HistoryStore } from '../store/history.ts'
import { type DeadLetterFilter, OutboxStore } from '../store/outbox.ts'
import { TopicStore } from '../store/topics.ts'
import { Attachments, GONE } from './attachments.ts'
import { Commits } from './commits.ts'
import type { CrashGuard } from './crash-guard.ts'
import { TopicEvent } from './handlers/topic-event.ts'
import { restOf, topicEventOf } from './event-record.ts'
import type { HandlerKind, RoutedEvent } from './handlers/handler.ts'
import { DeliveryClient } from './handlers/http-client.ts'
import { handlerKinds } from './handlers/index.ts'
import { ALERT_LIMITS, type AlertLimits } from './limits.ts'
import { LogFiles } from './handlers/log-files.ts'
import { Mailbox } from './mailbox.ts'
import { HandlerFactory } from './handler-factory.ts'
import { AlertOutbox } from './outbox.ts'
import { ReplayTopics } from './replay-topics.ts'
import { Retention } from './retention.ts'
import { Sequence } from './sequence.ts'
import { type TopicSubscriber, TopicSubscribers } from './topic-subscribers.ts'
import { Turns } from './turns.ts'
import type { Topic } from './topic.ts'
import { TopicHandlers } from './topic-handlers.ts'
import { Topics } from './topics.ts'

/**
 * Topics and their handlers. An event is taken in at once (levels, matches, inline handlers), then it is stored, with
 * the names of its handlers, and only then do these get it, each from its own mailbox.
 */
export interface AlertServiceOptions {
  readonly db: Database
  readonly log: Logger
  /** Sections of the configuration as they are now, by name. */
  readonly section: (name: string) => unknown
  /** `http://HOST:9092/kapacitor/v1`, for services that link back. */
  readonly clientUrl: string
  /** Tells this server's events from those of others. */
  readonly serverId?: string
  /** `[alert] persist-topics`. Handlers are stored in any case. Default: true. */
  readonly persistTopics?: boolean
  readonly limits?: AlertLimits
  readonly clock?: Clock
  /** Jitter, in [0, 1). */
  readonly random?: () => number
  readonly http?: DeliveryClient
  readonly guard?: NetworkGuard
  /** Default: none is allowed. */
  readonly commands?: Commands
  /** Default: none is allowed. */
  readonly logFiles?: LogFiles
  readonly kinds?: readonly HandlerKind[]
  /** When deliveries may begin. Default: at once. */
  readonly turns?: Turns
  /** Default: crashes are not counted. */
  readonly crashGuard?: CrashGuard
  /** Handlers of many topics. */
  readonly subscribers?: readonly TopicSubscriber[]
}

/** Level and time of an event id in a topic: what an alert node restores. */
export interface StateSnapshot {
  readonly topic: string
  readonly id: string
  readonly level: Level
  readonly timeNs: bigint
}

export const EventsNotStored = defineError(
  'EVENTS_NOT_STORED',
  503,
  () => 'alerts were raised that could not be stored, try again'
)

/** How long the end of the process waits for handlers; what is left is delivered after the next start. */
const CLOSE_DRAIN_MS = 1000
const LETTERS_AT_A_TIME = 1000
const NO_COMMANDS = new Commands({ allowed: [], environment: [] })
const NO_LOG_FILES = new LogFiles([])

export class AlertService {
  readonly handlers: TopicHandlers
  readonly outbox: AlertOutbox
  readonly history: HistoryStore
  /** Events that were not published because they had been through the topic already. */
  loops = 0
  readonly #options: AlertServiceOptions
  readonly #clock: Clock
  readonly #log: Logger
  readonly #http: DeliveryClient
  readonly #alertLog: AlertLog
  readonly #sequence: Sequence
  readonly #commits: Commits
  readonly #subscribers: TopicSubscribers
  readonly #topics = new Topics()
  readonly #attachments: Attachments
  readonly #retention: Retention
  /** Sequence of the last event that is stored and handed over. */
  #handedOver = 0n

  private constructor(options: AlertServiceOptions, alertLog: AlertLog, last: bigint) {
    const { db, log, clock = wallClock, limits = ALERT_LIMITS, random = Math.random, serverId = '' } = options
    this.#options = options
    this.#clock = clock
    this.#log = log
    this.#alertLog = alertLog
    this.#sequence = new Sequence(clock, last)
    this.#http = options.http ?? new DeliveryClient(undefined, clock)
    this.#commits = new Commits(async (records) => {
      await alertLog.append(records)
      this.#retention.grown()
    }, log)
    this.outbox = new AlertOutbox({
      store: new OutboxStore(db),
      ...{ sequence: this.#sequence, clock, log, random, serverId, limits: limits.mailbox },
      ...{ turns: options.turns ?? new Turns(), crashGuard: options.crashGuard },
      deadLetters: limits.deadLetters
    })
    this.#subscribers = new TopicSubscribers(options.subscribers ?? [], this.outbox)
    this.#attachments = new Attachments({
      ...{ topics: this.#topics, outbox: this.outbox, subscribers: this.#subscribers, log },
      factory: this.#factoryFor((topic, published) => this.publish(topic, published)),
      flushed: () => this.#commits.flushed()
    })
    this.handlers = new TopicHandlers(new TopicStore(db), this.#attachments, log)
    this.history = new HistoryStore(db)
    this.#retention = new Retention({
      ...{ alertLog, outbox: this.outbox, limits, clock, log },
      handedOver: () => this.#handedOver
    })
  }

  /** Restores topics, what is to be delivered, and handlers from the store. */
  static async open(options: AlertServiceOptions): Promise<AlertService> {
    const log = new AlertLog(options.db)
    const { states, last } = await log.load()
    const service = new AlertService(options, log, last)
    if (options.persistTopics !== false) for (const state of states) service.#topics.get(state.topic).restore(state)
    await service.outbox.load()
    service.#subscribers.load()
    await service.handlers.load()
    return service
  }

  /** Events that wait to be stored. */
  get backlog(): number {
    return this.#commits.backlog
  }

  /**
   * Takes events in, in order, each into all of its topics.
   * @returns Resolves when they are stored and handed over to their handlers' mailboxes. Rejects with
   * EVENTS_NOT_STORED, though they are handed over all the same.
   */
  collect(events: readonly AlertEvent[]): Promise<void> {
    const first = this.#commits.next
    for (const event of events)
      for (const topic of event.topics) this.#take(topic, { event, previousLevel: 0, path: [] })
    const stored = this.#commits.flushed(first).then((isStored) => {
      if (!isStored) throw EventsNotStored()
    })
    stored.catch(() => undefined) // It has been logged, so that a caller need not know.
    return stored
  }

  /** Lets a topic collect an event of another one, or of a route. A failure to store it is logged. */
  publish(topic: string, published: RoutedEvent): void {
    const { event, path } = published
    // Differs: an event is not published to a topic that it has been through; Kapacitor goes round without end.
    if (path.includes(topic)) {
      this.loops++
      this.#log.error('an event came back to a topic that published it', { topic, event: event.id, path })
    } else this.#take(topic, published)
  }

  /**
   * Lets a topic go on from the state that another one has of an event; no handler hears of it.
   * @returns Resolves when it is stored. Rejects with EVENTS_NOT_STORED.
   */
  async copyState({ eventId, from, to }: StateCopy): Promise<void> {
    const held = this.#topics.find(from)?.findState(eventId)
    if (held === undefined) return
    const topic = this.#topics.get(to)
    const previousLevel = topic.findState(eventId)?.level ?? 0
    const state = { ...held, topic: to }
    topic.restore(state)
    if (this.#options.persistTopics === false) return
    const first = this.#commits.next
    const record = { state, previousLevel, isState: true, dataJson: '', rest: '', handlers: [] }
    const sequence = this.#sequence.take()
    this.#commits.add({ sequence, origin: NO_ORIGIN, ...record }, () => (this.#handedOver = sequence))
    if (!(await this.#commits.flushed(first))) throw EventsNotStored()
  }

  /** Topics that show, in no order. */
  topics(): Topic[] {
    return this.#topics.shown
  }

  findTopic(id: string): Topic | undefined {
    return this.#topics.findShown(id)
  }

  /** Levels and times that topics hold, for alert nodes about to start. */
  stateSnapshot(topics: readonly string[]): StateSnapshot[] {
    return topics.flatMap((name) =>
      [...(this.#topics.find(name)?.states ?? [])].map(({ topic, id, level, timeNs }) => ({ topic, id, level, timeNs }))
    )
  }

  /**
   * Forgets a topic's events; does nothing where there are none.
   * Differs: the handlers of a deleted topic stay at work; Kapacitor still lists them but lets no event reach them.
   */
  async deleteTopic(id: string): Promise<void> {
    const topic = this.#topics.find(id)
    if (topic !== undefined) {
      topic.clear()
      topic.isHidden = true
      if (topic.handlers.size === 0) this.#topics.delete(id)
    }
    this.#commits.revise((record) => (record.state.topic === id ? { ...record, isState: false } : record))
    await this.#alertLog.forgetTopic(id)
  }

  /** Forgets one event. Differs: deleting an event of a topic deletes that event; Kapacitor deletes the whole topic. */
  async deleteEvent(topic: string, id: string): Promise<void> {
    this.#topics.find(topic)?.remove(id)
    this.#commits.revise((record) =>
      record.state.topic === topic && record.state.id === id ? { ...record, isState: false } : record
    )
    await this.#alertLog.forgetState(topic, id)
  }

  /**
   * Attaches the handlers of an alert node to its anonymous topic; throws where one of them cannot be made. They go on
   * with what those of their names left.
   */
  openTaskTopic(id: string, calls: readonly HandlerCall[]): void {
    this.#attachments.attachCalls(id, calls)
  }

  /** Throws where the configuration does not allow what the handlers of an alert node name. */
  checkHandlersAllowed(calls: readonly HandlerCall[]): void {
    this.#attachments.checkAllowed(calls)
  }

  /** Resolves when its handlers' mailboxes have what was collected. They go on delivering it; the states stay. */
  async closeTaskTopic(id: string): Promise<void> {
    const topic = this.#topics.find(id)
    if (topic === undefined) return
    topic.isHidden = true
    topic.collected = 0
    await this.#commits.flushed()
    this.#attachments.release(id)
    if (topic.stateCount === 0) this.#topics.delete(id)
  }

  /** Topics for a replay, with copies of the handlers that clients have put on those here. */
  replayTopics(): ReplayTopics {
    return new ReplayTopics({
      factoryFor: (publish) => this.#factoryFor(publish),
      specsOf: (topic) => this.handlers.list(topic),
      clock: this.#clock,
      log: this.#log
    })
  }

  /** Removes the topic of a task that is deleted. */
  async deleteTaskTopic(id: string): Promise<void> {
    await this.closeTaskTopic(id)
    this.#attachments.detachAll(id)
    await this.deleteTopic(id)
  }

  /** Gives up what waits for handlers that are gone for good; to be called when those of tasks are there. */
  async buryOrphans(isKnown: (topic: string) => boolean): Promise<void> {
    for (const mailbox of this.outbox.all) {
      const { topic, name } = mailbox
      const isOfTask = isKnown(topic) && !this.#subscribers.has(name)
      if (mailbox.hasHandler || isOfTask || this.handlers.has(topic, name)) continue
      await mailbox.shut({ reason: GONE })
    }
    this.outbox.sweep()
  }

  /**
   * Delivers dead letters again, under their old keys, after what waits.
   * @returns How many there were; those of handlers that are not there stay.
   */
  async redeliver(filter: DeadLetterFilter): Promise<number> {
    let count = 0
    for (let skipped = 0; ;) {
      await this.outbox.flush()
      const rows = await this.outbox.store.deadLetters(filter, 'ASC', LETTERS_AT_A_TIME, skipped)
      const first = this.#commits.next
      const revived: bigint[] = []
      for (const row of rows) {
        const mailbox = this.outbox
          .ofTopic(row.topic)
          .find(({ name, hasHandler }) => name === row.handler && hasHandler)
        if (mailbox === undefined) continue
        revived.push(row.letter)
        this.#store(topicEventOf(row), [mailbox], row.origin)
      }
      if (!(await this.#commits.flushed(first))) throw EventsNotStored()
      await this.outbox.revived(revived)
      count += revived.length
      skipped += rows.length - revived.length
      if (rows.length < LETTERS_AT_A_TIME) return count
    }
  }

  /**
   * Waits, though not for long, until handlers have what is in memory for them. What is left is in the store, and is
   * delivered after the next start.
   */
  async close(): Promise<void> {
    this.outbox.isClosing = true
    this.#retention.stop()
    await this.#commits.flushed()
    this.#attachments.releaseAll()
    const ready = this.#commits.flushed()
    await Promise.all(this.outbox.all.map((mailbox) => mailbox.shut({ ready, drainMs: CLOSE_DRAIN_MS })))
    await this.#attachments.ended()
    await this.#retention.done()
    await this.outbox.flush()
    if (this.#options.http === undefined) this.#http.close()
  }

  /** Resolves when what was found to be beyond its limits is gone. */
  async retained(): Promise<void> {
    await this.#retention.done()
  }

  #factoryFor(publish: (topic: string, published: RoutedEvent) => void): HandlerFactory {
    const { kinds = handlerKinds, guard = new NetworkGuard([]), section, clientUrl } = this.#options
    const { commands = NO_COMMANDS, logFiles = NO_LOG_FILES } = this.#options
    return new HandlerFactory(kinds, {
      ...{ clock: this.#clock, log: this.#log, http: this.#http },
      ...{ guard, commands, logFiles, section, clientUrl, publish }
    })
  }

  #take(topicId: string, { event, previousLevel: given, path }: RoutedEvent): void {
    const topic = this.#topics.get(topicId)
    const previousLevel = topic.findState(event.id)?.level ?? given
    const state = topic.collect(event)
    const topicEvent = new TopicEvent(event, topicId, previousLevel, [...path, topicId])
    const mailboxes = [...this.#subscribers.mailboxesOf(topicId)]
    for (const [name, { match, target }] of topic.handlers) {
      if (match !== undefined && !this.#isMatch(match, topicEvent, name)) continue
      if (target instanceof Mailbox) mailboxes.push(target)
      else target.receive(topicEvent)
    }
    this.#store(topicEvent, mailboxes, undefined, state)
  }

  /** @param origin Of an event that was taken in before. */
  #store(
    topicEvent: TopicEvent,
    mailboxes: readonly Mailbox[],
    origin?: bigint,
    state: StateRecord = stateOf(topicEvent)
  ): void {
    const sequence = this.#sequence.take()
    const queued = { event: topicEvent, sequence, origin: origin ?? sequence }
    const record: EventRecord = {
      sequence,
      origin: queued.origin,
      isState: origin === undefined && this.#options.persistTopics !== false,
      state,
      previousLevel: topicEvent.previousLevel,
      dataJson: topicEvent.event.dataJson,
      rest: mailboxes.length === 0 ? '' : restOf(topicEvent),
      handlers: mailboxes.map(({ name }) => name)
    }
    this.#commits.add(record, (isStored) => {
      this.#handedOver = sequence
      for (const mailbox of mailboxes) {
        if (isStored) mailbox.push(queued)
        else mailbox.pushUnstored(queued)
      }
    })
  }

  #isMatch(match: Match, { event, topic, previousLevel }: TopicEvent, handler: string): boolean {
    const { level, name, taskName, durationNs, tags } = event
    const verdict = match.test({ level, previousLevel, name, taskName, durationNs, tags })
    if (verdict === FAILED) {
      this.#log.error('failed to evaluate match expression', { topic, handler, err: match.error })
    }
    return verdict === TRUE
  }
}

function stateOf({ event, topic }: TopicEvent): StateRecord {
  const { id, level, timeNs, durationNs, message, details } = event
  return { topic, id, level, timeNs, durationNs, message, details }
}
