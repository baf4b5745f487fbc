import { compare, type Instant, isBefore } from '../../core/instant.ts'

/** The sets of one time, in the order in which they were begun; those before `head` have left. */
export interface Moment<Set> {
  readonly time: Instant
  sets: (Set | undefined)[]
  head: number
}

/** A block of more than that is cut in two. */
const BLOCK_MAX = 1024

/**
 * Moments sorted by time. They mostly come at the end and leave at the front; since they may also come in any other
 * order, and there may be a million, they lie in blocks, so that one more moves few of them.
 */
export class Moments<Set> {
  /** Blocks of moments in order, none of them empty. */
  readonly #blocks: Moment<Set>[][] = []

  get first(): Moment<Set> | undefined {
    return this.#blocks[0]?.[0]
  }

  *sets(): Generator<Set> {
    for (const block of this.#blocks) {
      for (const { sets, head } of block) for (let i = head; i < sets.length; i++) yield sets[i]!
    }
  }

  /** The moment of that time, a new one where there is none. */
  at(time: Instant): Moment<Set> {
    const place = this.#blockOf(time)
    const block = this.#blocks[place]
    const moment: Moment<Set> = { time, sets: [], head: 0 }
    if (block === undefined) {
      this.#append(moment)
      return moment
    }
    const index = firstFrom(block, time)
    const found = block[index]!
    if (compare(found.time, time) === 0) return found
    block.splice(index, 0, moment)
    if (block.length > BLOCK_MAX) this.#blocks.splice(place + 1, 0, block.splice(BLOCK_MAX >> 1))
    return moment
  }

  remove({ time }: Moment<Set>): void {
    const place = this.#blockOf(time)
    const block = this.#blocks[place]!
    const index = firstFrom(block, time)
    if (index === 0) block.shift()
    else block.splice(index, 1)
    if (block.length === 0) this.#blocks.splice(place, 1)
  }

  /** Puts a moment behind all others. */
  #append(moment: Moment<Set>): void {
    const last = this.#blocks.at(-1)
    if (last === undefined || last.length === BLOCK_MAX) this.#blocks.push([moment])
    else last.push(moment)
  }

  /** Index of the first block that ends at that time or later. */
  #blockOf(time: Instant): number {
    const blocks = this.#blocks
    let low = 0
    let high = blocks.length
    if (high > 0 && isBefore(blocks[high - 1]!.at(-1)!.time, time)) return high
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBefore(blocks[middle]!.at(-1)!.time, time)) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Index of the first moment of a block at that time or later. */
function firstFrom(block: readonly Moment<unknown>[], time: Instant): number {
  let low = 0
  let high = block.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBefore(block[middle]!.time, time)) low = middle + 1
    else high = middle
  }
  return low
}
