/** Nobody in particular: the shard works for itself, or not at all. */
export const NOBODY = 0

/** Indexes into the memory of an `Activity`. */
const BEATS = 0
const OWNER = 1

/** Memory that a thread tells its activity in. */
export type ActivityCells = Int32Array<SharedArrayBuffer>

export function newActivityCells(): ActivityCells {
  return new Int32Array(new SharedArrayBuffer(8))
}

/** What a thread tells: how often it has begun something, modulo 2^32, and for whom it works just now. */
export function readActivity(cells: ActivityCells): { readonly beats: number; readonly owner: number } {
  return { beats: Atomics.load(cells, BEATS), owner: Atomics.load(cells, OWNER) }
}

/**
 * Tells the main thread what this thread works on, so that it can end a thread that hangs and name who made it hang.
 * The thread tells it by plain stores into shared memory, once a body and reader, and so at no cost.
 */
class Activity {
  #cells = newActivityCells()

  /** Tells it in this memory from now on. */
  writeTo(cells: ActivityCells): void {
    this.#cells = cells
  }

  /** The thread has got to something new. */
  beat(): void {
    this.#cells[BEATS]!++
  }

  /** The thread works for `owner` until `end`. @returns What `end` is to be given. */
  begin(owner: number): number {
    const cells = this.#cells
    const before = cells[OWNER]!
    cells[OWNER] = owner
    cells[BEATS]!++
    return before
  }

  end(before: number): void {
    this.#cells[OWNER] = before
  }

  /** Does some work for `owner`. */
  during<T>(owner: number, work: () => T): T {
    const before = this.begin(owner)
    try {
      return work()
    } finally {
      this.end(before)
    }
  }
}

/** Whom this thread works for. */
export const activity = new Activity()
