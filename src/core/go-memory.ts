import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'

/** Collections that Go's runtime remembers. */
const REMEMBERED = 256

/** Names of Go's runtime.MemStats whose values are numbers. */
export type GoMemoryName = (typeof NAMES)[number]

const NAMES = [
  ...(['Alloc', 'TotalAlloc', 'Sys', 'Lookups', 'Mallocs', 'Frees'] as const),
  ...(['HeapAlloc', 'HeapSys', 'HeapIdle', 'HeapInuse', 'HeapReleased', 'HeapObjects'] as const),
  ...(['StackInuse', 'StackSys', 'MSpanInuse', 'MSpanSys', 'MCacheInuse', 'MCacheSys'] as const),
  ...(['BuckHashSys', 'GCSys', 'OtherSys', 'NextGC', 'LastGC', 'PauseTotalNs'] as const),
  ...(['NumGC', 'NumForcedGC', 'GCCPUFraction'] as const)
]

export type GoMemory = Readonly<Record<GoMemoryName, number>> & {
  /** The latest pauses in ns, and when they ended (ns since 1970): the last one is at `(NumGC + 255) % 256`. */
  readonly PauseNs: readonly number[]
  readonly PauseEnd: readonly number[]
  readonly EnableGC: boolean
  readonly DebugGC: boolean
  readonly BySize: readonly never[]
}

/**
 * The memory of this process under the names of Go's runtime, which monitors of Kapacitor expect: the heap and its
 * collections are those of the main thread, `Sys` is the whole process. What only Go's allocator has is 0.
 */
export class GoMemoryWatch {
  readonly #pauseNs = new Array<number>(REMEMBERED).fill(0)
  readonly #pauseEnd = new Array<number>(REMEMBERED).fill(0)
  readonly #observer: PerformanceObserver
  #collections = 0
  #pausedNs = 0

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) this.#note(startTime, duration)
    })
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  read(): GoMemory {
    const { rss, heapTotal, heapUsed, external } = process.memoryUsage()
    const { malloced_memory: allocated } = getHeapStatistics()
    const numbers = Object.fromEntries(NAMES.map((name) => [name, 0])) as Record<GoMemoryName, number>
    return {
      ...numbers,
      Alloc: heapUsed + external,
      Sys: rss,
      HeapAlloc: heapUsed,
      HeapSys: heapTotal,
      HeapIdle: heapTotal - heapUsed,
      HeapInuse: heapUsed,
      OtherSys: allocated,
      LastGC: this.#collections === 0 ? 0 : this.#pauseEnd[(this.#collections - 1) % REMEMBERED]!,
      PauseTotalNs: this.#pausedNs,
      PauseNs: this.#pauseNs,
      PauseEnd: this.#pauseEnd,
      NumGC: this.#collections,
      GCCPUFraction: this.#pausedNs / (performance.now() * 1e6),
      EnableGC: true,
      DebugGC: false,
      BySize: []
    }
  }

  close(): void {
    this.#observer.disconnect()
  }

  #note(startMs: number, durationMs: number): void {
    const place = this.#collections % REMEMBERED
    const pauseNs = Math.round(durationMs * 1e6)
    this.#pauseNs[place] = pauseNs
    this.#pauseEnd[place] = Math.round((performance.timeOrigin + startMs + durationMs) * 1e6)
    this.#collections++
    this.#pausedNs += pauseNs
  }
}
