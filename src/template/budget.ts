/**
 * What one rendering of a template may cost the thread that it runs on. A step is about the work of evaluating one
 * operand (30 ns); what takes longer, such as loops over data, texts, formats and escapes, counts as as many steps as
 * it takes times that. All that a rendering spends is counted before, or in pieces of the data's size at most.
 */
export const MAX_STEPS = 1_000_000
/** Steps for a template that ran out of them a moment ago: more than common templates need. */
export const RESTING_STEPS = 10_000
const REST_MS = 1000

/** Characters that native code passes over, copies or compares within a step. */
const CHARACTERS = 16

/** A rendering has no steps left. */
export class OutOfSteps extends Error {}

/** The steps of one rendering. */
export class Budget {
  readonly limit: number
  #left: number

  constructor(limit = MAX_STEPS) {
    this.limit = limit
    this.#left = limit
  }

  /** @throws OutOfSteps */
  spend(steps: number): void {
    if ((this.#left -= steps) < 0) throw new OutOfSteps()
  }

  /**
   * Spends steps on a text that is copied, or passed over that many times.
   * @throws OutOfSteps
   */
  spendOn(characters: number): void {
    this.spend(characters / CHARACTERS)
  }
}

/**
 * Shares what templates that need too much may cost a thread: all of those that ran out of steps have but a few until
 * none has run out of the whole budget for a second. So a template that fails for every point or event takes a part of
 * the thread's time, however many points and templates there are.
 */
export class Allowance {
  readonly #nowMs: () => number
  #restsUntilMs = -Infinity

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  budgetFor(hasRunOut: boolean): Budget {
    return new Budget(hasRunOut && this.#nowMs() < this.#restsUntilMs ? RESTING_STEPS : MAX_STEPS)
  }

  ranOut({ limit }: Budget): void {
    if (limit === MAX_STEPS) this.#restsUntilMs = this.#nowMs() + REST_MS
  }
}
