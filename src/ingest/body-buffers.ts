const SMALLEST = 16 * 1024
const KEPT_A_SIZE = 8
const LARGEST_KEPT = 8 * 1024 * 1024

/** Buffers for bodies, used again: a fresh one costs zeroing and page faults. Sizes are powers of two. */
export class BodyBuffers {
  readonly #free = new Map<number, ArrayBuffer[]>()

  take(minBytes: number): ArrayBuffer {
    let size = SMALLEST
    while (size < minBytes) size *= 2
    return this.#free.get(size)?.pop() ?? new ArrayBuffer(size)
  }

  give(buffer: ArrayBuffer): void {
    const size = buffer.byteLength
    if (size < SMALLEST || size > LARGEST_KEPT || (size & (size - 1)) !== 0) return
    const free = this.#free.get(size)
    if (free === undefined) this.#free.set(size, [buffer])
    else if (free.length < KEPT_A_SIZE) free.push(buffer)
  }
}
