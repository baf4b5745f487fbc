import { defineError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { AlertRecord, NotifyStore } from '../store/notify.ts'
import { readRows } from '../store/read-rows.ts'
import type { Alert } from './alert.ts'
import { alertOfRecord, alertRecord } from './alert-record.ts'
import { GroupCommit } from '../core/group-commit.ts'

export const PoolFull = defineError(
  'NOTIFY_POOL_FULL',
  503,
  (key: string, limit: number) =>
    `the pool is full until the next batch has been taken from it (${key} is ${limit}): send the alert again then`
)

/** How much may wait. */
export interface PoolLimits {
  /** Alerts. */
  readonly maxWaiting: number
  /** Bytes of the JSON of waiting alerts. A lone alert may have more. */
  readonly maxWaitingBytes: number
}

/** Alerts that one batch takes: all that waited, in the order in which they came. */
export interface Taken {
  readonly alerts: readonly Alert[]
  readonly bytes: number
  /** Sequence of the last one. */
  readonly last: bigint
}

/** The alerts that wait for the next batch. Each is in the journal before it is here. */
export class AlertPool {
  /** Alerts that were taken in since the start. */
  accepted = 0
  /** Alerts for which there was no room. */
  refused = 0
  readonly #limits: PoolLimits
  readonly #nextSequence: () => bigint
  readonly #commits: GroupCommit<AlertRecord & { readonly parsed: Alert; readonly bytes: number }>
  #waiting: Alert[] = []
  #waitingBytes = 0
  #last = 0n
  #storing = 0
  #storingBytes = 0

  /** @param nextSequence Numbers in ascending order, not used by anything in the store. */
  constructor(store: NotifyStore, limits: PoolLimits, nextSequence: () => bigint) {
    this.#limits = limits
    this.#nextSequence = nextSequence
    this.#commits = new GroupCommit(async (items) => {
      await store.appendAlerts(items)
      for (const { sequence, parsed, bytes } of items) this.#enter(sequence, parsed, bytes)
    })
  }

  get waiting(): readonly Alert[] {
    return this.#waiting
  }

  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** Takes in what the journal has. */
  restore(records: readonly AlertRecord[], log: Logger): void {
    const keyOf = ({ sequence }: AlertRecord): string => String(sequence)
    readRows(log, 'notify_alerts', records, keyOf, ({ sequence, alert }) => {
      this.#enter(sequence, alertOfRecord(alert), Buffer.byteLength(alert))
    })
  }

  /** Resolves once the alert is in the journal and waits. Fails with NOTIFY_POOL_FULL. */
  async add(parsed: Alert): Promise<void> {
    const alert = alertRecord(parsed)
    const bytes = Buffer.byteLength(alert)
    this.#checkRoom(bytes)
    this.#storing++
    this.#storingBytes += bytes
    try {
      await this.#commits.add({ sequence: this.#nextSequence(), alert, parsed, bytes })
      this.accepted++
    } finally {
      this.#storing--
      this.#storingBytes -= bytes
    }
  }

  /** undefined where none waits. They stay in the journal. */
  take(): Taken | undefined {
    if (this.#waiting.length === 0) return undefined
    const taken = { alerts: this.#waiting, bytes: this.#waitingBytes, last: this.#last }
    this.#waiting = []
    this.#waitingBytes = 0
    return taken
  }

  /** Puts them before those that came meanwhile: their batch could not be finished. */
  putBack({ alerts, bytes, last }: Taken): void {
    if (this.#waiting.length === 0) this.#last = last
    this.#waiting = [...alerts, ...this.#waiting]
    this.#waitingBytes += bytes
  }

  /** Resolves when all that was added is stored. */
  idle(): Promise<void> {
    return this.#commits.idle()
  }

  #checkRoom(bytes: number): void {
    const { maxWaiting, maxWaitingBytes } = this.#limits
    const count = this.#waiting.length + this.#storing
    const isTooMany = count >= maxWaiting
    const isTooMuch = count > 0 && this.#waitingBytes + this.#storingBytes + bytes > maxWaitingBytes
    if (!isTooMany && !isTooMuch) return
    this.refused++
    throw isTooMany ? PoolFull('notify.max-waiting', maxWaiting) : PoolFull('notify.max-waiting-bytes', maxWaitingBytes)
  }

  #enter(sequence: bigint, alert: Alert, bytes: number): void {
    this.#waiting.push(alert)
    this.#waitingBytes += bytes
    this.#last = sequence
  }
}
