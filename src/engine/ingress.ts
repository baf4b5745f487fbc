import type { IngressCount } from '../graph/task.ts'

/** Measurements that are counted each for itself; those that come later are counted together, under empty names. */
const MAX_MEASUREMENTS = 10_000

/** Counts points by where they go. */
export class Ingress {
  readonly #counts = new Map<string, IngressCount & { points: number }>()

  get counts(): readonly IngressCount[] {
    return [...this.#counts.values()]
  }

  add(db: string, rp: string, measurement: string, points: number): void {
    const key = `${db}\0${rp}\0${measurement}`
    const count = this.#counts.get(key)
    if (count !== undefined) count.points += points
    else if (this.#counts.size < MAX_MEASUREMENTS || measurement === '')
      this.#counts.set(key, { db, rp, measurement, points })
    else this.add('', '', '', points)
  }
}
