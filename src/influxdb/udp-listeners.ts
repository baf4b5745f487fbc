import { type Dbrp, dbrpKey } from '../model/dbrp.ts'

export interface ListenSettings {
  readonly protocol: string
  readonly udpBind: string
  readonly udpBuffer: number
  readonly udpReadBuffer: number
}

/** Something that listens for datagrams of one database and retention policy. */
export interface Listener {
  readonly port: number | undefined
  close(): Promise<void>
}

/** Starts to listen at a port that the system chooses. */
export type Listen = (place: Dbrp, settings: ListenSettings) => Promise<Listener>

/** Datagrams tell no database: each database and retention policy has a port of its own. */
export class UdpListeners {
  readonly #settings: ListenSettings
  readonly #listen: Listen
  readonly #listeners = new Map<string, Listener>()

  constructor(settings: ListenSettings, listen: Listen) {
    this.#settings = settings
    this.#listen = listen
  }

  /** Listens for these, by their key, and no others. Does nothing where datagrams are not what is wanted. */
  async keep(places: ReadonlyMap<string, Dbrp>): Promise<void> {
    if (this.#settings.protocol !== 'udp') return
    const unwanted = [...this.#listeners].filter(([key]) => !places.has(key))
    for (const [key] of unwanted) this.#listeners.delete(key)
    await Promise.all(unwanted.map(([, listener]) => listener.close()))
    for (const [key, place] of places) {
      if (!this.#listeners.has(key)) this.#listeners.set(key, await this.#listen(place, this.#settings))
    }
  }

  portOf({ db, rp }: Dbrp): number {
    return this.#listeners.get(dbrpKey(db, rp))!.port!
  }

  /** Resolves when what they had taken is dealt with. */
  async close(): Promise<void> {
    const listeners = [...this.#listeners.values()]
    this.#listeners.clear()
    await Promise.all(listeners.map((listener) => listener.close()))
  }
}
