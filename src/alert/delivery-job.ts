import type { CollectedEvent } from './event.ts'

/** An event on its way to one handler. */
export interface Item {
  readonly event: CollectedEvent
  /** Lets the receiver tell another attempt from another event; '' where it cannot. */
  readonly key: string
  /** Since when it waits. */
  readonly sinceMs: number
}

/** An item and what has been tried. */
export interface Job {
  readonly item: Item
  attempts: number
}

export function idOf({ item }: Job): string {
  return item.event.event.id
}
