import type { LambdaNode } from '../tick/ast.ts'
import { hostTypeOf, type ScriptValue } from '../tick/value.ts'
import type { GraphNode } from './graph.ts'
import { HOST_TYPES, type Param, type Params } from './spec.ts'
import { nodeOf, viewOf } from './views.ts'

/** What binding arguments comes to: values by parameter name, or the problem in the words of Go's reflection. */
export type Bound =
  { readonly ok: true; readonly values: Record<string, unknown> } | { readonly ok: false; readonly error: string }

/** A call's only argument, where it is a list, stands for the arguments themselves. */
export function expandList(args: readonly ScriptValue[]): readonly ScriptValue[] {
  const [only] = args
  return args.length === 1 && only!.type === 'list' ? only!.value : args
}

/** @param args Already expanded. */
export function bindArguments(params: Params, args: readonly ScriptValue[]): Bound {
  const entries = Object.entries(params)
  const rest = entries.find(([, param]) => param.isRest)
  const fixed = entries.filter(([, param]) => !param.isRest)
  if (args.length < fixed.length) return { ok: false, error: 'reflect: Call with too few input arguments' }
  if (args.length > fixed.length && rest === undefined) {
    return { ok: false, error: 'reflect: Call with too many input arguments' }
  }
  if (args.some(({ type }) => type === 'nothing')) {
    return { ok: false, error: 'reflect: Call using zero Value argument' }
  }

  const values: Record<string, unknown> = {}
  for (const [i, [name, param]] of fixed.entries()) {
    const value = convert(args[i]!, param)
    if (value === undefined) return mismatch(args[i]!, param, (a, b) => `reflect: Call using ${a} as type ${b}`)
    values[name] = value
  }
  if (rest !== undefined) {
    const [name, param] = rest
    const tail: unknown[] = []
    for (const argument of args.slice(fixed.length)) {
      const value = convert(argument, param)
      if (value === undefined)
        return mismatch(argument, param, (a, b) => `reflect: cannot use ${a} as type ${b} in Call`)
      tail.push(value)
    }
    values[name] = tail
  }
  return { ok: true, values }
}

/** The one argument of a plain field. */
export function bindField(name: string, param: Param<unknown>, argument: ScriptValue): Bound {
  if (argument.type === 'nothing' && param.type !== 'any') {
    return { ok: false, error: 'reflect: call of reflect.Value.Type on zero Value' }
  }
  const value = convert(argument, param)
  if (value !== undefined) return { ok: true, values: { [name]: value } }
  return mismatch(argument, param, (a, b) => `reflect.Set: value of type ${a} is not assignable to type ${b}`)
}

/** Said of a reference in the place of a string, whatever was called. */
export const REFERENCE_FOR_STRING =
  'cannot assign *ast.ReferenceNode to type string, did you use double quotes instead of single quotes?'

function mismatch(argument: ScriptValue, param: Param<unknown>, words: (a: string, b: string) => string): Bound {
  if (argument.type === 'reference' && param.type === 'string') return { ok: false, error: REFERENCE_FOR_STRING }
  return { ok: false, error: words(hostTypeOf(argument), HOST_TYPES[param.type]) }
}

/** The value that a node's options hold, or undefined where the type is not the parameter's. */
function convert(argument: ScriptValue, param: Param<unknown>): unknown {
  switch (param.type) {
    case 'any':
      return argument
    case 'node': {
      const view = viewOf(argument)
      return view && nodeOf(view)
    }
    case 'bool':
      return argument.type === 'boolean' ? argument.value : undefined
    case 'lambda':
      return argument.type === 'lambda' ? (argument.value ?? undefined) : undefined
    default:
      return argument.type === param.type ? argument.value : undefined
  }
}

/** The value of a plain field as a script reads it. */
export function readField(param: Param<unknown>, value: unknown): ScriptValue {
  switch (param.type) {
    case 'string':
      return { type: 'string', value: (value as string | undefined) ?? '' }
    case 'int':
      return { type: 'int', value: (value as number | bigint | undefined) ?? 0 }
    case 'float':
      return { type: 'float', value: (value as number | undefined) ?? 0 }
    case 'bool':
      return { type: 'boolean', value: (value as boolean | undefined) ?? false }
    case 'duration':
      return { type: 'duration', value: (value as bigint | undefined) ?? 0n }
    case 'lambda':
      return value === undefined ? { type: 'nothing' } : { type: 'lambda', value: value as LambdaNode }
    case 'node':
      return { type: 'object', value: value as GraphNode }
    case 'any':
      return (value as ScriptValue | undefined) ?? { type: 'nothing' }
  }
}
