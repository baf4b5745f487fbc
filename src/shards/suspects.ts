/** A shard that lived for so long after a death starts with a clean record. */
const FORGOTTEN_AFTER_MS = 3_600_000
/** Far more than the owners of one shard that can be told apart by their deaths. */
const MAX_OWNERS = 10_000

/** Counts for whom the threads of a shard worked when they died: who runs at every death is likely to cause it. */
export class Suspects {
  readonly #deaths = new Map<number, number>()

  /** @param livedMs How long the thread lived. @returns How often threads died while they worked for `owner`. */
  note(owner: number, livedMs: number): number {
    if (livedMs > FORGOTTEN_AFTER_MS || this.#deaths.size >= MAX_OWNERS) this.#deaths.clear()
    const deaths = (this.#deaths.get(owner) ?? 0) + 1
    this.#deaths.set(owner, deaths)
    return deaths
  }
}
