import { type Instant, instantOfNanos } from '../core/instant.ts'
import type { AlertEvent, Level } from '../model/event.ts'
import type { TopicState } from '../tasks/contract.ts'

/** What a shard knows of the topics that its tasks use, so that alert nodes can go on from a stored level at once. */
export class TopicMirror {
  readonly #topics = new Map<string, Map<string, { readonly level: Level; readonly time: Instant }>>()

  /** Replaces what is known of the topics named. */
  load(topics: Iterable<string>, states: Iterable<TopicState>): void {
    for (const topic of topics) this.#topics.delete(topic)
    for (const { topic, eventId, level, timeNs } of states) this.#set(topic, eventId, level, instantOfNanos(timeNs))
  }

  note(event: AlertEvent): void {
    const time = instantOfNanos(event.timeNs)
    for (const topic of event.topics) this.#set(topic, event.id, event.level, time)
  }

  find(topic: string, eventId: string): { readonly level: Level; readonly time: Instant } | undefined {
    return this.#topics.get(topic)?.get(eventId)
  }

  #set(topic: string, eventId: string, level: Level, time: Instant): void {
    let states = this.#topics.get(topic)
    if (states === undefined) this.#topics.set(topic, (states = new Map()))
    // OK is what an unknown event is taken for.
    if (level === 0) states.delete(eventId)
    else states.set(eventId, { level, time })
  }
}
