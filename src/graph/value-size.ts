import type { Expression } from '../tick/ast.ts'
import type { ScriptValue } from '../tick/value.ts'
import { ScriptError } from './script-error.ts'

/**
 * A variable's value is repeated wherever it is used, so that thirty short declarations could make a tree of
 * billions. Differs: the original runs out of memory; here what is too large is refused where it is made.
 */
const MAX_SIZE = 100_000
const MAX_DEPTH = 2_000

interface ValueSize {
  readonly size: number
  readonly depth: number
}

const LEAF: ValueSize = { size: 1, depth: 1 }
/** Sizes of bodies of lambdas and of items of lists, which variables share. */
const known = new WeakMap<object, ValueSize>()

/** @returns The value itself. @throws ScriptError */
export function bounded<V extends ScriptValue>(value: V): V {
  const { size, depth } = sizeOf(value)
  if (size > MAX_SIZE || depth > MAX_DEPTH) throw new ScriptError(`${value.type} is too large`)
  return value
}

function sizeOf(value: ScriptValue): ValueSize {
  switch (value.type) {
    case 'string':
      // A character weighs less than a node.
      return { size: value.value.length / 16, depth: 1 }
    case 'lambda':
      return value.value === null ? LEAF : sizeOfTree(value.value)
    case 'list':
      return remember(value.value, () => around(value.value.map(sizeOf)))
    default:
      return LEAF
  }
}

function sizeOfTree(expression: Expression): ValueSize {
  switch (expression.kind) {
    case 'unary':
      return around([sizeOfTree(expression.operand)])
    case 'binary':
      return around([sizeOfTree(expression.left), sizeOfTree(expression.right)])
    case 'call':
      return around(expression.args.map(sizeOfTree))
    case 'lambda':
      return around([remember(expression.body, () => sizeOfTree(expression.body))])
    case 'list':
      return around(expression.items.map(sizeOfTree))
    default:
      return LEAF
  }
}

function remember(key: object, measure: () => ValueSize): ValueSize {
  let size = known.get(key)
  if (size === undefined) known.set(key, (size = measure()))
  return size
}

function around(parts: readonly ValueSize[]): ValueSize {
  let size = 1
  let depth = 0
  for (const part of parts) {
    size += part.size
    depth = Math.max(depth, part.depth)
  }
  return { size, depth: depth + 1 }
}
