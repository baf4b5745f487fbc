/** Objects by a text, each for as long as somebody else holds it: what interns things that come from outside. */
export class WeakTable<V extends object> {
  readonly #refs = new Map<string, WeakRef<V>>()
  readonly #collected = new FinalizationRegistry<string>((key) => {
    if (this.#refs.get(key)?.deref() === undefined) this.#refs.delete(key)
  })

  /** Keys, among them those whose objects are gone but not yet cleared away. */
  get size(): number {
    return this.#refs.size
  }

  get(key: string): V | undefined {
    return this.#refs.get(key)?.deref()
  }

  set(key: string, value: V): void {
    this.#refs.set(key, new WeakRef(value))
    this.#collected.register(value, key)
  }
}
