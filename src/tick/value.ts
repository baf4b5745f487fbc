import type { Int } from '../model/value.ts'
import type { LambdaNode, ReferenceNode, RegexNode, StarNode } from './ast.ts'

/**
 * What an expression of a script evaluates to. `object` is whatever the host brings in (pipeline nodes, alert
 * handlers): the language only knows how it is called in messages.
 */
export type ScriptValue =
  | { readonly type: 'int'; readonly value: Int }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'boolean'; readonly value: boolean }
  /** Nanoseconds. */
  | { readonly type: 'duration'; readonly value: bigint }
  /** null: the zero value of a template's `var x regex`. */
  | { readonly type: 'regex'; readonly value: RegexNode | null }
  | { readonly type: 'lambda'; readonly value: LambdaNode | null }
  | { readonly type: 'list'; readonly value: readonly ScriptValue[] }
  | { readonly type: 'star'; readonly value: StarNode | null }
  | { readonly type: 'reference'; readonly value: ReferenceNode }
  | { readonly type: 'object'; readonly value: HostObject }
  | { readonly type: 'function'; readonly name: string }
  /** Result of `time(every, offset)`: a GROUP BY time dimension of a batch query. */
  | { readonly type: 'timeDimension'; readonly every: bigint; readonly offset: bigint }
  | { readonly type: 'nothing' }

export interface HostObject {
  /** Type of the host in error messages, such as `*pipeline.FromNode`. */
  readonly hostType: string
}

/** The nine types that a variable can be declared as. */
export const VAR_TYPES = ['int', 'float', 'bool', 'string', 'regex', 'duration', 'lambda', 'list', 'star'] as const
export type VarType = (typeof VAR_TYPES)[number]

/** Host type names as error messages print them: `int64`, `time.Duration`, `*ast.LambdaNode`, … */
export function hostTypeOf(value: ScriptValue): string {
  switch (value.type) {
    case 'int':
      return 'int64'
    case 'float':
      return 'float64'
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'duration':
      return 'time.Duration'
    case 'regex':
      return '*regexp.Regexp'
    case 'lambda':
      return '*ast.LambdaNode'
    case 'list':
      return '[]interface {}'
    case 'star':
      return '*ast.StarNode'
    case 'reference':
      return '*ast.ReferenceNode'
    case 'object':
      return value.value.hostType
    case 'function':
      return 'tick.unboundFunc'
    case 'timeDimension':
      return 'kapacitor.TimeDimension'
    case 'nothing':
      return '<nil>'
  }
}
