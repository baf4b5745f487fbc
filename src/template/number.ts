import { quote, unquote } from './quote.ts'

export interface NumberValue {
  readonly int: bigint | undefined
  readonly float: number | undefined
  readonly isFloat: boolean
}

const MAX_INT = 0x7fff_ffff_ffff_ffffn

/** A number or a character constant as Go reads it; the text of the problem where it is malformed. */
export function parseNumber(text: string): NumberValue | string {
  if (text.startsWith("'")) {
    const value = unquote(text)
    if (value === undefined || [...value].length !== 1) return `malformed character constant: ${text}`
    const code = value.codePointAt(0)!
    return { int: BigInt(code), float: code, isFloat: false }
  }
  const int = parseInteger(text)
  const float = parseFloatLiteral(text)
  if (int === undefined && float === undefined) return `illegal number syntax: ${quote(text)}`
  const isHex = /^[+-]?0[xX]/.test(text)
  if (int === undefined && !(isHex ? /[pP]/ : /[.eE]/).test(text)) {
    // What fits 64 bits without a sign is a number, though none that anything takes.
    const isUnsigned = float !== undefined && float < 2 ** 64 && /^\d+$/.test(text)
    return isUnsigned ? { int, float, isFloat: false } : `integer overflow: ${quote(text)}`
  }
  const whole = int ?? (Number.isInteger(float) ? BigInt(float!) : undefined)
  const isFloat = isHex ? /[pP]/.test(text) : /[.eE]/.test(text)
  return { int: whole, float: float ?? Number(int), isFloat }
}

function parseInteger(text: string): bigint | undefined {
  const match =
    /^([+-]?)(0[xX](?:_?[\da-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?\d)*)$/.exec(text)
  if (match === null) return undefined
  const digits = match[2]!.replaceAll('_', '').toLowerCase()
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  const signed = match[1] === '-' ? -value : value
  return signed > MAX_INT || signed < -MAX_INT - 1n ? undefined : signed
}

function parseFloatLiteral(text: string): number | undefined {
  if (/^[+-]?0[xX]/.test(text)) return parseHexFloat(text)
  if (!/^[+-]?(?:\d(?:_?\d)*\.?(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?$/.test(text)) return undefined
  const value = Number(text.replaceAll('_', ''))
  return Number.isFinite(value) ? value : undefined
}

function parseHexFloat(text: string): number | undefined {
  const match = /^([+-]?)0[xX]([\da-fA-F_]*)(?:\.([\da-fA-F_]*))?[pP]([+-]?\d+)$/.exec(text)
  if (match === null) return undefined
  const [, sign, whole, fraction = '', exponent] = match as unknown as [string, string, string, string?, string?]
  const digits = (whole + fraction).replaceAll('_', '')
  if (digits === '') return undefined
  const scale = Number(exponent) - 4 * fraction.replaceAll('_', '').length
  return (sign === '-' ? -1 : 1) * Number(BigInt(`0x${digits}`)) * 2 ** scale
}
