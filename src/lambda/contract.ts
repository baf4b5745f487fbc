import type { Instant } from '../core/instant.ts'
import type { Point } from '../model/point.ts'
import type { Schema } from '../model/schema.ts'
import type { Tags } from '../model/series.ts'
import type { Value } from '../model/value.ts'

/**
 * What nodes know of lambdas. A lambda is compiled once per node (`compileLambda`), which may fail with Kapacitor's
 * words; every group then gets an instance of its own, which owns the state of `count`, `sigma` and `spread`.
 * Evaluation never throws: an error is a verdict, and `error` holds the text.
 */
export interface CompiledLambda {
  /** Names of fields and tags that it reads, without `time`. */
  readonly references: readonly string[]
  instantiate(): LambdaInstance
}

export const TRUE = 1
export const FALSE = 0
export const FAILED = -1
export type Verdict = typeof TRUE | typeof FALSE | typeof FAILED

export interface LambdaInstance {
  /** Text of the error of the last call that said FAILED. */
  readonly error: string
  /** Type and value of the last successful `evaluate`. */
  readonly type: ResultType
  readonly value: Value
  /** A copy of what its functions remember (those of nested lambdas left out: all instances share them). */
  save(): readonly Readonly<Record<string, number>>[]
  /** @param stored What an instance of the same lambda has saved. */
  load(stored: readonly Readonly<Record<string, number>>[]): void
  /** Predicate mode. */
  test(point: Point): Verdict
  /**
   * Value mode, on the parts of a scope, so that `eval` can add earlier results to it.
   * @returns false where it failed.
   */
  evaluate(schema: Schema, values: readonly Value[], tags: Tags, time: Instant): boolean
  /**
   * Int mode (`replicas`): like `evaluate`, but anything but an int is an error.
   * @returns false where it failed.
   */
  evaluateInt(schema: Schema, values: readonly Value[], tags: Tags, time: Instant): boolean
}

export type ResultType = 'int' | 'float' | 'string' | 'boolean' | 'duration'
