import type { AlertEvent } from '../model/event.ts'

/** Events that one turn may raise: a body can hold millions of points, each of which raises one. */
const MAX_EVENTS = 100_000
const MAX_CHARS = 64 * 1024 * 1024

/**
 * Bounds the events that are raised before they are handed over.
 * Differs: of more than 100,000 events, or 64 MiB of them, that one write raises the others are dropped, and count as
 * errors of the node; Kapacitor drops an event for a handler that 5000 wait for.
 */
export class EventRoom {
  #events = 0
  #chars = 0

  /** @returns Whether there is room for it. */
  take({ dataJson, message, details }: AlertEvent): boolean {
    if (this.#events >= MAX_EVENTS || this.#chars >= MAX_CHARS) return false
    this.#events++
    this.#chars += dataJson.length + message.length + details.length
    return true
  }

  /** Makes room again: the events have been handed over. */
  clear(): void {
    this.#events = 0
    this.#chars = 0
  }
}
