import type { LogFields } from '../../core/logger.ts'
import { FAILED, FALSE, type LambdaInstance, TRUE } from '../../lambda/contract.ts'
import { type Level, LEVELS } from '../../model/event.ts'
import type { Point } from '../../model/point.ts'
import type { LambdaNode } from '../../tick/ast.ts'
import { compileOrRefuse } from '../lambda.ts'

export interface LevelOptions {
  readonly info: LambdaNode | undefined
  readonly warn: LambdaNode | undefined
  readonly crit: LambdaNode | undefined
  readonly infoReset: LambdaNode | undefined
  readonly warnReset: LambdaNode | undefined
  readonly critReset: LambdaNode | undefined
}

type OnError = (message: string, details: LogFields) => void

/**
 * Decides levels. Its lambdas are shared by all groups of the node. A lambda that fails does not hold.
 * Which of them are evaluated, and how often, matters to stateful functions: the order is Kapacitor's, in which the
 * condition of the present level is looked at twice where it does not hold.
 */
export class LevelEvaluator {
  /** Conditions by level. */
  readonly #conditions: readonly (LambdaInstance | undefined)[]
  /** Reset conditions by level; the one of a level without a condition is not used. */
  readonly #resets: readonly (LambdaInstance | undefined)[]
  readonly #onError: OnError

  constructor(options: LevelOptions, onError: OnError) {
    const compile = (name: keyof LevelOptions): LambdaInstance | undefined => {
      const lambda = options[name]
      if (lambda === undefined) return undefined
      return compileOrRefuse(lambda, `Failed to compile stateful expression for ${name}: `).instantiate()
    }
    this.#conditions = [undefined, compile('info'), compile('warn'), compile('crit')]
    this.#resets = [
      undefined,
      options.info && compile('infoReset'),
      options.warn && compile('warnReset'),
      options.crit && compile('critReset')
    ]
    this.#onError = onError
  }

  /** @param current The level that the group has now. */
  evaluate(point: Point, current: Level): Level {
    const found = this.#highest(point, 3, current === 0 ? 1 : current)
    if (found !== 0 || current === 0) return found
    const reset = this.#resets[current]
    if (reset !== undefined) {
      const verdict = reset.test(point)
      if (verdict === FALSE) return current
      if (verdict === FAILED) {
        this.#onError('error evaluating reset expression for current level', {
          level: LEVELS[current],
          err: reset.error
        })
      }
    }
    return this.#highest(point, current, 1)
  }

  /** The highest level whose condition holds, from `top` down to `bottom`; OK where there is none. */
  #highest(point: Point, top: Level, bottom: Level): Level {
    for (let level = top; level >= bottom; level--) {
      const condition = this.#conditions[level]
      if (condition === undefined) continue
      const verdict = condition.test(point)
      if (verdict === TRUE) return level
      if (verdict === FAILED) {
        this.#onError('error evaluating expression for level', { level: LEVELS[level], err: condition.error })
      }
    }
    return 0
  }
}
