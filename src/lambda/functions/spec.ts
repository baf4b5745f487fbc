import { goTypeOf, type Type } from '../types.ts'

/**
 * A built-in function of lambdas. Checker, code generator, error texts and reference docs all read this.
 * Values of arguments and results are those of `model/value.ts`, a `Regex`, or an `Instant` for a time.
 */
export interface LambdaFunction {
  readonly name: string
  /** One sentence for the reference. */
  readonly summary: string
  readonly signatures: readonly Signature[]
  /**
   * What the body says to arguments that fit none of the signatures: a text, or the type of what it returns all the
   * same. Only a call right below `!` gets as far as this (see the language reference, "No signature check").
   */
  readonly misuse: (types: readonly Type[]) => Misuse
  /** Makes what one copy of a lambda remembers between its calls; it then is the first argument of every call. */
  readonly state?: () => object
}

export type Misuse = string | { readonly returns: Type; readonly isTrue?: true }

export interface Signature {
  readonly args: readonly Type[]
  readonly returns: Type
  readonly call: Implementation
  /** Whether a call may return a `FunctionError` instead of a value. */
  readonly canFail?: true
}

/** A function of the arguments (after the state, if any), or a JavaScript expression made of theirs. */
export type Implementation = ((...args: never[]) => unknown) | { readonly inline: (args: readonly string[]) => string }

/** Why a call has no result. Returned and not thrown: bad data comes by the million. */
export class FunctionError {
  readonly message: string
  /** A slip that the original's runtime catches: it is told without the name of the function. */
  readonly isRuntimeError: boolean

  constructor(message: string, isRuntimeError = false) {
    this.message = message
    this.isRuntimeError = isRuntimeError
  }

  /** @param where What stands before it: the arguments that the call is part of. */
  textOf(name: string, where: string): string {
    return this.isRuntimeError ? this.message : `${where}error calling "${name}": ${this.message}`
  }
}

const NUMBERS = ['zero', 'one', 'two', 'three', 'four']
const ORDINALS = ['first', 'second', 'third', 'fourth']

/** `f expects exactly two arguments`; `now` says "zero argument". */
export function countError(name: string, count: number): string {
  return `${name} expects exactly ${NUMBERS[count]} argument${count > 1 ? 's' : ''}`
}

/** The usual body: it counts its arguments, then looks at them one by one. */
export function strictBody(
  name: string,
  wanted: readonly Type[],
  mismatch: (actual: Type, wanted: Type, ordinal: string) => string,
  counted = countError(name, wanted.length)
): LambdaFunction['misuse'] {
  return (types) => {
    if (types.length !== wanted.length) return counted
    const wrong = types.findIndex((type, i) => type !== wanted[i])
    return mismatch(types[wrong]!, wanted[wrong]!, ORDINALS[wrong]!)
  }
}

/** `cannot pass int64 as first arg to strContains, must be string`. */
export function cannotPass(name: string): (actual: Type, wanted: Type, ordinal: string) => string {
  return (actual, wanted, ordinal) => `cannot pass ${goTypeOf(actual)} as ${ordinal} arg to ${name}, must be ${wanted}`
}

/** How errors list what a function accepts. Differs: sorted, where the original's order is random. */
export function signaturesOf(fn: LambdaFunction): string {
  return `[${fn.signatures
    .map(({ args }) => `(${args.join(',')})`)
    .sort()
    .join(', ')}]`
}
