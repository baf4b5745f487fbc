import { randomBytes } from 'node:crypto'

/** 100 ns intervals from 1582-10-15, where UUID time begins, to 1970. */
const GREGORIAN_OFFSET = 122_192_928_000_000_000n
const TAIL = tailOf(randomBytes(8))

let lastTime = 0n

/** A version 1 (time) UUID with a random node: unique, and increasing in time, within a process. */
export function timeUuid(): string {
  const now = BigInt(Date.now()) * 10_000n + GREGORIAN_OFFSET
  lastTime = now > lastTime ? now : lastTime + 1n
  const hex = lastTime.toString(16).padStart(15, '0')
  return `${hex.slice(7)}-${hex.slice(3, 7)}-1${hex.slice(0, 3)}-${TAIL}`
}

/** Clock sequence with the variant bits, and a node with the multicast bit, as RFC 9562 asks of random ones. */
function tailOf(random: Buffer): string {
  random[0] = (random[0]! & 0x3f) | 0x80
  random[2]! |= 0x01
  const hex = random.toString('hex')
  return `${hex.slice(0, 4)}-${hex.slice(4)}`
}
