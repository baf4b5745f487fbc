/**
 * Field values. Their type lives beside them, in the schema, because JavaScript cannot tell `1` from `1i`.
 * An int is a `number` while it is a safe integer and a `bigint` outside of that range: equal values have one form
 * only, `===` and `<` work across both, and arithmetic wraps at 64 bits as in Go.
 */
export type Int = number | bigint
/** `duration` is a bigint of nanoseconds; only an eval lambda makes such a field. `null` only comes from join's fill. */
export type FieldType = 'float' | 'int' | 'string' | 'boolean' | 'duration' | 'null'
export type Value = number | bigint | string | boolean | null

/** The one form of an int64: wraps around, then a number where that is exact. */
export function intOf(value: bigint): Int {
  const wrapped = BigInt.asIntN(64, value)
  return wrapped >= -9007199254740991n && wrapped <= 9007199254740991n ? Number(wrapped) : wrapped
}

export function addInt(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return intOf(BigInt(a) + BigInt(b))
}

export function subtractInt(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (Number.isSafeInteger(difference)) return difference
  }
  return intOf(BigInt(a) - BigInt(b))
}

export function multiplyInt(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b
    if (Number.isSafeInteger(product)) return product + 0 // -0 is no int
  }
  return intOf(BigInt(a) * BigInt(b))
}

/** Truncates toward zero; the caller has excluded b = 0. */
export function divideInt(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') return Math.trunc(a / b) + 0
  return intOf(BigInt(a) / BigInt(b))
}

/** Sign of the dividend; the caller has excluded b = 0. */
export function remainderInt(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0
  return intOf(BigInt(a) % BigInt(b))
}

export function negateInt(a: Int): Int {
  return typeof a === 'number' ? 0 - a : intOf(-a)
}

/** Go's `int64(x)` on amd64: truncates; NaN and what does not fit are the smallest int64. */
export function intOfFloat(value: number): Int {
  if (Number.isSafeInteger(value)) return value + 0
  if (!(value >= -9223372036854775808 && value < 9223372036854775808)) return -9223372036854775808n
  return intOf(BigInt(Math.trunc(value)))
}

/** Go's `strconv.FormatFloat(x, 'f', -1, 64)`: shortest, never an exponent; `NaN`, `+Inf`, `-Inf`. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const text = Object.is(value, -0) ? '-0' : String(value)
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (match === null) return text
  const [, sign, first, rest = '', power] = match
  const digits = first! + rest
  const exponent = Number(power)
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  return `${sign}${digits.padEnd(exponent + 1, '0')}`
}

/** How Go prints a value with `%v`. */
export function formatValue(value: Value, type: FieldType): string {
  return type === 'float' ? formatFloat(value as number) : String(value)
}
