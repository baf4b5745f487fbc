import { NOBODY } from '../engine/activity.ts'
import { type Dbrp, dbrpKey } from '../model/dbrp.ts'
import type { Shard } from './shard.ts'

/** Bytes that one shard may be ahead of the idlest before a task no longer goes where its stream is read already. */
const TOLERATED_LEAD = 64 * 1024 * 1024

/** Where something runs. */
export interface Placed {
  readonly shard: Shard
  /** Number under which the shard's thread tells that it works for it; see `Activity`. Never given again. */
  readonly owner: number
}

/** Id under which a job is placed that is no task; no task has such an id. */
export function jobKey(kind: 'recording' | 'replay', id: string): string {
  return `${kind}\0${id}`
}

/**
 * Which shard runs which task, and so which shards want the bytes of a database and retention policy. A new task goes
 * where its stream is parsed already, unless that shard is clearly the busier one.
 */
export class Placement {
  readonly #shards: readonly Shard[]
  readonly #tasks = new Map<string, Placed & { readonly dbrps: readonly Dbrp[] }>()
  readonly #ids = new Map<number, string>()
  #owners = NOBODY
  /** Number of tasks by dbrp and shard. */
  readonly #readers = new Map<string, Map<Shard, number>>()
  readonly #writtenBefore = new Map<Shard, number>()

  constructor(shards: readonly Shard[]) {
    this.#shards = shards
  }

  /** Forgets how busy the shards were before; to be called now and then. */
  resetLoad(): void {
    for (const shard of this.#shards) this.#writtenBefore.set(shard, shard.writtenBytes)
  }

  place(id: string, dbrps: readonly Dbrp[]): Placed {
    const shards = this.#usable
    const idlest = shards.reduce((a, b) => (this.#busyness(b) < this.#busyness(a) ? b : a))
    const readers = shards.filter((shard) => dbrps.some(({ db, rp }) => this.#readers.get(dbrpKey(db, rp))?.has(shard)))
    const reader = readers.reduce<Shard | undefined>(
      (a, b) => (a === undefined || this.#busyness(b) < this.#busyness(a) ? b : a),
      undefined
    )
    const isTooBusy = reader !== undefined && this.#busyness(reader) > this.#busyness(idlest) + TOLERATED_LEAD
    const shard = reader === undefined || isTooBusy ? idlest : reader
    const owner = ++this.#owners
    this.#tasks.set(id, { shard, owner, dbrps })
    this.#ids.set(owner, id)
    for (const { db, rp } of dbrps) {
      const key = dbrpKey(db, rp)
      const ofDbrp = this.#readers.get(key) ?? new Map<Shard, number>()
      this.#readers.set(key, ofDbrp.set(shard, (ofDbrp.get(shard) ?? 0) + 1))
    }
    return { shard, owner }
  }

  remove(id: string): void {
    const task = this.#tasks.get(id)
    if (task === undefined) return
    this.#tasks.delete(id)
    this.#ids.delete(task.owner)
    for (const { db, rp } of task.dbrps) {
      const key = dbrpKey(db, rp)
      const ofDbrp = this.#readers.get(key)!
      const left = ofDbrp.get(task.shard)! - 1
      if (left > 0) ofDbrp.set(task.shard, left)
      else ofDbrp.delete(task.shard)
      if (ofDbrp.size === 0) this.#readers.delete(key)
    }
  }

  shardOf(id: string): Shard | undefined {
    return this.#tasks.get(id)?.shard
  }

  /** What a number was given to; undefined where that is not there any more. */
  findOwner(owner: number): string | undefined {
    return this.#ids.get(owner)
  }

  /** What a number was given to, as the log names it. */
  describe(owner: number): string {
    const id = this.findOwner(owner)
    if (id === undefined) return 'something that has ended'
    return id.includes('\0') ? id.replace('\0', ' ') : `task ${id}`
  }

  /** The shards that run a task on it; the idlest one, to check the body, where none does. */
  readersOf(db: string, rp: string): Shard[] {
    const readers = this.#readers.get(dbrpKey(db, rp))
    if (readers !== undefined) return [...readers.keys()]
    return [this.#usable.reduce((a, b) => (b.gate.inFlightBytes < a.gate.inFlightBytes ? b : a))]
  }

  /** The shards that get on; all of them where none does. */
  get #usable(): readonly Shard[] {
    const usable = this.#shards.filter(({ isResponsive }) => isResponsive)
    return usable.length > 0 ? usable : this.#shards
  }

  #busyness(shard: Shard): number {
    const tasks = [...this.#tasks.values()].filter((task) => task.shard === shard).length
    // A task without traffic counts a little, so that new tasks spread.
    return shard.writtenBytes - (this.#writtenBefore.get(shard) ?? 0) + tasks * 1024
  }
}
