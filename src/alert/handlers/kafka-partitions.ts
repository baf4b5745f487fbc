import { crc32 } from 'node:zlib'

/**
 * Hashes of a message's key that choose its partition, modulo the number of partitions. Not negative.
 * @returns undefined where any partition will do.
 */
export type Partitioner = (key: Uint8Array) => number | undefined

const PARTITIONERS: Readonly<Record<string, Partitioner>> = {
  // An empty key is none, as for librdkafka.
  crc32: (key) => (key.length === 0 ? undefined : crc32(key)),
  // The hash of Kafka's Java client.
  murmur2: (key) => murmur2(key) & 0x7fffffff,
  // The absolute value of the hash as a signed number: what is left over is the same.
  murmur3: (key) => Math.abs(murmur3(key) | 0),
  'fnv-1a': (key) => Math.abs(fnv1a(key) | 0)
}

/** @param algorithm '' is crc32. */
export function findPartitioner(algorithm: string): Partitioner | undefined {
  const name = algorithm || 'crc32'
  return Object.hasOwn(PARTITIONERS, name) ? PARTITIONERS[name] : undefined
}

function fnv1a(key: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of key) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** MurmurHash2, 32 bits, with the seed of Kafka's Java client. */
function murmur2(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset, key.length)
  const whole = key.length & ~3
  let hash = 0x9747b28c ^ key.length
  for (let i = 0; i < whole; i += 4) {
    let word = Math.imul(view.getInt32(i, true), 0x5bd1e995)
    word = Math.imul(word ^ (word >>> 24), 0x5bd1e995)
    hash = Math.imul(hash, 0x5bd1e995) ^ word
  }
  if (whole < key.length) hash = Math.imul(hash ^ restOf(key, whole), 0x5bd1e995)
  hash = Math.imul(hash ^ (hash >>> 13), 0x5bd1e995)
  return (hash ^ (hash >>> 15)) >>> 0
}

/** MurmurHash3, x86, 32 bits, seed 0. */
function murmur3(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset, key.length)
  const whole = key.length & ~3
  let hash = 0
  for (let i = 0; i < whole; i += 4) {
    hash = Math.imul(rotate(hash ^ scrambled(view.getInt32(i, true)), 13), 5) + 0xe6546b64
  }
  if (whole < key.length) hash ^= scrambled(restOf(key, whole))
  hash ^= key.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scrambled(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593)
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

/** The bytes behind the whole words, the first one lowest. */
function restOf(key: Uint8Array, start: number): number {
  let rest = 0
  for (let i = key.length - 1; i >= start; i--) rest = (rest << 8) | key[i]!
  return rest
}
