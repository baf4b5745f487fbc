import { CHOICE_FUNCTIONS } from './choice.ts'
import { CONVERT_FUNCTIONS } from './convert.ts'
import { MATH_FUNCTIONS } from './math.ts'
import { REGEX_FUNCTIONS } from './regex.ts'
import type { LambdaFunction } from './spec.ts'
import { STATEFUL_FUNCTIONS } from './stateful.ts'
import { STRING_FUNCTIONS } from './string.ts'
import { TIME_FUNCTIONS } from './time.ts'

/** All built-in functions. */
export const FUNCTIONS: readonly LambdaFunction[] = [
  ...CONVERT_FUNCTIONS,
  ...MATH_FUNCTIONS,
  ...STRING_FUNCTIONS,
  ...REGEX_FUNCTIONS,
  ...TIME_FUNCTIONS,
  ...CHOICE_FUNCTIONS,
  ...STATEFUL_FUNCTIONS
]

export type FunctionTable = ReadonlyMap<string, LambdaFunction>

export const BUILT_IN: FunctionTable = new Map(FUNCTIONS.map((fn) => [fn.name, fn]))
