import type { AlertEvent } from '../model/event.ts'

type Collector = (events: readonly AlertEvent[]) => Promise<void> | void

/** Leads the events of replayed tasks to whoever waits for them; others are dropped. */
export class LaneEvents {
  readonly #collectors = new Map<string, Collector>()

  open(lane: string, collector: Collector): void {
    this.#collectors.set(lane, collector)
  }

  close(lane: string): void {
    this.#collectors.delete(lane)
  }

  /** Resolves when there is room for more. */
  async collect(lane: string, events: readonly AlertEvent[]): Promise<void> {
    await this.#collectors.get(lane)?.(events)
  }
}
