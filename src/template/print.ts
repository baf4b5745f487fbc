import { compareBytes } from '../model/bytes.ts'
import type { Budget } from './budget.ts'
import { classify, keysOf, type MapValue, type Value } from './values.ts'

/** Steps of a number or the frame of a list; of a time; of a comparison of two keys. */
const PRINT_STEPS = 15
const TIME_STEPS = 80
const COMPARE_STEPS = 4

/** Go's `%v`. Strings inside of maps, slices and structs are bare, a nil is `<nil>`. */
export function printValue(value: Value, budget: Budget): string {
  if (typeof value === 'string') {
    budget.spendOn(value.length)
    return value
  }
  budget.spend(PRINT_STEPS)
  const classified = classify(value)
  switch (classified.kind) {
    case 'nil':
      return '<nil>'
    case 'bool':
    case 'string':
      return String(classified.value)
    case 'float':
      return printFloat(classified.value)
    case 'int':
      return classified.type.print === undefined ? String(classified.value) : classified.type.print(classified.value)
    case 'time':
      budget.spend(TIME_STEPS)
      return classified.value.toString()
    case 'safe':
      return classified.value.text
    case 'slice':
      return `[${classified.value.map((item) => printValue(item, budget)).join(' ')}]`
    case 'struct':
      return `{${[...classified.value.type.fields.keys()].map((field) => printValue(classified.value.get(field), budget)).join(' ')}}`
    case 'map':
      return `map[${sortedKeys(classified.value, budget)
        .map((key) => `${key}:${printValue(classified.value.get(key), budget)}`)
        .join(' ')}]`
  }
}

export function sortedKeys(map: MapValue, budget: Budget): string[] {
  const keys = keysOf(map, budget)
  budget.spend(keys.length * Math.log2(keys.length + 1) * COMPARE_STEPS)
  return [...keys].sort(compareBytes)
}

/** The shortest form that reads back the same, with an exponent below 1e-4 and from 1e6 on. */
export function printFloat(value: number): string {
  const abs = Math.abs(value)
  if (abs >= 1e-4 && abs < 1e6) return String(value)
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
  const [mantissa, power] = value.toExponential().split('e') as [string, string]
  const exponent = Number(power)
  const sign = Object.is(value, -0) ? '-' : ''
  if (exponent < -4 || exponent >= 6) return `${mantissa}e${signedExponent(exponent)}`
  return sign + String(value)
}

/** An exponent with a sign and at least two digits. */
export function signedExponent(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}
