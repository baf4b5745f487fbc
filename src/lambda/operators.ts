import type { BinaryOperator } from '../tick/ast.ts'
import type { Type } from './types.ts'

const COMPARISONS: readonly BinaryOperator[] = ['==', '!=', '<', '<=', '>', '>=']

/** What the operators make of their operands (left, right, operators, result): all that is not here is undefined. */
const DEFINED: readonly (readonly [left: Type, right: Type, operators: readonly BinaryOperator[], result: Type])[] = [
  ['int', 'int', ['+', '-', '*', '/', '%'], 'int'],
  ['int', 'int', COMPARISONS, 'boolean'],
  ['int', 'float', COMPARISONS, 'boolean'],
  ['int', 'duration', ['*'], 'duration'],
  ['float', 'float', ['+', '-', '*', '/'], 'float'],
  ['float', 'float', COMPARISONS, 'boolean'],
  ['float', 'int', COMPARISONS, 'boolean'],
  ['float', 'duration', ['*'], 'duration'],
  ['string', 'string', ['+'], 'string'],
  ['string', 'string', COMPARISONS, 'boolean'],
  ['string', 'regex', ['=~', '!~'], 'boolean'],
  ['boolean', 'boolean', ['==', '!=', 'AND', 'OR'], 'boolean'],
  ['duration', 'duration', ['+', '-'], 'duration'],
  ['duration', 'duration', ['/'], 'int'],
  ['duration', 'duration', COMPARISONS, 'boolean'],
  ['duration', 'int', ['*', '/'], 'duration'],
  ['duration', 'float', ['*', '/'], 'duration']
]

const RESULTS = new Map<string, Type>()
/** Operators that some pair with this type on either side has. */
const KNOWN_TO = new Map<Type, Set<BinaryOperator>>()
for (const [left, right, operators, result] of DEFINED) {
  for (const operator of operators) {
    RESULTS.set(`${left} ${operator} ${right}`, result)
    for (const side of [left, right]) KNOWN_TO.set(side, (KNOWN_TO.get(side) ?? new Set()).add(operator))
  }
}

/** Type of the result; undefined where the operator is not defined for the types. */
export function resultType(left: Type, operator: BinaryOperator, right: Type): Type | undefined {
  return RESULTS.get(`${left} ${operator} ${right}`)
}

export function isMath(operator: BinaryOperator): boolean {
  return operator === '+' || operator === '-' || operator === '*' || operator === '/' || operator === '%'
}

/** Text for a pair of types that the operator is not defined for. */
export function operatorError(left: Type, operator: BinaryOperator, right: Type): string {
  if (KNOWN_TO.get(left)?.has(operator) !== true)
    return `invalid ${kindOf(operator)} operator ${operator} for type ${left}`
  return `mismatched type to binary operator. got ${left} ${operator} ${right}. see bool(), int(), float(), string(), duration()`
}

function kindOf(operator: BinaryOperator): string {
  if (isMath(operator)) return 'math'
  return operator === 'AND' || operator === 'OR' ? 'logical' : 'comparison'
}
