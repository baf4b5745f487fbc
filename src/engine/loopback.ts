import type { LoopbackPort } from '../graph/ports.ts'
import { formatPoint } from '../lineproto/format.ts'
import { dbrpKey } from '../model/dbrp.ts'
import type { Point } from '../model/point.ts'

/**
 * Gathers what loopback nodes write in one turn and hands it to the ingest as line protocol, like any writer: the
 * points may be for tasks of other shards.
 */
export class Loopback implements LoopbackPort {
  readonly #send: (db: string, rp: string, lines: string) => Promise<void>
  readonly #pending: (delta: number) => void
  #gathered = new Map<string, { db: string; rp: string; lines: string[] }>()

  constructor(send: (db: string, rp: string, lines: string) => Promise<void>, pending: (delta: number) => void) {
    this.#send = send
    this.#pending = pending
  }

  write(points: readonly Point[]): void {
    if (this.#gathered.size === 0) queueMicrotask(() => void this.#flush())
    for (const point of points) {
      const line = formatPoint(point)
      if (line === undefined) continue
      const { database: db, retentionPolicy: rp } = point.series
      const key = dbrpKey(db, rp)
      const entry = this.#gathered.get(key)
      if (entry === undefined) this.#gathered.set(key, { db, rp, lines: [line] })
      else entry.lines.push(line)
      this.#pending(1)
    }
  }

  async #flush(): Promise<void> {
    const gathered = this.#gathered
    this.#gathered = new Map()
    for (const { db, rp, lines } of gathered.values()) {
      await this.#send(db, rp, lines.join('\n'))
      this.#pending(-lines.length)
    }
  }
}
