import { defineError } from '../core/errors.ts'
import type { AlertRecord, NotifyStore } from '../store/notify.ts'
import type { Alert } from './alert.ts'
import { GroupCommit } from './group-commit.ts'

export const PoolFull = defineError(
  'NOTIFY_POOL_FULL',
  503,
  (count: number) => `${count} alerts are waiting; no more are taken until they have been dispatched`
)

/** Alerts that one batch takes: all that waited, in the order in which they came. */
export interface Taken {
  readonly alerts: readonly Alert[]
  /** Sequence of the last one. */
  readonly last: bigint
}

/** The alerts that wait for the next batch. Each is in the journal before it is here. */
export class Pool {
  /** Alerts that were taken in since the start. */
  accepted = 0
  readonly #max: number
  readonly #nextSequence: () => bigint
  readonly #commits: GroupCommit<AlertRecord & { readonly parsed: Alert }>
  #waiting: Alert[] = []
  #last = 0n
  #storing = 0

  /**
   * @param max How many may wait.
   * @param nextSequence Numbers in ascending order, not used by anything in the store.
   */
  constructor(store: NotifyStore, max: number, nextSequence: () => bigint) {
    this.#max = max
    this.#nextSequence = nextSequence
    this.#commits = new GroupCommit(async (items) => {
      await store.appendAlerts(items)
      for (const { sequence, parsed } of items) this.#enter(sequence, parsed)
    })
  }

  get waiting(): readonly Alert[] {
    return this.#waiting
  }

  /** Takes in what the journal has. */
  restore(records: readonly AlertRecord[]): void {
    for (const { sequence, alert } of records) this.#enter(sequence, JSON.parse(alert) as Alert)
  }

  /** Resolves once the alert is in the journal and waits. Fails with NOTIFY_POOL_FULL. */
  async add(alert: Alert): Promise<void> {
    if (this.#waiting.length + this.#storing >= this.#max) throw PoolFull(this.#max)
    this.#storing++
    try {
      await this.#commits.add({ sequence: this.#nextSequence(), alert: JSON.stringify(alert), parsed: alert })
      this.accepted++
    } finally {
      this.#storing--
    }
  }

  /** undefined where none waits. They stay in the journal. */
  take(): Taken | undefined {
    if (this.#waiting.length === 0) return undefined
    const taken = { alerts: this.#waiting, last: this.#last }
    this.#waiting = []
    return taken
  }

  /** Puts them before those that came meanwhile: their batch could not be finished. */
  putBack({ alerts, last }: Taken): void {
    if (this.#waiting.length === 0) this.#last = last
    this.#waiting = [...alerts, ...this.#waiting]
  }

  /** Resolves when all that was added is stored. */
  idle(): Promise<void> {
    return this.#commits.idle()
  }

  #enter(sequence: bigint, alert: Alert): void {
    this.#waiting.push(alert)
    this.#last = sequence
  }
}
