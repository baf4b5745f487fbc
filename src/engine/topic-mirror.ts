import { type Instant, instantOfNanos } from '../core/instant.ts'
import type { AlertEvent, Level, StateCopy } from '../model/event.ts'
import type { TopicState } from '../graph/task.ts'

/** What a shard knows of the topics that its tasks use, so that alert nodes can go on from a stored level at once. */
export class TopicMirror {
  readonly #topics = new Map<string, Map<string, { readonly level: Level; readonly time: Instant }>>()

  /** Replaces what is known of the topics named. */
  load(topics: readonly string[], states: Iterable<TopicState>): void {
    for (const topic of topics) this.#topics.delete(topic)
    const keepsOk = topics.length > 1
    for (const { topic, eventId, level, timeNs } of states) {
      this.#set(topic, eventId, level, instantOfNanos(timeNs), keepsOk)
    }
  }

  note(event: AlertEvent): void {
    const time = instantOfNanos(event.timeNs)
    const keepsOk = event.topics.length > 1
    for (const topic of event.topics) this.#set(topic, event.id, event.level, time, keepsOk)
  }

  copy({ eventId, from, to }: StateCopy): void {
    const state = this.find(from, eventId)
    if (state !== undefined) this.#set(to, eventId, state.level, state.time, true)
  }

  find(topic: string, eventId: string): { readonly level: Level; readonly time: Instant } | undefined {
    return this.#topics.get(topic)?.get(eventId)
  }

  /** @param keepsOk Whether an OK counts: that of one topic outweighs what the next one holds. */
  #set(topic: string, eventId: string, level: Level, time: Instant, keepsOk: boolean): void {
    let states = this.#topics.get(topic)
    if (states === undefined) this.#topics.set(topic, (states = new Map()))
    // An unknown event is taken for OK, so an OK of the only topic need not be kept.
    if (level === 0 && !keepsOk) states.delete(eventId)
    else states.set(eventId, { level, time })
  }
}
