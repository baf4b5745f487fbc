/** Most bytes that are kept for reuse. */
const KEPT_BYTES = 64 * 1024 * 1024

/** Memory of record batches that have come back, used again: fresh memory costs zeroing and page faults. Its sizes repeat. */
export class Buffers {
  readonly #free = new Map<number, ArrayBuffer[]>()
  #bytes = 0

  /** Memory of so many bytes or more, which may hold anything. */
  take(bytes: number): ArrayBuffer {
    const found = this.#free.get(bytes)?.pop()
    if (found === undefined) return new ArrayBuffer(bytes)
    this.#bytes -= bytes
    return found
  }

  give(buffers: readonly ArrayBuffer[]): void {
    for (const buffer of buffers) {
      const bytes = buffer.byteLength
      if (bytes === 0 || this.#bytes + bytes > KEPT_BYTES) continue
      this.#bytes += bytes
      const free = this.#free.get(bytes)
      if (free === undefined) this.#free.set(bytes, [buffer])
      else free.push(buffer)
    }
  }
}
