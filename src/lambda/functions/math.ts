import type { Int } from '../../model/value.ts'
import { besselJ, besselY } from './numeric/bessel.ts'
import { erf, erfc } from './numeric/erf.ts'
import { gamma } from './numeric/gamma.ts'
import { countError, type Implementation, type LambdaFunction, strictBody } from './spec.ts'
import { goTypeOf } from '../types.ts'

/**
 * Differs: the last digits of some math functions are not Kapacitor's, by a billionth of the value at most; exp() goes
 * up to the largest float, where Kapacitor's is infinite from 709.7 on.
 */
export const MATH_FUNCTIONS: readonly LambdaFunction[] = [
  one('abs', 'Absolute value.', Math.abs),
  one('acos', 'Arc cosine.', Math.acos),
  one('acosh', 'Inverse hyperbolic cosine.', Math.acosh),
  one('asin', 'Arc sine.', Math.asin),
  one('asinh', 'Inverse hyperbolic sine.', Math.asinh),
  one('atan', 'Arc tangent.', Math.atan),
  two('atan2', 'Angle of the point (x, y), given as y, x.', Math.atan2),
  one('atanh', 'Inverse hyperbolic tangent.', Math.atanh),
  one('cbrt', 'Cube root.', Math.cbrt),
  one('ceil', 'Least integer that is not less.', Math.ceil),
  one('cos', 'Cosine.', Math.cos),
  one('cosh', 'Hyperbolic cosine.', Math.cosh),
  one('erf', 'Error function.', erf),
  one('erfc', 'Complementary error function.', erfc),
  one('exp', 'e to the power of x.', Math.exp),
  one('exp2', '2 to the power of x.', (x) => 2 ** x),
  one('expm1', 'e to the power of x, minus 1.', Math.expm1),
  one('floor', 'Greatest integer that is not greater.', Math.floor),
  one('gamma', 'Gamma function.', gamma),
  two('hypot', 'Square root of x² + y².', Math.hypot),
  one('j0', 'Bessel function of the first kind, order 0.', (x) => besselJ(0, x)),
  one('j1', 'Bessel function of the first kind, order 1.', (x) => besselJ(1, x)),
  ordered('jn', 'Bessel function of the first kind, order n.', besselJ),
  one('log', 'Natural logarithm.', Math.log),
  one('log10', 'Decimal logarithm.', Math.log10),
  one('log1p', 'Natural logarithm of 1 + x.', Math.log1p),
  one('log2', 'Binary logarithm.', Math.log2),
  one('logb', 'Binary exponent.', logb),
  two('max', 'The greater one.', max),
  two('min', 'The lesser one.', min),
  two('mod', 'Remainder with the sign of the first argument.', (x, y) => x % y),
  two('pow', 'x to the power of y.', pow),
  {
    name: 'pow10',
    summary: '10 to the power of an integer.',
    signatures: [{ args: ['int'], returns: 'float', call: pow10 }],
    misuse: strictBody(
      'pow10',
      ['int'],
      (actual) => `cannot pass ${goTypeOf(actual)} to pow10, must be int64`,
      'pow10 expects exactly two arguments'
    )
  },
  one('sin', 'Sine.', Math.sin),
  one('sinh', 'Hyperbolic sine.', Math.sinh),
  one('sqrt', 'Square root.', Math.sqrt),
  one('tan', 'Tangent.', Math.tan),
  one('tanh', 'Hyperbolic tangent.', Math.tanh),
  one('trunc', 'Integer part.', Math.trunc),
  one('y0', 'Bessel function of the second kind, order 0.', (x) => besselY(0, x)),
  one('y1', 'Bessel function of the second kind, order 1.', (x) => besselY(1, x)),
  ordered('yn', 'Bessel function of the second kind, order n.', besselY)
]

function one(name: string, summary: string, call: (x: number) => number): LambdaFunction {
  return floats(name, summary, 1, call)
}

function two(name: string, summary: string, call: (x: number, y: number) => number): LambdaFunction {
  return floats(name, summary, 2, call)
}

function floats(name: string, summary: string, count: number, call: Implementation): LambdaFunction {
  const args = Array.from({ length: count }, () => 'float' as const)
  return {
    name,
    summary,
    signatures: [{ args, returns: 'float', call }],
    misuse: strictBody(name, args, (actual) => `cannot pass ${goTypeOf(actual)} to ${name}, must be float64`)
  }
}

function ordered(name: string, summary: string, call: (order: number, x: number) => number): LambdaFunction {
  return {
    name,
    summary,
    signatures: [{ args: ['int', 'float'], returns: 'float', call: (order: Int, x: number) => call(Number(order), x) }],
    misuse: strictBody(
      name,
      ['int', 'float'],
      (actual, wanted, ordinal) =>
        `cannot pass ${goTypeOf(actual)} to ${name} as ${ordinal} arg, must be ${goTypeOf(wanted)}`,
      countError(name, 2)
    )
  }
}

const bits = new DataView(new ArrayBuffer(8))

function logb(x: number): number {
  const size = Math.abs(x)
  if (size === 0) return -Infinity
  if (!Number.isFinite(size)) return size
  if (size < 2 ** -1022) return logb(size * 2 ** 52) - 52
  bits.setFloat64(0, size)
  return (bits.getUint16(0) >> 4) - 1023
}

/** Infinity wins even against NaN. */
function max(x: number, y: number): number {
  return x === Infinity || y === Infinity ? Infinity : Math.max(x, y)
}

function min(x: number, y: number): number {
  return x === -Infinity || y === -Infinity ? -Infinity : Math.min(x, y)
}

/** A power as IEEE 754 has it: 1 to any power is 1, and so is -1 to an infinite one. */
function pow(x: number, y: number): number {
  return x === 1 || (x === -1 && (y === Infinity || y === -Infinity)) ? 1 : x ** y
}

function pow10(power: Int): number {
  return power < -323 ? 0 : power > 308 ? Infinity : Number(`1e${power}`)
}
