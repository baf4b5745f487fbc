import type { Budget } from './budget.ts'
import { cut, type Flags, pad } from './flags.ts'
import { floatText, type FloatFormat } from './float.ts'
import { isPrintable, quote } from './quote.ts'

/**
 * Texts of Go's fmt for single values: what a verb makes of a string, an integer or a float. undefined where the verb
 * is not one of theirs.
 */

/** Steps for each character that is quoted, and for each byte in hexadecimal. */
const QUOTE_STEPS = 6
const HEX_STEPS = 1

export function formatString(verb: string, text: string, flags: Flags, budget: Budget): string | undefined {
  switch (verb) {
    case 'v':
    case 's':
      return pad(cut(text, flags.precision, budget), flags, budget)
    case 'q':
      return pad(quoted(cut(text, flags.precision, budget), flags, budget), flags, budget)
    case 'x':
      return hexOf(text, flags, budget)
    case 'X':
      return hexOf(text, flags, budget).toUpperCase()
    default:
      return undefined
  }
}

/** What a raw string literal can hold. */
const RAW = /^[^\0-\x08\x0a-\x1f`\x7f\ufeff]*$/

function quoted(text: string, flags: Flags, budget: Budget): string {
  budget.spend(text.length * QUOTE_STEPS)
  return flags.sharp && RAW.test(text) ? `\`${text}\`` : quote(text, '"', flags.plus)
}

function hexOf(text: string, flags: Flags, budget: Budget): string {
  budget.spend(text.length * HEX_STEPS)
  const hex = Buffer.from(text).subarray(0, flags.precision).toString('hex')
  if (hex === '') return pad('', flags, budget)
  const prefix = flags.sharp ? '0x' : ''
  if (!flags.space) return pad(prefix + hex, flags, budget)
  return pad(prefix + hex.replace(/..(?!$)/g, `$& ${prefix}`), flags, budget)
}

export function formatBoolean(verb: string, value: boolean, flags: Flags, budget: Budget): string | undefined {
  return verb === 't' || verb === 'v' ? pad(String(value), flags, budget) : undefined
}

const BASES: ReadonlyMap<string, readonly [base: number, prefix: string]> = new Map([
  ['v', [10, '']],
  ['d', [10, '']],
  ['b', [2, '0b']],
  ['o', [8, '0']],
  ['O', [8, '0']],
  ['x', [16, '0x']],
  ['X', [16, '0X']]
])

/** @param value Of 64 bits. */
export function formatInteger(verb: string, value: bigint, flags: Flags, budget: Budget): string | undefined {
  const base = BASES.get(verb)
  if (base !== undefined) return pad(integerText(verb, value, base, flags, budget), { ...flags, zero: false }, budget)
  const unsigned = BigInt.asUintN(64, value)
  switch (verb) {
    case 'c':
      return pad(characterOf(unsigned), flags, budget)
    case 'q':
      return pad(quote(characterOf(unsigned), "'", flags.plus), flags, budget)
    case 'U': {
      const digits = unsigned.toString(16).toUpperCase()
      const character = characterOf(unsigned)
      const isShown = flags.sharp && BigInt(character.codePointAt(0)!) === unsigned && isPrintable(character)
      const shown = isShown ? ` '${character}'` : ''
      return pad(
        `U+${zeros(digits, Math.max(flags.precision ?? 0, 4), budget)}${shown}`,
        { ...flags, zero: false },
        budget
      )
    }
    default:
      return undefined
  }
}

function integerText(
  verb: string,
  value: bigint,
  [base, prefix]: readonly [number, string],
  flags: Flags,
  budget: Budget
): string {
  const { precision, width } = flags
  if (precision === 0 && value === 0n) return ''
  const sign = value < 0n ? '-' : flags.plus ? '+' : flags.space ? ' ' : ''
  const isFilled = precision === undefined && flags.zero && !flags.minus && width !== undefined
  let digits = (value < 0n ? -value : value).toString(base)
  if (verb === 'X') digits = digits.toUpperCase()
  digits = zeros(digits, isFilled ? width - sign.length : (precision ?? 0), budget)
  if (flags.sharp && !(base === 8 && digits.startsWith('0'))) digits = prefix + digits
  return sign + (verb === 'O' ? '0o' : '') + digits
}

function zeros(digits: string, length: number, budget: Budget): string {
  budget.spendOn(Math.max(length, 0))
  return digits.padStart(length, '0')
}

function characterOf(code: bigint): string {
  const isCharacter = code <= 0x10ffffn && !(code >= 0xd800n && code < 0xe000n)
  return isCharacter ? String.fromCodePoint(Number(code)) : '\ufffd'
}

/** Format, default precision; %v is %g. */
const FLOATS: ReadonlyMap<string, readonly [format: FloatFormat, precision: number | undefined]> = new Map([
  ['v', ['g', undefined]],
  ['g', ['g', undefined]],
  ['G', ['g', undefined]],
  ['e', ['e', 6]],
  ['E', ['e', 6]],
  ['f', ['f', 6]],
  ['F', ['f', 6]],
  ['x', ['x', undefined]],
  ['X', ['x', undefined]],
  ['b', ['b', undefined]]
])

/** Digits that the values furthest from 1 have, in steps. */
const EXACT_STEPS = 600

export function formatFloat(verb: string, value: number, flags: Flags, budget: Budget): string | undefined {
  const found = FLOATS.get(verb)
  if (found === undefined) return undefined
  const [format, usual] = found
  const precision = flags.precision ?? usual
  const isNegative = value < 0 || Object.is(value, -0)
  const sign = isNegative ? '-' : flags.plus ? '+' : flags.space ? ' ' : ''
  if (Number.isNaN(value))
    return pad((flags.plus || flags.space ? sign : '') + 'NaN', { ...flags, zero: false }, budget)
  if (!Number.isFinite(value)) return pad(`${sign || '+'}Inf`, { ...flags, zero: false }, budget)

  const magnitude = Math.abs(value)
  const isFar = magnitude > 1e25 || magnitude < 1e-15
  if (precision !== undefined) budget.spend(isFar ? EXACT_STEPS : precision / 16)
  let digits = floatText(format, magnitude, precision)
  if ('EGX'.includes(verb)) digits = digits.toUpperCase()
  if (flags.sharp && format !== 'b') digits = pointed(verb, digits, precision)
  const isFilled = flags.zero && !flags.minus && flags.width !== undefined && sign !== ''
  return isFilled ? sign + zeros(digits, flags.width! - 1, budget) : pad(sign + digits, flags, budget)
}

/** A number with a point in any case and, where a verb leaves zeros out, with these. */
function pointed(verb: string, text: string, precision: number | undefined): string {
  const isHex = verb === 'x' || verb === 'X'
  const end = text.search(isHex ? /p/i : /e/i)
  const number = end < 0 ? text : text.slice(0, end)
  const significant = number.replace(/[.]/, '').replace(/^0+/, '').length
  const hasPoint = number.includes('.')
  const counted = significant + (!hasPoint && number === '0' ? 1 : 0)
  const wanted = 'vgGx'.includes(verb) ? (precision ?? 6) : 0
  return number + (hasPoint ? '' : '.') + '0'.repeat(Math.max(wanted - counted, 0)) + (end < 0 ? '' : text.slice(end))
}
