import type { Instant } from '../core/instant.ts'
import type { Item } from './delivery-job.ts'
import type { CollectedEvent } from './event.ts'

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

const MAX = 1000

/** The newest undelivered events of all handlers, oldest first, and a count of all that there were. */
export class DeadLetters {
  readonly #letters: DeadLetter[] = []
  total = 0

  get list(): readonly DeadLetter[] {
    return this.#letters
  }

  add(letter: DeadLetter): void {
    this.total++
    this.#letters.push(letter)
    if (this.#letters.length > MAX) this.#letters.shift()
  }
}
