import type { Server } from 'node:http'
import { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../core/clock.ts'
import { defineError } from '../core/errors.ts'

export interface ConnectionLimits {
  /** Connections that all servers together may have. */
  readonly max: number
  /** How long a client may take for the head of a request; 0: as long as it likes. */
  readonly headerMs: number
  /** How long nothing may move on a connection: between requests, and while an answer is on its way; 0: likewise. */
  readonly idleMs: number
}

export const TooManyConnections = defineError(
  'TOO_MANY_CONNECTIONS',
  503,
  () => 'too many connections are open, try again later'
)

/** Time limits in milliseconds, under Node's names. */
interface ServerTimeouts {
  readonly connectionsCheckingInterval: number
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
}

/** So many more are taken, to be told so; beyond them a connection is closed without a word. */
const TOLD = 100
/** How long such a connection may take to ask, and so to be told. */
const TOLD_MS = 2000
/** How often Node looks whether the head of a request is overdue. */
const CHECK_MS = 1000
/** How long what is left of a refused body is read, and thrown away, so that the client gets to read its answer. */
const LINGER_MS = 2000

/** The connections of the HTTP servers: how many there may be, and how long each of them may do nothing. */
export class Connections {
  readonly counters = { refused: 0 }
  readonly limits: ConnectionLimits
  readonly #clock: Clock
  readonly #open = new Set<Socket>()
  readonly #surplus = new WeakSet<Socket>()

  constructor(limits: ConnectionLimits, clock: Clock) {
    this.limits = limits
    this.#clock = clock
  }

  get count(): number {
    return this.#open.size
  }

  /** What a server that is to be watched is made with. Bodies have limits of their own: see `Intake`. */
  get serverOptions(): ServerTimeouts {
    const { headerMs, idleMs } = this.limits
    return {
      connectionsCheckingInterval: CHECK_MS,
      headersTimeout: headerMs,
      requestTimeout: 0,
      keepAliveTimeout: idleMs
    }
  }

  watch(server: Server): void {
    server.maxConnections = this.limits.max + TOLD
    server.on('drop', () => this.counters.refused++)
    const event = 'setSecureContext' in server ? 'secureConnection' : 'connection'
    server.on(event, (socket: Socket) => {
      if (this.#open.size >= this.limits.max) return this.#refuse(socket)
      this.#open.add(socket)
      socket.once('close', () => this.#open.delete(socket))
    })
  }

  /** Whether requests on it are refused, since there are too many. */
  isSurplus(socket: Socket): boolean {
    return this.#surplus.has(socket)
  }

  #refuse(socket: Socket): void {
    this.counters.refused++
    this.#surplus.add(socket)
    const timer = this.#clock.after(TOLD_MS, () => socket.destroy())
    socket.once('close', () => timer.cancel())
  }

  /**
   * Watches an answer that is about to be sent: a client that does not read it, or does not stop to send, is cut off.
   */
  answering({ raw }: FastifyRequest, reply: FastifyReply): void {
    // A request of the load directory has no connection.
    if (!(raw.socket instanceof Socket)) return
    raw.socket.setTimeout(this.limits.idleMs)
    if (raw.complete || reply.hasHeader('Connection')) return
    raw.resume()
    this.#clock.after(LINGER_MS, () => {
      if (!raw.complete) raw.socket.destroy()
    })
  }
}
