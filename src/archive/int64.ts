import { Instant } from '../core/instant.ts'
import { type Int, intOf } from '../model/value.ts'

/**
 * int64 in typed arrays without bigints: two 32-bit words, the lower one first, as DuckDB has a BIGINT in memory.
 * Exact: no product or sum of doubles below leaves the safe integers.
 */
export const TWO_32 = 4_294_967_296

/** The nanoseconds of a time. */
export function setInstant(words: Int32Array, index: number, { ms, ns }: Instant): void {
  const upperMs = Math.floor(ms / TWO_32)
  const rest = (ms - upperMs * TWO_32) * 1e6 + ns
  const carried = Math.floor(rest / TWO_32)
  words[2 * index] = rest - carried * TWO_32
  words[2 * index + 1] = upperMs * 1e6 + carried
}

export function instantAt(words: Int32Array, index: number): Instant {
  const high = words[2 * index + 1]!
  const upperMs = Math.floor(high / 1e6)
  const rest = (high - upperMs * 1e6) * TWO_32 + (words[2 * index]! >>> 0)
  const ms = Math.floor(rest / 1e6)
  return new Instant(upperMs * TWO_32 + ms, rest - ms * 1e6)
}

export function setInt(words: Int32Array, index: number, value: Int): void {
  if (typeof value === 'number' && (value | 0) === value) {
    words[2 * index] = value
    words[2 * index + 1] = value >> 31
  } else if (typeof value === 'number') {
    words[2 * index] = value % TWO_32
    words[2 * index + 1] = Math.floor(value / TWO_32)
  } else {
    words[2 * index] = Number(BigInt.asIntN(32, value))
    words[2 * index + 1] = Number(value >> 32n)
  }
}

export function intAt(words: Int32Array, index: number): Int {
  const low = words[2 * index]! >>> 0
  const high = words[2 * index + 1]!
  const value = high * TWO_32 + low
  return Number.isSafeInteger(value) ? value : intOf((BigInt(high) << 32n) | BigInt(low))
}

/** Reads what `intAt` reads as a number, where it is a safe integer, such as a sequence number. */
export function safeIntAt(words: Int32Array, index: number): number {
  return words[2 * index + 1]! * TWO_32 + (words[2 * index]! >>> 0)
}
