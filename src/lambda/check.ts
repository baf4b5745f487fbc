import type { Expression } from '../tick/ast.ts'
import { refuse, type Result, succeed } from '../tick/result.ts'
import { isMath, operatorError, resultType } from './operators.ts'
import { type BinaryTree, literalTree, type Tree } from './tree.ts'
import type { Type } from './types.ts'

export interface Checked {
  readonly root: Tree
  /** Every name that is read, `time` too, in order of appearance. */
  readonly names: readonly string[]
  /** Names of the functions that the lambda itself calls, then those of each nested lambda: they share state by name. */
  readonly calls: readonly (readonly string[])[]
}

/** What the original checks before the first point: operators between operands whose types never change. */
export function check(body: Expression): Result<Checked> {
  const names = new Set<string>()
  const calls: string[][] = [[]]
  let copy = 0

  try {
    const root = visit(body)
    return succeed({ root, names: [...names], calls })
  } catch (error) {
    if (error instanceof CheckError) return refuse(error.message)
    throw error
  }

  function visit(node: Expression): Tree {
    switch (node.kind) {
      case 'reference':
        names.add(node.name)
        return { kind: 'reference', name: node.name, staticType: undefined, isDynamic: true }
      case 'unary': {
        const operand = within('node', node.operand)
        const staticType = node.operator === '!' ? 'boolean' : operand.staticType
        const isDynamic = staticType === undefined && operand.isDynamic
        return { kind: 'unary', operator: node.operator, operand, staticType, isDynamic }
      }
      case 'binary': {
        const left = within('left node', node.left)
        const right = within('right node', node.right)
        const staticType = staticResult(node.operator, left.staticType, right.staticType)
        const isDynamic = staticType === undefined && (left.isDynamic || right.isDynamic)
        checkOperands(node.operator, left, right)
        return { kind: 'binary', operator: node.operator, left, right, staticType, isDynamic }
      }
      case 'call': {
        if (!calls[copy]!.includes(node.name)) calls[copy]!.push(node.name)
        const args = node.args.map((argument, i) => within(`${i + 1} argument`, argument))
        return { kind: 'call', name: node.name, args, staticType: undefined, isDynamic: true }
      }
      case 'lambda': {
        const outer = copy
        const own = (copy = calls.push([]) - 1)
        const inner = within('node', node.body)
        copy = outer
        return { kind: 'nested', body: inner, copy: own, staticType: inner.staticType, isDynamic: inner.isDynamic }
      }
      case 'identifier':
      case 'star':
      case 'list':
      case 'chain':
        throw new CheckError(`Given node type is not valid evaluation node: ${GO_NODES[node.kind]}`)
      default:
        return literalTree(node)
    }
  }

  function within(place: string, node: Expression): Tree {
    try {
      return visit(node)
    } catch (error) {
      throw error instanceof CheckError ? new CheckError(`Failed to handle ${place}: ${error.message}`) : error
    }
  }
}

class CheckError extends Error {}

const GO_NODES = {
  identifier: '*ast.IdentifierNode',
  star: '*ast.StarNode',
  list: '*ast.ListNode',
  chain: '*ast.ChainNode'
}

function staticResult(
  operator: BinaryTree['operator'],
  left: Type | undefined,
  right: Type | undefined
): Type | undefined {
  if (!isMath(operator)) return 'boolean'
  return left === undefined || right === undefined ? undefined : resultType(left, operator, right)
}

function checkOperands(operator: BinaryTree['operator'], left: Tree, right: Tree): void {
  if (left.isDynamic || right.isDynamic || left.staticType === undefined || right.staticType === undefined) return
  if (resultType(left.staticType, operator, right.staticType) === undefined) {
    throw new CheckError(operatorError(left.staticType, operator, right.staticType))
  }
}
