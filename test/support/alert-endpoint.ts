import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'

/** What the endpoint does with a post: takes it and says so, or fails as networks do. */
export type Treatment = 'take' | 'hang up after taking' | 'hang up' | 500 | 429

/**
 * Takes alerts that are posted to it. An alert is a transition of an id at a time, and has a key: whatever it sees is
 * held against that.
 */
export class AlertEndpoint {
  posts = 0
  /** Posts that were taken and had been taken before. */
  duplicates = 0
  /** What should not be. */
  readonly problems: string[] = []
  /** Called for each post, before it is answered. */
  onPost: () => void = () => {}
  readonly #treat: () => Treatment
  /** Keys by transition, and transitions by key. */
  readonly #keys = new Map<string, string>()
  readonly #transitions = new Map<string, string>()
  readonly #last = new Map<string, string>()
  #server: Server
  #waiting: { readonly count: number; readonly resolve: () => void } | undefined
  #port = 0

  constructor(t: Test, treat: () => Treatment = () => 'take') {
    this.#treat = treat
    this.#server = this.#make()
    t.teardown(() => this.down())
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`
  }

  /** Transitions that were taken at least once. */
  get taken(): number {
    return this.#keys.size
  }

  has(id: string, time: string): boolean {
    return this.#keys.has(`${id} ${time}`)
  }

  /** Listens, always on the same port. */
  async up(): Promise<void> {
    this.#server = this.#make()
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
  }

  down(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  /** Resolves when so many transitions have been taken. */
  async arrived(count: number): Promise<void> {
    if (this.taken < count) await new Promise<void>((resolve) => (this.#waiting = { count, resolve }))
  }

  #make(): Server {
    return createServer((request, response) => void this.#serve(request, response).catch(() => undefined))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    this.posts++
    this.onPost()
    const treatment = this.#treat()
    if (treatment === 'take' || treatment === 'hang up after taking') {
      const { id, time } = JSON.parse(body) as { readonly id: string; readonly time: string }
      this.#take(id, time, String(request.headers['idempotency-key']))
    }
    if (typeof treatment === 'number') response.writeHead(treatment).end()
    else if (treatment === 'take') response.end()
    else request.socket.destroy()
    if (this.#waiting !== undefined && this.taken >= this.#waiting.count) this.#waiting.resolve()
  }

  #take(id: string, time: string, key: string): void {
    const transition = `${id} ${time}`
    const known = this.#keys.get(transition)
    if ((this.#transitions.get(key) ?? transition) !== transition) this.problems.push(`${transition} has a used key`)
    if (known !== undefined) {
      this.duplicates++
      if (known !== key) this.problems.push(`${transition} came again with another key`)
      return
    }
    this.#keys.set(transition, key)
    this.#transitions.set(key, transition)
    const last = this.#last.get(id) ?? ''
    if (last >= time) this.problems.push(`${transition} came after that of ${last}`)
    this.#last.set(id, time)
  }
}
