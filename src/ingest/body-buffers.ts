import type { BufferSource } from './read-body.ts'

const SMALLEST = 16 * 1024
const LARGEST_KEPT = 8 * 1024 * 1024
const MAX_KEPT_BYTES = 32 * 1024 * 1024

/** Buffers for bodies, used again: a fresh one costs zeroing and page faults. Sizes are powers of two. */
export class BodyBuffers implements BufferSource {
  readonly #free = new Map<number, ArrayBuffer[]>()
  #keptBytes = 0

  sizeFor(minBytes: number): number {
    let size = SMALLEST
    while (size < minBytes) size *= 2
    return size
  }

  take(minBytes: number): ArrayBuffer {
    const size = this.sizeFor(minBytes)
    const buffer = this.#free.get(size)?.pop()
    if (buffer === undefined) return new ArrayBuffer(size)
    this.#keptBytes -= size
    return buffer
  }

  give(buffer: ArrayBuffer): void {
    const size = buffer.byteLength
    if (size < SMALLEST || size > LARGEST_KEPT || (size & (size - 1)) !== 0) return
    if (this.#keptBytes + size > MAX_KEPT_BYTES) return
    this.#keptBytes += size
    const free = this.#free.get(size)
    if (free === undefined) this.#free.set(size, [buffer])
    else free.push(buffer)
  }
}
