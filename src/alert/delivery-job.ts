import type { Instant } from '../core/instant.ts'
import type { CollectedEvent } from './handlers/collected-event.ts'

/** An event on its way to one handler. */
export interface Item {
  readonly event: CollectedEvent
  /** Lets the receiver tell another attempt from another event; '' where it cannot. */
  readonly key: string
  /** Since when it waits. */
  readonly sinceMs: number
}

/** An event that a handler was not given, or that its receiver did not take. */
export interface DeadLetter {
  readonly topic: string
  readonly handler: string
  readonly event: CollectedEvent
  readonly item: Item
  readonly attempts: number
  readonly reason: string
  readonly at: Instant
}

/** An item and what has been tried. */
export interface Job {
  readonly item: Item
  attempts: number
}

export function idOf({ item }: Job): string {
  return item.event.event.id
}
