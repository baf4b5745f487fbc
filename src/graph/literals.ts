import { formatGoDuration } from '../core/duration.ts'
import { formatFloat } from '../model/value.ts'
import type { Expression, IdentifierNode, Position } from '../tick/ast.ts'
import { hostTypeOf, type ScriptValue, type VarType } from '../tick/value.ts'
import type { Scope } from './scope.ts'
import { ScriptError } from './script-error.ts'

/** Replaces every identifier of an expression by a constant made of its current value. The tree itself stays. */
export function substitute(expression: Expression, scope: Scope): Expression {
  switch (expression.kind) {
    case 'identifier':
      return literalOf(scope.get(expression.name), expression)
    case 'unary':
      return { ...expression, operand: substitute(expression.operand, scope) }
    case 'binary': {
      const left = substitute(expression.left, scope)
      return { ...expression, left, right: substitute(expression.right, scope) }
    }
    case 'call':
      return { ...expression, args: expression.args.map((argument) => substitute(argument, scope)) }
    default:
      return expression
  }
}

/** The syntax of a value, in the place of the identifier that stood for it. */
function literalOf(value: ScriptValue, place: IdentifierNode): Expression {
  const { at, comment } = place
  switch (value.type) {
    case 'int':
    case 'float':
      return { kind: value.type, value: value.value, at, comment }
    case 'string':
      return { kind: 'string', value: value.value, tripleQuoted: false, at, comment }
    case 'boolean':
      return { kind: 'boolean', value: value.value, at, comment }
    case 'duration':
      return { kind: 'duration', value: value.value, literal: '', at, comment }
    case 'regex':
      return { kind: 'regex', pattern: value.value?.pattern ?? '', literal: '', at, comment }
    case 'lambda':
      // A lambda property that nobody has set: whoever compiles it hears of the name.
      return value.value === null ? place : { ...value.value, at, comment }
    case 'star':
      return { kind: 'star', at, comment }
    case 'list':
      return { kind: 'list', items: value.value.map((item) => literalOf(item, place)), at, comment }
    default:
      throw new ScriptError(`unsupported literal type ${hostTypeOf(value)}`)
  }
}

/** What `var x T` of a template stands for while nobody has given it a value. */
export function zeroOf(type: VarType, name: string, at: Position): ScriptValue {
  switch (type) {
    case 'int':
    case 'float':
      return { type, value: 0 }
    case 'bool':
      return { type: 'boolean', value: false }
    case 'string':
      return { type, value: '' }
    case 'duration':
      return { type, value: 0n }
    case 'list':
      return { type, value: [] }
    // Differs: Kapacitor has null pointers here, which end some templates with a run-time error; these are values.
    case 'regex':
      return { type, value: { kind: 'regex', pattern: '', literal: '', at } }
    case 'star':
      return { type, value: { kind: 'star', at } }
    case 'lambda':
      return { type, value: { kind: 'lambda', body: { kind: 'identifier', name, at }, at } }
  }
}

/** How messages print a value. */
export function plainText(value: ScriptValue): string {
  switch (value.type) {
    case 'int':
    case 'string':
    case 'boolean':
      return String(value.value)
    case 'float':
      return formatFloat(value.value)
    case 'duration':
      return formatGoDuration(value.value)
    case 'regex':
      return value.value?.pattern ?? ''
    case 'list':
      return `[${value.value.map(plainText).join(' ')}]`
    default:
      return hostTypeOf(value)
  }
}
