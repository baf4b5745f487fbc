import { performance } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock, Timer } from './clock.ts'

/** The heap of a thread, and how busy the thread is. */
export interface Heap {
  usedBytes(): number
  /** Share of the time since the last question that the thread has worked, from 0 to 1. */
  busyShare(): number
  /** Collects all garbage; the thread does nothing else meanwhile. */
  collect(): void
}

const LOOK_MS = 10_000
/** A thread that works less is at rest. */
const RESTING_SHARE = 0.05
/** Garbage that is worth a collection, beside a share of what was left by the last one. */
const WORTHWHILE_BYTES = 64 * 1024 * 1024
const WORTHWHILE_SHARE = 0.25
/** A collection takes as long as there is much in use, measured at up to 1.5 ms a MiB: with more of it none is made. */
const MAX_KEPT_BYTES = 512 * 1024 * 1024

/**
 * Gives memory back when a thread has come to rest. V8 collects the garbage of a heap when that has grown to several
 * times what was left, and never while nothing is allocated: after a time of load it would hold all of it for ever.
 */
export class IdleCollector {
  readonly #heap: Heap
  readonly #timer: Timer
  /** What is known to be in use: the least that was seen since the last collection. */
  #kept = 0

  constructor(clock: Clock, heap: Heap = new ThreadHeap()) {
    this.#heap = heap
    this.#timer = clock.every(LOOK_MS, () => this.#look())
  }

  close(): void {
    this.#timer.cancel()
  }

  #look(): void {
    const used = this.#heap.usedBytes()
    this.#kept = Math.min(this.#kept, used)
    if (this.#heap.busyShare() > RESTING_SHARE || this.#kept > MAX_KEPT_BYTES) return
    if (used - this.#kept < WORTHWHILE_BYTES + this.#kept * WORTHWHILE_SHARE) return
    this.#heap.collect()
    this.#kept = this.#heap.usedBytes()
  }
}

/** The heap of the thread that makes it. */
class ThreadHeap implements Heap {
  #before = performance.eventLoopUtilization()
  readonly #collect: () => void

  constructor() {
    // Node has no other way to ask for a collection while it runs.
    setFlagsFromString('--expose-gc')
    this.#collect = runInNewContext('gc') as () => void
  }

  usedBytes(): number {
    return getHeapStatistics().used_heap_size
  }

  busyShare(): number {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.#before)
    this.#before = now
    return utilization
  }

  collect(): void {
    this.#collect()
  }
}
