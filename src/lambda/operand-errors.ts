import { operatorError } from './operators.ts'
import type { BinaryTree, Tree } from './tree.ts'
import { goTypeOf, type Type, typeGuard } from './types.ts'

/** Why an operator cannot work on its operands; one that is missing is told by name. */
export function operandError({ operator, left, right }: BinaryTree, leftType: Type, rightType: Type): string {
  const sides: readonly (readonly [string, Tree, Type])[] = [
    ['left', left, leftType],
    ['right', right, rightType]
  ]
  for (const [side, tree, type] of sides) {
    if (type !== 'missing') continue
    if (tree.kind === 'reference') return `${side} reference value "${tree.name}" is missing value`
    return `expected ${side}Evaluator to be *EvalReferenceNode got ${goNodeOf(tree)}`
  }
  return operatorError(leftType, operator, rightType)
}

/** A binary whose result is not of the type that is wanted. */
export function resultError(tree: BinaryTree, result: Type, wanted: Type): string {
  if (wanted === 'int') return typeGuard(result === 'float' ? result : tree.staticType, wanted)
  return `expression returned unexpected type ${result === 'int' || result === 'float' ? goTypeOf(result) : '<nil>'}`
}

/** The type of a string or regular expression with a minus before it; undefined for everything else. */
export function negatedText(tree: Tree): 'string' | 'regex' | undefined {
  if (tree.kind === 'nested') return negatedText(tree.body)
  const { staticType } = tree
  return tree.kind === 'unary' && (staticType === 'string' || staticType === 'regex') ? staticType : undefined
}

/** Trees that can stand for something missing. */
export function goNodeOf(tree: Tree): string {
  return tree.kind === 'nested' ? '*stateful.EvalLambdaNode' : '*stateful.EvalUnaryNode'
}
