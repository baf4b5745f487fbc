import { formatGoDuration } from '../core/duration.ts'
import type { BinaryOperator, Expression } from '../tick/ast.ts'
import { Regex } from './functions/regex.ts'
import { printFloat } from '../core/print.ts'
import type { Type } from './types.ts'

/**
 * A checked lambda. `staticType` is what can be told without a point, `isDynamic` whether the type may change from
 * point to point: not the negation of each other, as in the original (`"a" > 5` is boolean whatever its operands are).
 */
export type Tree = LiteralTree | ReferenceTree | UnaryTree | BinaryTree | CallTree | NestedTree

interface Base {
  readonly staticType: Type | undefined
  readonly isDynamic: boolean
}
export interface LiteralTree extends Base {
  readonly kind: 'literal'
  readonly staticType: Type
  readonly value: number | bigint | string | boolean | Regex
  /** Text of it, as errors show it. */
  readonly text: string
}
export interface ReferenceTree extends Base {
  readonly kind: 'reference'
  readonly name: string
}
export interface UnaryTree extends Base {
  readonly kind: 'unary'
  readonly operator: '-' | '!'
  readonly operand: Tree
}
export interface BinaryTree extends Base {
  readonly kind: 'binary'
  readonly operator: BinaryOperator
  readonly left: Tree
  readonly right: Tree
}
export interface CallTree extends Base {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly Tree[]
}
/** A lambda within a lambda: its functions keep a state of their own. */
export interface NestedTree extends Base {
  readonly kind: 'nested'
  readonly body: Tree
  /** Place in `Checked.calls`, from 1. */
  readonly copy: number
}

/** The tree as error texts show it: no parentheses, no quotes around strings. */
export function print(tree: Tree): string {
  switch (tree.kind) {
    case 'literal':
      return tree.text
    case 'reference':
      return `"${tree.name}"`
    case 'unary':
      return `${tree.operator}${print(tree.operand)}`
    case 'binary':
      return `${print(tree.left)} ${tree.operator} ${print(tree.right)}`
    case 'call':
      return `${tree.name}(${tree.args.map(print).join(', ')})`
    case 'nested':
      return print(tree.body)
  }
}

export function literalTree(node: Extract<Expression, { value: unknown } | { pattern: string }>): LiteralTree {
  const base = { kind: 'literal', isDynamic: false } as const
  switch (node.kind) {
    case 'int':
      return { ...base, staticType: 'int', value: node.value, text: String(node.value) }
    case 'float':
      return { ...base, staticType: 'float', value: Number(node.value), text: printFloat(Number(node.value)) }
    case 'duration':
      return { ...base, staticType: 'duration', value: node.value, text: formatGoDuration(node.value) }
    case 'string':
      return { ...base, staticType: 'string', value: node.value, text: node.value }
    case 'boolean':
      return { ...base, staticType: 'boolean', value: node.value, text: String(node.value) }
    case 'regex':
      return { ...base, staticType: 'regex', value: new Regex(node.pattern), text: node.literal }
  }
}
