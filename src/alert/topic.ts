import type { Match } from '../lambda/match.ts'
import type { AlertEvent, Level } from '../model/event.ts'
import type { StateRecord } from '../store/alert-log.ts'
import type { InlineHandler } from './handlers/handler.ts'
import type { Mailbox } from './mailbox.ts'

/** A handler that is attached to a topic. */
export interface Attached {
  readonly match: Match | undefined
  readonly target: Mailbox | InlineHandler
}

/** OK states that a topic shows; there is no end to ids, such as those of containers, that have been well at last. */
const RECOVERED_MAX = 10_000

/** The states of events by id, and the handlers, by id or, for those of an alert node, by number. */
export class Topic {
  readonly id: string
  /** Events since the start. */
  collected = 0
  /** Whether the topic does not show: it was deleted, or its task does not run. */
  isHidden = false
  readonly handlers = new Map<string, Attached>()
  readonly #states = new Map<string, StateRecord>()
  /** Ids that are OK, the longest since first. */
  readonly #recovered = new Set<string>()
  readonly #counts: [number, number, number, number] = [0, 0, 0, 0]

  constructor(id: string) {
    this.id = id
  }

  /**
   * The highest level of its events.
   * Differs: the level of a topic is the highest of its events; Kapacitor may say WARNING beside a CRITICAL.
   */
  get level(): Level {
    return Math.max(
      0,
      this.#counts.findLastIndex((count) => count > 0)
    ) as Level
  }

  get states(): IterableIterator<StateRecord> {
    return this.#states.values()
  }

  get stateCount(): number {
    return this.#states.size
  }

  findState(id: string): StateRecord | undefined {
    return this.#states.get(id)
  }

  /** Takes an event in. @returns Its state. */
  collect(event: AlertEvent): StateRecord {
    this.collected++
    this.isHidden = false
    const { id, level, timeNs, durationNs, message, details } = event
    const state = { topic: this.id, id, level, timeNs, durationNs, message, details }
    this.restore(state)
    return state
  }

  restore(state: StateRecord): void {
    const { id, level } = state
    this.remove(id)
    this.#states.set(id, state)
    this.#counts[level]++
    if (level !== 0) return
    this.#recovered.add(id)
    if (this.#recovered.size > RECOVERED_MAX) for (const oldest of this.#recovered) return this.remove(oldest)
  }

  remove(id: string): void {
    const state = this.#states.get(id)
    if (state === undefined) return
    this.#states.delete(id)
    this.#recovered.delete(id)
    this.#counts[state.level]--
  }

  /** Forgets its events. */
  clear(): void {
    this.#states.clear()
    this.#recovered.clear()
    this.#counts.fill(0)
    this.collected = 0
  }
}
