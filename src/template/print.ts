import { compareBytes } from '../model/bytes.ts'
import { classify, type Value } from './values.ts'

/** Go's `%v`. Strings inside of maps, slices and structs are bare, a nil is `<nil>`. */
export function printValue(value: Value): string {
  if (typeof value === 'string') return value
  const one = classify(value)
  switch (one.kind) {
    case 'nil':
      return '<nil>'
    case 'bool':
    case 'string':
      return String(one.value)
    case 'float':
      return printFloat(one.value)
    case 'int':
      return one.type.print === undefined ? String(one.value) : one.type.print(one.value)
    case 'time':
      return one.value.toString()
    case 'safe':
      return one.value.text
    case 'slice':
      return `[${one.value.map(printValue).join(' ')}]`
    case 'struct':
      return `{${[...one.value.type.fields.keys()].map((field) => printValue(one.value.get(field))).join(' ')}}`
    case 'map':
      return `map[${sortedKeys(one.value.keys())
        .map((key) => `${key}:${printValue(one.value.get(key))}`)
        .join(' ')}]`
  }
}

export function sortedKeys(keys: readonly string[]): string[] {
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

/** At least two digits. */
export function signedExponent(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}
