import { messageOf } from '../core/errors.ts'
import type { Instant } from '../core/instant.ts'
import type { Logger } from '../core/logger.ts'
import { compareBytes } from '../model/bytes.ts'
import type { RunStatus } from '../store/recordings.ts'

interface RunEntry {
  readonly id: string
  readonly date: Instant
  readonly status: RunStatus
}

interface RunStore<E extends RunEntry> {
  all(): Promise<E[]>
  put(entry: E): Promise<void>
  remove(id: string): Promise<void>
}

/** How long what could not be stored waits for the next attempt. */
const RETRY_MS = 5000

/**
 * What has run or runs: in memory for reading, written through to the store. What has happened shows even where it
 * cannot be stored, as on a full disk; it is stored later then.
 */
export class RunRegistry<E extends RunEntry> {
  readonly #store: RunStore<E>
  readonly #log: Logger
  readonly #entries = new Map<string, E>()
  /** Ids of entries whose state is not in the store. */
  readonly #unsaved = new Set<string>()
  #retry: NodeJS.Timeout | undefined

  private constructor(store: RunStore<E>, log: Logger) {
    this.#store = store
    this.#log = log
  }

  static async open<E extends RunEntry>(store: RunStore<E>, log: Logger): Promise<RunRegistry<E>> {
    const registry = new RunRegistry(store, log)
    for (const entry of await store.all()) registry.#entries.set(entry.id, entry)
    return registry
  }

  find(id: string): E | undefined {
    return this.#entries.get(id)
  }

  /** Newest first, by whole seconds as in Kapacitor; then by id, the last one first. */
  get all(): E[] {
    const second = ({ date }: E): number => Math.floor(date.ms / 1000)
    return [...this.#entries.values()].sort((a, b) => second(b) - second(a) || compareBytes(b.id, a.id))
  }

  /** A new one. There is none where it cannot be stored: then it fails. */
  async add(entry: E): Promise<void> {
    this.#entries.set(entry.id, entry)
    try {
      await this.#store.put(entry)
    } catch (error) {
      this.#entries.delete(entry.id)
      throw error
    }
  }

  /** What has become of one. */
  async update(entry: E): Promise<void> {
    this.#entries.set(entry.id, entry)
    await this.#save(entry.id)
  }

  async remove(id: string): Promise<void> {
    this.#entries.delete(id)
    await this.#save(id)
  }

  /** Stores what could not be stored, if that can be now. */
  async close(): Promise<void> {
    await this.#saveAgain()
    clearTimeout(this.#retry)
  }

  async #save(id: string): Promise<void> {
    const entry = this.#entries.get(id)
    try {
      await (entry === undefined ? this.#store.remove(id) : this.#store.put(entry))
      this.#unsaved.delete(id)
    } catch (error) {
      this.#log.error('failed to store the state of a recording or replay: it is tried again', {
        id,
        err: messageOf(error)
      })
      this.#unsaved.add(id)
      clearTimeout(this.#retry)
      this.#retry = setTimeout(() => void this.#saveAgain(), RETRY_MS).unref()
    }
  }

  async #saveAgain(): Promise<void> {
    for (const id of [...this.#unsaved]) await this.#save(id)
  }
}
