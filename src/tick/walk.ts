import type { Expression } from './ast.ts'

/** The expressions that an expression is made of, in their order. */
export function operandsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'unary':
      return [expression.operand]
    case 'binary':
      return [expression.left, expression.right]
    case 'call':
      return expression.args
    case 'lambda':
      return [expression.body]
    default:
      return []
  }
}
