import type { FieldDefault } from '../field-defaults.ts'
import { formatFloat, intOf, type Value } from '../../model/value.ts'

/** A value of a sheet as one of the type wanted; undefined where it is none. */
export function convert(value: unknown, type: FieldDefault['type']): Value | undefined {
  switch (type) {
    case 'int':
      if (typeof value === 'string') return intOfText(value)
      return typeof value === 'number' && Number.isInteger(value) ? intOf(BigInt(value)) : undefined
    case 'float':
      if (typeof value === 'string') return floatOfText(value)
      return typeof value === 'number' ? value : undefined
    case 'boolean':
      return typeof value === 'boolean' ? value : BOOLEANS.get(value)
    case 'string':
      if (typeof value === 'number') return formatFloat(value)
      return typeof value === 'string' || typeof value === 'boolean' ? String(value) : undefined
  }
}

/** Differs: Kapacitor makes an int of a kind here that no later node understands. */
function intOfText(text: string): Value | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined
  const value = BigInt(text.replace(/^\+/, ''))
  return BigInt.asIntN(64, value) === value ? intOf(value) : undefined
}

function floatOfText(text: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined
}

const BOOLEANS: ReadonlyMap<unknown, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false] as const)
])
