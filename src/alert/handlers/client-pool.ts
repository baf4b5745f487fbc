/** A client that keeps connections. */
export interface Client {
  close(): void
}

interface Shared<C> {
  readonly settings: string
  readonly client: C
  readonly users: Set<object>
}

/**
 * Clients by entry of the configuration, each shared by all handlers that use the entry: hundreds of alert nodes need
 * no connection each, and some brokers let a client id connect only once. The last user to leave closes it.
 */
export class ClientPool<C extends Client> {
  readonly #shared = new Map<string, Shared<C>>()

  /**
   * The client of an entry; where its settings have changed, a new one in the place of the old, which is closed.
   * @param settings Plain data: all that the client depends on.
   */
  take(user: object, entry: string, settings: object, make: () => C): C {
    const text = JSON.stringify(settings)
    let shared = this.#shared.get(entry)
    if (shared?.settings !== text) {
      shared?.client.close()
      shared = { settings: text, client: make(), users: shared?.users ?? new Set() }
      this.#shared.set(entry, shared)
    }
    shared.users.add(user)
    return shared.client
  }

  leave(user: object): void {
    for (const [entry, { client, users }] of this.#shared) {
      if (!users.delete(user) || users.size > 0) continue
      this.#shared.delete(entry)
      client.close()
    }
  }
}

/** A pool for each owner: the configuration, which all handlers of a server have in common. */
export function poolsByOwner<C extends Client>(): (owner: object) => ClientPool<C> {
  const pools = new WeakMap<object, ClientPool<C>>()
  return (owner) => {
    let pool = pools.get(owner)
    if (pool === undefined) pools.set(owner, (pool = new ClientPool()))
    return pool
  }
}
