/**
 * Runs work that changes the same thing one after the other, in the order of the calls. A caller names all keys at
 * once, so that no two can wait for each other.
 */
export class KeyedLock {
  readonly #last = new Map<string, Promise<unknown>>()

  isHeld(key: string): boolean {
    return this.#last.has(key)
  }

  async run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = keys.map((key) => this.#last.get(key))
    const result = Promise.all(before).then(work)
    const done = result.catch(() => undefined)
    for (const key of keys) this.#last.set(key, done)
    try {
      return await result
    } finally {
      for (const key of keys) if (this.#last.get(key) === done) this.#last.delete(key)
    }
  }
}
