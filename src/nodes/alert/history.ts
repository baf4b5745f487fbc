import { type Instant, nanosBetween, nanosOf, ZERO_TIME } from '../../core/instant.ts'
import type { Level } from '../../model/event.ts'
import type { Flapping } from './flapping.ts'

const MAX_DURATION = 0x7fff_ffff_ffff_ffffn

/** What a group remembers of its levels and of the events that it raised. All times are those of the data. */
export class AlertHistory {
  level: Level = 0
  /** The last level differs from the one before. */
  isChanged = false
  /** Whether the level is as before and the last event so old that it is to be repeated. */
  isExpired = false
  #previous: Level = 0
  #firstTriggered: Instant = ZERO_TIME
  #lastTriggered: Instant = ZERO_TIME
  readonly #flapping: Flapping | undefined
  readonly #repeatAfterNs: number

  /** @param repeatAfterNs Age at which an event is repeated; 0: never. */
  constructor(flapping: Flapping | undefined, repeatAfterNs: number) {
    this.#flapping = flapping
    this.#repeatAfterNs = repeatAfterNs
  }

  get isFlapping(): boolean {
    return this.#flapping?.isFlapping === true
  }

  /**
   * Time from the first event after the last OK to the last event; the longest span there is where flapping hid the
   * first.
   */
  get durationNs(): bigint {
    const elapsed = nanosOf(this.#lastTriggered) - nanosOf(this.#firstTriggered)
    return elapsed > MAX_DURATION ? MAX_DURATION : elapsed
  }

  add(time: Instant, level: Level): void {
    this.#previous = this.level
    this.level = level
    this.isChanged = level !== this.#previous
    this.#flapping?.add(level)
    this.isExpired =
      this.#repeatAfterNs > 0 && !this.isChanged && nanosBetween(time, this.#lastTriggered) >= this.#repeatAfterNs
  }

  /** The level that was added last raises an event. */
  trigger(time: Instant): void {
    this.#lastTriggered = time
    if (this.#previous === 0) this.#firstTriggered = time
  }
}
