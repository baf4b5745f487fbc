import { printFloat, signedExponent } from './print.ts'

/** Texts of floats in the formats of Go's strconv: rounded from the exact value, ties to even. */
export type FloatFormat = 'e' | 'f' | 'g' | 'x' | 'b'

/**
 * @param value Finite, not negative.
 * @param precision undefined for as many digits as tell the value from others, which `e` and `f` do not have.
 */
export function floatText(format: FloatFormat, value: number, precision: number | undefined): string {
  switch (format) {
    case 'e':
      return exponential(value, precision ?? 6)
    case 'f':
      return fixed(value, precision ?? 6)
    case 'g':
      return precision === undefined ? printFloat(value) : general(value, precision)
    case 'x':
      return hexadecimal(value, precision)
    case 'b':
      return binary(value)
  }
}

/** 0.DIGITS × 10^point; no zeros at either end of the digits, none at all for 0. */
interface Decimal {
  readonly digits: string
  readonly point: number
}

const FLOAT = new Float64Array(1)
const BITS = new BigUint64Array(FLOAT.buffer)

/** mantissa × 2^exponent */
function parts(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  FLOAT[0] = value
  const bits = BITS[0]!
  const power = Number(bits >> 52n)
  const fraction = bits & 0xf_ffff_ffff_ffffn
  if (power === 0) return { mantissa: fraction, exponent: -1074 }
  return { mantissa: fraction | 0x10_0000_0000_0000n, exponent: power - 1075 }
}

/** All digits that the value has. */
function decimal(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 }
  let { mantissa, exponent } = parts(value)
  for (; exponent < 0 && (mantissa & 1n) === 0n; exponent++) mantissa >>= 1n
  const whole = exponent < 0 ? mantissa * 5n ** BigInt(-exponent) : mantissa << BigInt(exponent)
  const digits = String(whole)
  return { digits: digits.replace(/0+$/, ''), point: digits.length + Math.min(exponent, 0) }
}

function rounded(exact: Decimal, count: number): Decimal {
  const { digits, point } = exact
  if (count >= digits.length) return exact
  if (count < 0) return { digits: '', point }
  const kept = digits.slice(0, count)
  const isTie = digits[count] === '5' && digits.length === count + 1
  const isUp = isTie ? Number(kept.at(-1) ?? 0) % 2 === 1 : digits[count]! >= '5'
  if (!isUp) return { digits: kept.replace(/0+$/, ''), point }
  const more = String(BigInt(kept) + 1n).padStart(count, '0')
  return { digits: more.replace(/0+$/, ''), point: point + more.length - count }
}

function exponential(value: number, precision: number): string {
  const { digits, point } = rounded(decimal(value), precision + 1)
  return withExponent(digits, point, precision)
}

function withExponent(digits: string, point: number, precision: number): string {
  const fraction = precision > 0 ? `.${digits.slice(1).padEnd(precision, '0')}` : ''
  return `${digits[0] ?? '0'}${fraction}e${signedExponent(digits === '' ? 0 : point - 1)}`
}

function fixed(value: number, precision: number): string {
  const exact = decimal(value)
  const { digits, point } = rounded(exact, exact.point + precision)
  return withPoint(digits, point, precision)
}

function withPoint(digits: string, point: number, precision: number): string {
  const whole = digits.slice(0, Math.max(point, 0)).padEnd(point, '0')
  if (precision === 0) return whole || '0'
  const fraction = '0'.repeat(Math.min(Math.max(-point, 0), precision)) + digits.slice(Math.max(point, 0))
  return `${whole || '0'}.${fraction.padEnd(precision, '0')}`
}

function general(value: number, precision: number): string {
  const wanted = precision || 1
  const { digits, point } = rounded(decimal(value), wanted)
  const exponent = digits === '' ? 0 : point - 1
  if (exponent < -4 || exponent >= wanted) return withExponent(digits, point, digits.length - 1)
  return withPoint(digits, point, Math.max(digits.length - point, 0))
}

const TOP_BIT = 1n << 60n

/** `0x1.8p+01` */
function hexadecimal(value: number, precision: number | undefined): string {
  let { mantissa, exponent } = value === 0 ? { mantissa: 0n, exponent: -52 } : parts(value)
  exponent += 52
  mantissa <<= 8n
  while (mantissa !== 0n && mantissa < TOP_BIT) {
    mantissa <<= 1n
    exponent--
  }
  if (precision !== undefined && precision < 15) {
    const dropped = BigInt(60 - precision * 4)
    const rest = mantissa & ((1n << dropped) - 1n)
    const half = dropped === 0n ? 0n : 1n << (dropped - 1n)
    mantissa >>= dropped
    if (rest > half || (rest === half && half > 0n && (mantissa & 1n) === 1n)) mantissa++
    mantissa <<= dropped
    if (mantissa >= TOP_BIT << 1n) {
      mantissa >>= 1n
      exponent++
    }
  }
  const digits = (mantissa & (TOP_BIT - 1n)).toString(16).padStart(15, '0')
  const fraction =
    precision === undefined ? digits.replace(/0+$/, '') : digits.slice(0, precision).padEnd(precision, '0')
  return `0x${mantissa >> 60n}${fraction === '' ? '' : `.${fraction}`}p${signedExponent(exponent)}`
}

function binary(value: number): string {
  const { mantissa, exponent } = parts(value)
  return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`
}
