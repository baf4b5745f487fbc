import type { Instant } from '../core/instant.ts'

/** What a delivery has to know of what it delivers. */
export interface Deliverable {
  /** Lets the receiver tell another attempt from another item; '' where it cannot. */
  readonly key: string
  /** Items for which this is the same are delivered in order. It names the item in the log. */
  readonly orderBy: string
  /** Since when it waits. */
  readonly sinceMs: number
}

/** An item that a handler was not given, or that its receiver did not take. */
export interface DeadLetter<T> {
  readonly item: T
  readonly attempts: number
  readonly reason: string
  readonly at: Instant
}

/** An item and what has been tried. */
export interface Job<T extends Deliverable = Deliverable> {
  readonly item: T
  attempts: number
}
