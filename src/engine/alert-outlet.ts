import type { AlertPort, GlobalAlerts } from '../graph/ports.ts'
import type { TopicState } from '../graph/task.ts'
import type { AlertEvent, StateCopy } from '../model/event.ts'
import { EventRoom } from './event-room.ts'
import type { Inhibitors } from './inhibitors.ts'
import { TopicMirror } from './topic-mirror.ts'

/** Who hears of what alert nodes raise. */
export interface AlertReceiver {
  /** Events in order, at least one at a time. */
  events(events: readonly AlertEvent[]): void
  /** A topic takes over a state, after the events before. */
  stateCopied(copy: StateCopy): void
}

/**
 * Where alert nodes of tasks with common topics and inhibitors leave their events, which go on together at the end of
 * a turn.
 */
export class AlertOutlet {
  readonly #inhibitors: Inhibitors
  readonly #receiver: AlertReceiver
  readonly #topics = new TopicMirror()
  readonly #room = new EventRoom()
  #events: AlertEvent[] = []
  #isFlushing = false

  constructor(inhibitors: Inhibitors, receiver: AlertReceiver) {
    this.#inhibitors = inhibitors
    this.#receiver = receiver
  }

  /** Replaces what is known of the levels that the topics named hold. */
  load(topics: readonly string[], states: Iterable<TopicState>): void {
    this.#topics.load(topics, states)
  }

  /** What the alert nodes of one task see of it. */
  portOf(globals: GlobalAlerts | undefined): AlertPort {
    return {
      ...(globals !== undefined && { globals }),
      emit: (event) => this.#emit(event),
      findState: (topic, eventId) => this.#topics.find(topic, eventId),
      copyState: (copy) => this.#copyState(copy),
      setInhibitor: (one, category, tags, active) => this.#inhibitors.set(one, category, tags, active),
      removeInhibitor: (one) => this.#inhibitors.remove(one),
      isInhibited: (category, tags) => this.#inhibitors.isInhibited(category, tags)
    }
  }

  /** Sends on what has been left so far; to be called at the end of a turn. */
  flush(): void {
    this.#isFlushing = false
    if (this.#events.length === 0) return
    const events = this.#events
    this.#events = []
    this.#room.clear()
    this.#receiver.events(events)
  }

  #emit(event: AlertEvent): boolean {
    if (!this.#room.take(event)) return false
    this.#topics.note(event)
    this.#events.push(event)
    // Nodes also emit from answers and timers; whoever drives the turn flushes, this is for those that nobody drives.
    if (this.#isFlushing) return true
    this.#isFlushing = true
    queueMicrotask(() => this.flush())
    return true
  }

  #copyState(copy: StateCopy): void {
    this.#topics.copy(copy)
    this.flush()
    this.#receiver.stateCopied(copy)
  }
}
