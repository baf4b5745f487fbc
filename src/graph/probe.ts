import type { Batch } from '../model/batch.ts'
import type { Point } from '../model/point.ts'
import type { Receiver } from './receiver.ts'

/**
 * Samples how long nodes take. Nodes call each other synchronously, so a message's time at a node is that of the call
 * less that of the calls inside. The source switches the probe on for a few messages in many; off, it costs a branch.
 */
class Probe {
  isActive = false
  readonly #timings = new WeakMap<Receiver, MovingAverage>()
  readonly #started: number[] = []
  #inner = 0
  #bodies = 0

  /**
   * How many of the next `length` messages to time: a few of every 16th body.
   * @param length Points in the body.
   */
  samplesOf(length: number): number {
    this.#bodies = (this.#bodies + 1) & 15
    return this.#bodies === 0 ? Math.min(length, 4) : 0
  }

  point(to: Receiver, source: number, point: Point): void {
    const outer = this.#enter()
    to.point(point, source)
    this.#leave(to, outer)
  }

  batch(to: Receiver, source: number, batch: Batch): void {
    const outer = this.#enter()
    to.batch(batch, source)
    this.#leave(to, outer)
  }

  /** Statistic `avg_exec_time_ns`: the highest value that the moving average has reached. */
  highestAverageNs(node: Receiver): number {
    return this.#timings.get(node)?.highest ?? 0
  }

  #enter(): number {
    const outer = this.#inner
    this.#inner = 0
    this.#started.push(performance.now())
    return outer
  }

  #leave(node: Receiver, outer: number): void {
    const tookMs = performance.now() - this.#started.pop()!
    let average = this.#timings.get(node)
    if (average === undefined) this.#timings.set(node, (average = new MovingAverage()))
    average.add(Math.max(0, Math.round((tookMs - this.#inner) * 1e6)))
    this.#inner = outer + tookMs
  }
}

/** An average over the last thousand samples. */
class MovingAverage {
  highest = 0
  readonly #samples: number[] = []
  #next = 0
  #sum = 0

  add(sample: number): void {
    this.#sum += sample - (this.#samples[this.#next] ?? 0)
    this.#samples[this.#next] = sample
    this.#next = (this.#next + 1) % 1000
    this.highest = Math.max(this.highest, Math.round(this.#sum / this.#samples.length))
  }
}

export const probe = new Probe()
