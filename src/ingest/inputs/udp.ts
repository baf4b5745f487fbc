import { createSocket, type Socket } from 'node:dgram'
import { messageOf } from '../../core/errors.ts'
import type { LogFields } from '../../core/logger.ts'
import type { Input, InputKind, InputWorld } from './input.ts'

export interface UdpSettings {
  readonly db: string
  readonly rp: string
  /** Address to listen at; '' is any. */
  readonly bind: string
  /** 0: the system chooses. */
  readonly port: number
  /** Datagrams that may wait to be acknowledged. */
  readonly buffer: number
  /** Bytes that the system keeps for the socket; 0 is what it gives by itself. */
  readonly readBufferBytes: number
}

/** Datagrams of line protocol. They tell no database, so each input has one; one bad line loses its datagram. */
export const udp: InputKind<UdpSettings> = {
  name: 'udp',
  summary: 'Datagrams of line protocol.',
  start(settings, world) {
    const { bind, port, readBufferBytes } = settings
    const socket = createSocket({
      type: bind.includes(':') ? 'udp6' : 'udp4',
      ...(readBufferBytes > 0 && { recvBufferSize: readBufferBytes })
    })
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(port, bind === '' ? undefined : bind, () => {
        socket.off('error', reject)
        resolve(new UdpInput(socket, settings, world))
      })
    })
  }
}

/** The first message of a kind is logged, then one in so many. */
const LOGGED_EVERY = 1000

class UdpInput implements Input {
  readonly port: number
  readonly #socket: Socket
  readonly #settings: UdpSettings
  readonly #world: InputWorld
  readonly #waiting = new Set<Promise<void>>()

  constructor(socket: Socket, settings: UdpSettings, world: InputWorld) {
    this.#socket = socket
    this.#settings = settings
    this.#world = world
    this.port = socket.address().port
    socket.on('message', (bytes) => this.#receive(bytes))
    socket.on('error', (error) => this.#warnSeldom('failed to receive datagrams', { err: error.message }))
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
    await Promise.all(this.#waiting)
  }

  #receive(bytes: Buffer): void {
    const { counters } = this.#world
    if (this.#waiting.size >= this.#settings.buffer) {
      if (counters.dropped++ % LOGGED_EVERY > 0) return
      return this.#warnSeldom('too many datagrams wait, dropped', { dropped: counters.dropped })
    }
    counters.taken++
    const taken = this.#take(bytes).finally(() => this.#waiting.delete(taken))
    this.#waiting.add(taken)
  }

  async #take(bytes: Buffer): Promise<void> {
    const { db, rp } = this.#settings
    try {
      const problems = await this.#world.take({ db, rp, bytes })
      if (problems !== undefined) this.#fail(problems)
    } catch (error) {
      this.#fail(messageOf(error))
    }
  }

  #fail(err: string): void {
    const { counters } = this.#world
    if (counters.failed++ % LOGGED_EVERY === 0) {
      this.#warnSeldom('failed to take in a datagram', { err, failed: counters.failed })
    }
  }

  #warnSeldom(message: string, details: LogFields): void {
    const { db, rp } = this.#settings
    this.#world.log.error(message, { db, rp, ...details })
  }
}
