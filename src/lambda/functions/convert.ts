import { formatDuration, parseDuration } from '../../core/duration.ts'
import { formatFloat, type Int, intOf, intOfFloat } from '../../model/value.ts'
import { countError, FunctionError, type LambdaFunction, type Misuse } from './spec.ts'
import { printFloat, quote } from '../../core/print.ts'
import { goTypeOf, type Type } from '../types.ts'

export const CONVERT_FUNCTIONS: readonly LambdaFunction[] = [
  {
    name: 'bool',
    summary: 'A boolean of a string (`true`, `T`, `1`, …), or of the numbers 0 and 1.',
    signatures: [
      { args: ['boolean'], returns: 'boolean', call: { inline: same } },
      { args: ['string'], returns: 'boolean', call: boolOfString, canFail: true },
      { args: ['int'], returns: 'boolean', call: boolOfInt, canFail: true },
      { args: ['float'], returns: 'boolean', call: boolOfFloat, canFail: true }
    ],
    misuse: conversionBody('bool', 'boolean', 'boolean')
  },
  {
    name: 'int',
    summary: 'An integer of a boolean, a decimal string, or a float, whose fraction is cut off.',
    signatures: [
      { args: ['boolean'], returns: 'int', call: { inline: ([flag]) => `(${flag} ? 1 : 0)` } },
      { args: ['string'], returns: 'int', call: intOfString, canFail: true },
      { args: ['int'], returns: 'int', call: { inline: same } },
      { args: ['float'], returns: 'int', call: intOfFloat }
    ],
    misuse: conversionBody('int', 'integer', 'int', 'duration')
  },
  {
    name: 'float',
    summary: 'A float of a boolean, a string, or an integer.',
    signatures: [
      { args: ['boolean'], returns: 'float', call: { inline: ([flag]) => `(${flag} ? 1 : 0)` } },
      { args: ['string'], returns: 'float', call: floatOfString, canFail: true },
      { args: ['int'], returns: 'float', call: { inline: ([int]) => `Number(${int})` } },
      { args: ['float'], returns: 'float', call: { inline: same } }
    ],
    misuse: conversionBody('float', 'float', 'float')
  },
  {
    name: 'string',
    summary: 'The text of a value.',
    signatures: [
      { args: ['boolean'], returns: 'string', call: String },
      { args: ['string'], returns: 'string', call: { inline: same } },
      { args: ['int'], returns: 'string', call: String },
      { args: ['float'], returns: 'string', call: formatFloat },
      { args: ['duration'], returns: 'string', call: formatDuration }
    ],
    misuse: conversionBody('string', 'string', 'string')
  },
  {
    name: 'duration',
    summary: 'A duration of a number of units, or of a string such as `1h30m`, where the unit is ignored but required.',
    signatures: [
      { args: ['duration'], returns: 'duration', call: { inline: same } },
      { args: ['int', 'duration'], returns: 'duration', call: durationOfInt },
      { args: ['float', 'duration'], returns: 'duration', call: durationOfFloat },
      { args: ['string', 'duration'], returns: 'duration', call: durationOfString, canFail: true }
    ],
    misuse: durationBody
  }
]

function same([value]: readonly string[]): string {
  return value!
}

/** @param tolerated A type that the body takes though no signature names it. */
function conversionBody(name: string, target: string, returns: Type, tolerated?: Type): LambdaFunction['misuse'] {
  return (types) => {
    if (types.length !== 1) return countError(name, 1)
    return types[0] === tolerated ? { returns } : `cannot convert ${goTypeOf(types[0]!)} to ${target}`
  }
}

function durationBody(types: readonly Type[]): Misuse {
  const [value, unit] = types
  if (value === undefined || types.length > 2) {
    return 'duration expects one or two arguments duration(value, unit) where unit is optional depending on the type of value.'
  }
  if (value === 'duration' || value === 'string') return { returns: 'duration' }
  if (value !== 'int' && value !== 'float') return `cannot convert ${goTypeOf(value)} to duration`
  if (unit === undefined) return 'duration expects unit argument for int and float values'
  return `invalid duration unit type: ${goTypeOf(unit)}`
}

const TRUE_WORDS = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const FALSE_WORDS = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])

function boolOfString(text: string): boolean | FunctionError {
  if (TRUE_WORDS.has(text)) return true
  return FALSE_WORDS.has(text) ? false : badSyntax('ParseBool', text)
}

function boolOfInt(value: Int): boolean | FunctionError {
  return value === 0 || value === 1 ? value === 1 : new FunctionError(`cannot convert ${value} to boolean`)
}

function boolOfFloat(value: number): boolean | FunctionError {
  return value === 0 || value === 1 ? value === 1 : new FunctionError(`cannot convert ${printFloat(value)} to boolean`)
}

function intOfString(text: string): Int | FunctionError {
  if (!/^[+-]?\d+$/.test(text)) return badSyntax('ParseInt', text)
  const digits = text.replace(/^[+-]?0*/, '')
  if (digits.length < 16) return Number(text) + 0
  // The length first: an absurdly long number is not worth a conversion.
  const value = digits.length > 19 ? undefined : BigInt(digits) * (text.startsWith('-') ? -1n : 1n)
  if (value === undefined || value !== BigInt.asIntN(64, value)) return outOfRange('ParseInt', text)
  return intOf(value)
}

const DIGITS = String.raw`\d(?:_?\d)*`
const DECIMAL = new RegExp(`^[+-]?(?:${DIGITS}\\.?|(?:${DIGITS})?\\.${DIGITS})(?:e[+-]?${DIGITS})?$`, 'i')
const HEX_DIGITS = String.raw`[\da-f](?:_?[\da-f])*`
const HEXADECIMAL = new RegExp(
  `^([+-]?)0x_?(?:(${HEX_DIGITS})\\.?|(${HEX_DIGITS})?\\.(${HEX_DIGITS}))p([+-]?${DIGITS})$`,
  'i'
)

function floatOfString(text: string): number | FunctionError {
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return NaN
  const value = DECIMAL.test(text) ? Number(text.replaceAll('_', '')) : floatOfHexadecimal(text)
  if (value === undefined) return badSyntax('ParseFloat', text)
  return Number.isFinite(value) ? value : outOfRange('ParseFloat', text)
}

function floatOfHexadecimal(text: string): number | undefined {
  const match = HEXADECIMAL.exec(text)
  if (match === null) return undefined
  const [, sign, integer, whole = '', fraction = '', power] = match.map((part) => part?.replaceAll('_', ''))
  const digits = (integer ?? whole + fraction).replace(/^0+/, '')
  if (digits === '') return sign === '-' ? -0 : 0
  // 16 digits are more than a double holds; a last one that stands for the rest keeps the rounding right.
  const kept = digits.slice(0, 16)
  const rest = digits.slice(16)
  const mantissa = BigInt(`0x${kept}`) * 2n + (/[^0]/.test(rest) ? 1n : 0n)
  const exponent = Number(power) - 4 * fraction.length + 4 * rest.length - 1
  const value = scale(Number(mantissa), exponent)
  return sign === '-' ? -value : value
}

/** value · 2^exponent, in steps that neither over- nor underflow before the last. */
function scale(value: number, exponent: number): number {
  let left = Math.max(-3000, Math.min(3000, exponent))
  let scaled = value
  for (; left > 900; left -= 900) scaled *= 2 ** 900
  for (; left < -900; left += 900) scaled *= 2 ** -900
  return scaled * 2 ** left
}

function durationOfInt(value: Int, unit: bigint): bigint {
  return BigInt.asIntN(64, BigInt(value) * unit)
}

function durationOfFloat(value: number, unit: bigint): bigint {
  return BigInt(intOfFloat(value * Number(unit)))
}

function durationOfString(text: string): bigint | FunctionError {
  return parseDuration(text) ?? new FunctionError(`invalid duration string ${quote(text)}`)
}

function badSyntax(parser: string, text: string): FunctionError {
  return new FunctionError(`strconv.${parser}: parsing ${quote(text)}: invalid syntax`)
}

function outOfRange(parser: string, text: string): FunctionError {
  return new FunctionError(`strconv.${parser}: parsing ${quote(text)}: value out of range`)
}
