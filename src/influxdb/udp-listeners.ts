import { createSocket, type Socket } from 'node:dgram'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { type Dbrp, dbrpKey } from '../model/dbrp.ts'

export interface UdpSettings {
  readonly protocol: string
  readonly udpBind: string
  readonly udpBuffer: number
  readonly udpReadBuffer: number
}

/** Datagrams tell no database: each database and retention policy has a port of its own, which the system chooses. */
export class UdpListeners {
  readonly #settings: UdpSettings
  readonly #take: (db: string, rp: string, lines: Buffer) => Promise<unknown>
  readonly #log: Logger
  readonly #sockets = new Map<string, Socket>()
  #waiting = 0
  /** Datagrams that found no room. */
  #dropped = 0

  constructor(settings: UdpSettings, take: (db: string, rp: string, lines: Buffer) => Promise<unknown>, log: Logger) {
    this.#settings = settings
    this.#take = take
    this.#log = log
  }

  /** Listens for these, by their key, and no others. Does nothing where datagrams are not what is wanted. */
  async keep(places: ReadonlyMap<string, Dbrp>): Promise<void> {
    if (this.#settings.protocol !== 'udp') return
    for (const [key, socket] of this.#sockets) {
      if (places.has(key)) continue
      socket.close()
      this.#sockets.delete(key)
    }
    for (const [key, place] of places) {
      if (!this.#sockets.has(key)) this.#sockets.set(key, await this.#listen(place))
    }
  }

  portOf({ db, rp }: Dbrp): number {
    return this.#sockets.get(dbrpKey(db, rp))!.address().port
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close()
    this.#sockets.clear()
  }

  #listen({ db, rp }: Dbrp): Promise<Socket> {
    const { udpBind, udpReadBuffer } = this.#settings
    const socket = createSocket({
      type: udpBind.includes(':') ? 'udp6' : 'udp4',
      ...(udpReadBuffer > 0 && { recvBufferSize: udpReadBuffer })
    })
    socket.on('message', (bytes) => void this.#receive(db, rp, bytes))
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(0, udpBind === '' ? undefined : udpBind, () => {
        socket.off('error', reject)
        socket.on('error', (error) => this.#log.error('failed to receive datagrams', { db, rp, err: error.message }))
        resolve(socket)
      })
    })
  }

  async #receive(db: string, rp: string, bytes: Buffer): Promise<void> {
    if (this.#waiting >= this.#settings.udpBuffer) {
      // The first says that there are more than can be taken in; then one in a thousand.
      if (this.#dropped++ % 1000 === 0) this.#log.error('too many datagrams wait, dropped', { dropped: this.#dropped })
      return
    }
    this.#waiting++
    try {
      await this.#take(db, rp, bytes)
    } catch (error) {
      this.#log.error('failed to take in a datagram', { db, rp, err: messageOf(error) })
    } finally {
      this.#waiting--
    }
  }
}
