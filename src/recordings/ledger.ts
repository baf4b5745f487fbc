import type { Instant } from '../core/instant.ts'
import { compareBytes } from '../model/bytes.ts'
import type { RunStatus } from '../store/recordings.ts'

interface Entry {
  readonly id: string
  readonly date: Instant
  readonly status: RunStatus
}

interface LedgerStore<E extends Entry> {
  all(): Promise<E[]>
  put(entry: E): Promise<void>
  remove(id: string): Promise<void>
}

/** What has run or runs: in memory for reading, written through to the store. */
export class Ledger<E extends Entry> {
  readonly #store: LedgerStore<E>
  readonly #entries = new Map<string, E>()

  private constructor(store: LedgerStore<E>) {
    this.#store = store
  }

  static async open<E extends Entry>(store: LedgerStore<E>): Promise<Ledger<E>> {
    const ledger = new Ledger(store)
    for (const entry of await store.all()) ledger.#entries.set(entry.id, entry)
    return ledger
  }

  find(id: string): E | undefined {
    return this.#entries.get(id)
  }

  /** Newest first, by whole seconds as in Kapacitor; then by id, the last one first. */
  get all(): E[] {
    const second = ({ date }: E): number => Math.floor(date.ms / 1000)
    return [...this.#entries.values()].sort((a, b) => second(b) - second(a) || compareBytes(b.id, a.id))
  }

  async put(entry: E): Promise<void> {
    this.#entries.set(entry.id, entry)
    await this.#store.put(entry)
  }

  async remove(id: string): Promise<void> {
    this.#entries.delete(id)
    await this.#store.remove(id)
  }
}
