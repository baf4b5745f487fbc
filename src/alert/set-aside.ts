import type { Clock, Timer } from '../core/clock.ts'
import type { Job } from './delivery-job.ts'

/** Events of one id, in order, the first of which is to be tried again. */
interface Lane<J> {
  readonly jobs: J[]
  /** undefined: it is its turn. */
  timer: Timer | undefined
}

/** Events that wait for another attempt of their own, with those of the same id behind them. */
export class SetAside<J extends Job> {
  readonly #clock: Clock
  readonly #onDue: () => void
  readonly #lanes = new Map<string, Lane<J>>()
  /** Ids whose first event is due again. */
  readonly #due: string[] = []

  /** @param onDue Called when one has waited long enough. */
  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  get jobs(): J[] {
    return [...this.#lanes.values()].flatMap(({ jobs }) => jobs)
  }

  get first(): J | undefined {
    return this.#lanes.values().next().value?.jobs[0]
  }

  get hasDue(): boolean {
    return this.#due.length > 0
  }

  has(job: J): boolean {
    return this.#lanes.get(job.item.orderBy)?.jobs.includes(job) === true
  }

  /** The one that waits longest but for `current`. */
  findOldest(current: J | undefined): J | undefined {
    for (const { jobs } of this.#lanes.values()) for (const job of jobs) if (job !== current) return job
    return undefined
  }

  /** Puts a job behind those of its id. @returns false where there are none, or it is among them. */
  follow(job: J): boolean {
    const lane = this.#lanes.get(job.item.orderBy)
    if (lane === undefined || lane.jobs.includes(job)) return false
    lane.jobs.push(job)
    return true
  }

  /** The first of an id gets its turn after a time. */
  add(job: J, delayMs: number): void {
    if (this.follow(job)) return
    const id = job.item.orderBy
    let lane = this.#lanes.get(id)
    if (lane === undefined) this.#lanes.set(id, (lane = { jobs: [job], timer: undefined }))
    const waiting = lane
    lane.timer = this.#clock.after(delayMs, () => {
      this.#makeDue(id, waiting)
      this.#onDue()
    })
  }

  /** The next whose turn it is; it stays here until it leaves. */
  takeDue(): J | undefined {
    const id = this.#due.shift()
    return id === undefined ? undefined : this.#lanes.get(id)!.jobs[0]
  }

  /** Takes a job out, where it is here; the next of its id has its turn. @returns Whether it was here. */
  leave(job: J): boolean {
    const id = job.item.orderBy
    const lane = this.#lanes.get(id)
    const index = lane?.jobs.indexOf(job) ?? -1
    if (lane === undefined || index < 0) return false
    lane.jobs.splice(index, 1)
    if (index > 0) return true
    lane.timer?.cancel()
    lane.timer = undefined
    const due = this.#due.indexOf(id)
    if (due >= 0) this.#due.splice(due, 1)
    if (lane.jobs.length === 0) this.#lanes.delete(id)
    else this.#due.push(id)
    return true
  }

  /** Ends all waits. */
  hurry(): void {
    for (const [id, lane] of this.#lanes) if (lane.timer !== undefined) this.#makeDue(id, lane)
  }

  /** @returns Those that were here. */
  clear(): J[] {
    const { jobs } = this
    for (const { timer } of this.#lanes.values()) timer?.cancel()
    this.#lanes.clear()
    this.#due.length = 0
    return jobs
  }

  #makeDue(id: string, lane: Lane<J>): void {
    lane.timer?.cancel()
    lane.timer = undefined
    this.#due.push(id)
  }
}
