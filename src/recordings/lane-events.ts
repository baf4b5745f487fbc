import type { AlertEvent, StateCopy } from '../model/event.ts'

export interface LaneCollector {
  collect(events: readonly AlertEvent[]): Promise<void> | void
  copyState?(copy: StateCopy): void
}

/** Leads the events of replayed tasks to whoever waits for them; others are dropped. */
export class LaneEvents {
  readonly #collectors = new Map<string, LaneCollector>()

  open(lane: string, collector: LaneCollector): void {
    this.#collectors.set(lane, collector)
  }

  close(lane: string): void {
    this.#collectors.delete(lane)
  }

  /** Resolves when there is room for more. */
  async collect(lane: string, events: readonly AlertEvent[]): Promise<void> {
    await this.#collectors.get(lane)?.collect(events)
  }

  copyState(lane: string, copy: StateCopy): void {
    this.#collectors.get(lane)?.copyState?.(copy)
  }
}
