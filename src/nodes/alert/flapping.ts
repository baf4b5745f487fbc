import type { Level } from '../../model/event.ts'

export interface FlappingRule {
  /** Share of changes below which a group flaps no more. */
  readonly low: number
  /** Share of changes above which it flaps. */
  readonly high: number
}

const OLDEST_WEIGHT = 0.8
const NEWEST_WEIGHT = 1.2

/**
 * Weights of the compared pairs, in the order in which `Flapping` compares them.
 * @param size How many levels are remembered.
 */
export function flappingWeights(size: number): readonly number[] {
  const step = (NEWEST_WEIGHT - OLDEST_WEIGHT) / (size - 1)
  return Array.from({ length: size - 1 }, (_, i) => OLDEST_WEIGHT + i * step)
}

/**
 * Says whether a group changes its level too often. Kapacitor's arithmetic with all its quirks, since events depend on
 * it: the walk starts at the newest slot of the ring and goes on with the oldest ones, so that the newest change weighs
 * least, the oldest level is compared with the newest, and the last change but one is never looked at.
 */
export class Flapping {
  isFlapping = false
  readonly #rule: FlappingRule
  readonly #weights: readonly number[]
  readonly #ring: Level[]
  /** Slot of the newest level. */
  #newest = 0

  constructor(rule: FlappingRule, weights: readonly number[]) {
    this.#rule = rule
    this.#weights = weights
    this.#ring = new Array<Level>(weights.length + 1).fill(0)
  }

  add(level: Level): void {
    const ring = this.#ring
    const size = ring.length
    this.#newest = (this.#newest + 1) % size
    ring[this.#newest] = level

    let changes = 0
    for (let i = 0; i < this.#weights.length; i++) {
      const slot = (this.#newest + i) % size
      if (ring[slot] !== ring[slot === 0 ? size - 1 : slot - 1]) changes += this.#weights[i]!
    }
    const share = changes / (size - 1)
    if (this.isFlapping ? share < this.#rule.low : share > this.#rule.high) this.isFlapping = !this.isFlapping
  }
}
