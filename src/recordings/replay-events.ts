import type { AlertEvent, StateCopy } from '../model/event.ts'

export interface ReplayCollector {
  collect(events: readonly AlertEvent[]): Promise<void> | void
  copyState?(copy: StateCopy): void
}

/** Leads the events of replayed tasks to whoever waits for them; others are dropped. */
export class ReplayEvents {
  readonly #collectors = new Map<string, ReplayCollector>()

  open(replayTask: string, collector: ReplayCollector): void {
    this.#collectors.set(replayTask, collector)
  }

  close(replayTask: string): void {
    this.#collectors.delete(replayTask)
  }

  /** Resolves when there is room for more. */
  async collect(replayTask: string, events: readonly AlertEvent[]): Promise<void> {
    await this.#collectors.get(replayTask)?.collect(events)
  }

  copyState(replayTask: string, copy: StateCopy): void {
    this.#collectors.get(replayTask)?.copyState?.(copy)
  }
}
