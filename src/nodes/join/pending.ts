/** What waits for something else to come; in the list of its node, oldest first. */
export abstract class Waiting {
  older: Waiting | undefined
  newer: Waiting | undefined
  /** How many messages it counts for. */
  weight = 0

  /** Takes it out of where it waits and does with it what would be done at the end of input. */
  abstract giveUp(): void
}

/** All that waits in one node, in the order of arrival. */
export class PendingList {
  /** Weight of all that waits. */
  #weight = 0
  #oldest: Waiting | undefined
  #newest: Waiting | undefined

  get weight(): number {
    return this.#weight
  }

  get oldest(): Waiting | undefined {
    return this.#oldest
  }

  add(item: Waiting): void {
    item.older = this.#newest
    if (this.#newest === undefined) this.#oldest = item
    else this.#newest.newer = item
    this.#newest = item
    this.weigh(item, 1)
  }

  /** Something that waits counts for more. */
  weigh(item: Waiting, by: number): void {
    item.weight += by
    this.#weight += by
  }

  remove(item: Waiting): void {
    const { older, newer } = item
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    item.older = item.newer = undefined
    this.#weight -= item.weight
  }
}
