import type { Clock, Timer } from '../core/clock.ts'
import type { Job } from './delivery-job.ts'

/** Events of one id, in order, the first of which is to be tried again. */
interface KeyQueue<J> {
  readonly jobs: J[]
  /** Timer of the first event; undefined: the event is due. */
  timer: Timer | undefined
}

/** Events that wait for another attempt of their own, with those of the same id behind them. */
export class RetryQueue<J extends Job> {
  readonly #clock: Clock
  readonly #onDue: () => void
  readonly #queues = new Map<string, KeyQueue<J>>()
  /** Ids whose first event is due again. */
  readonly #due: string[] = []

  /** @param onDue Called when one has waited long enough. */
  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  get jobs(): J[] {
    return [...this.#queues.values()].flatMap(({ jobs }) => jobs)
  }

  get first(): J | undefined {
    return this.#queues.values().next().value?.jobs[0]
  }

  get hasDue(): boolean {
    return this.#due.length > 0
  }

  has(job: J): boolean {
    return this.#queues.get(job.item.orderBy)?.jobs.includes(job) === true
  }

  /** The one that waits longest but for `current`. */
  findOldest(current: J | undefined): J | undefined {
    for (const { jobs } of this.#queues.values()) for (const job of jobs) if (job !== current) return job
    return undefined
  }

  /** Puts a job behind those of its id. @returns false where there are none, or it is among them. */
  follow(job: J): boolean {
    const queue = this.#queues.get(job.item.orderBy)
    if (queue === undefined || queue.jobs.includes(job)) return false
    queue.jobs.push(job)
    return true
  }

  /** The first of an id gets its turn after a time. */
  add(job: J, delayMs: number): void {
    if (this.follow(job)) return
    const id = job.item.orderBy
    let queue = this.#queues.get(id)
    if (queue === undefined) this.#queues.set(id, (queue = { jobs: [job], timer: undefined }))
    const waiting = queue
    queue.timer = this.#clock.after(delayMs, () => {
      this.#makeDue(id, waiting)
      this.#onDue()
    })
  }

  /** The next whose turn it is; it stays here until it leaves. */
  takeDue(): J | undefined {
    const id = this.#due.shift()
    return id === undefined ? undefined : this.#queues.get(id)!.jobs[0]
  }

  /** Takes a job out, where it is here; the next of its id has its turn. @returns Whether it was here. */
  leave(job: J): boolean {
    const id = job.item.orderBy
    const queue = this.#queues.get(id)
    const index = queue?.jobs.indexOf(job) ?? -1
    if (queue === undefined || index < 0) return false
    queue.jobs.splice(index, 1)
    if (index > 0) return true
    queue.timer?.cancel()
    queue.timer = undefined
    const due = this.#due.indexOf(id)
    if (due >= 0) this.#due.splice(due, 1)
    if (queue.jobs.length === 0) this.#queues.delete(id)
    else this.#due.push(id)
    return true
  }

  /** Ends all waits: what waits is due. */
  hurry(): void {
    for (const [id, queue] of this.#queues) if (queue.timer !== undefined) this.#makeDue(id, queue)
  }

  /** @returns Those that were here. */
  clear(): J[] {
    const { jobs } = this
    for (const { timer } of this.#queues.values()) timer?.cancel()
    this.#queues.clear()
    this.#due.length = 0
    return jobs
  }

  #makeDue(id: string, queue: KeyQueue<J>): void {
    queue.timer?.cancel()
    queue.timer = undefined
    this.#due.push(id)
  }
}
