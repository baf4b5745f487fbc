import type { Int } from '../../model/value.ts'

/** Numbers in ascending order, by native sorting where no bigint is among them; NaN comes last. */
export function sortNumbers(values: readonly Int[]): ArrayLike<Int> {
  return values.every((value) => typeof value === 'number')
    ? Float64Array.from(values as readonly number[]).sort()
    : values.toSorted(compareNumbers)
}

export function compareNumbers(a: Int, b: Int): number {
  return a < b ? -1 : a > b ? 1 : 0
}
