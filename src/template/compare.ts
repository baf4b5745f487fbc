import type { Budget } from './budget.ts'
import { printValue } from './print.ts'
import { sprintf } from './printf.ts'
import { BYTE, CallError, classify, type Classified, typeName, type Value } from './values.ts'

/** `eq`, `lt` and the like. Values compare within a kind: a number does not with a text, nor an integer with a float. */

type Kind = 'bool' | 'int' | 'uint' | 'float' | 'string'
interface Basic {
  readonly kind: Kind
  readonly value: boolean | bigint | number | string
}

/** undefined for what has no such kind: a nil, a time, a struct, a list, a map. */
function findBasic(value: Value): Basic | undefined {
  const classified = classify(value)
  switch (classified.kind) {
    case 'bool':
    case 'float':
    case 'string':
      return classified
    case 'int':
      return { kind: classified.type === BYTE ? 'uint' : 'int', value: classified.value }
    case 'safe':
      return { kind: 'string', value: classified.value.text }
    default:
      return undefined
  }
}

export function isEqualToAny(first: Value, others: readonly Value[], budget: Budget): boolean {
  if (others.length === 0) throw new CallError('missing argument for comparison')
  return others.some((other) => isEqual(first, other, budget))
}

function isEqual(first: Value, second: Value, budget: Budget): boolean {
  const a = findBasic(first)
  const b = findBasic(second)
  if (a !== undefined && b !== undefined && areAlike(a, b)) return a.value === b.value
  if (isNil(first) || isNil(second)) return isNil(first) && isNil(second)
  if (a !== undefined || b !== undefined) throw incompatible(first, second)
  return isSame(first, second, budget)
}

/** Whether two structs, times, lists or maps are the same. */
function isSame(first: Value, second: Value, budget: Budget): boolean {
  const a = classify(first)
  const b = classify(second)
  if (shapeOf(a) !== shapeOf(b)) {
    const types = `${typeName(first)}, ${typeName(second)}`
    throw new CallError(
      `non-comparable types ${sprintf('%s', [first], budget)}: ${types}: ${printValue(second, budget)}`
    )
  }
  if (!isComparable(b))
    throw new CallError(`non-comparable type ${sprintf('%s', [second], budget)}: ${typeName(second)}`)
  if (typeName(first) !== typeName(second)) return false
  if (a.kind === 'time' && b.kind === 'time') {
    return printValue(first, budget) === printValue(second, budget) && a.value.location === b.value.location
  }
  if (a.kind !== 'struct' || b.kind !== 'struct') return false
  return [...a.value.type.fields.keys()].every((field) => isEqual(a.value.get(field), b.value.get(field), budget))
}

function shapeOf({ kind }: Classified): string {
  return kind === 'time' ? 'struct' : kind
}

function isComparable(classified: Classified): boolean {
  if (classified.kind !== 'struct') return classified.kind !== 'slice' && classified.kind !== 'map'
  return [...classified.value.type.fields.keys()].every((field) => isComparable(classify(classified.value.get(field))))
}

export function isLess(first: Value, second: Value): boolean {
  const a = findBasic(first)
  const b = findBasic(second)
  if (a === undefined || b === undefined) throw new CallError('invalid type for comparison')
  if (!areAlike(a, b)) throw incompatible(first, second)
  if (a.kind === 'bool') throw new CallError('invalid type for comparison')
  if (a.kind === 'string') return Buffer.compare(Buffer.from(a.value as string), Buffer.from(b.value as string)) < 0
  return a.value < b.value
}

function areAlike(a: Basic, b: Basic): boolean {
  return a.kind === b.kind || (typeof a.value === 'bigint' && typeof b.value === 'bigint')
}

function incompatible(first: Value, second: Value): CallError {
  return new CallError(`incompatible types for comparison: ${typeName(first)} and ${typeName(second)}`)
}

function isNil(value: Value): boolean {
  return value === null || value === undefined
}
