/** Coefficients B(2k) / (2k (2k-1)) of Stirling's series. */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400]
const ROOT_TWO_PI = 2.5066282746310002
/** Where the series begins to be exact to a double. */
const LARGE = 12
const OVERFLOW = 171.7

/** Gamma function; NaN at the negative integers, ±Infinity at ±0. */
export function gamma(x: number): number {
  if (x === 0) return 1 / x
  if (x === -Infinity || (x < 0 && Number.isInteger(x))) return NaN
  if (Number.isInteger(x) && x <= 171) return factorial(x - 1)
  if (x < 0.5) return reflected(x)
  if (x > OVERFLOW) return Infinity
  let shifted = x
  let divisor = 1
  for (; shifted < LARGE; shifted++) divisor *= shifted
  return stirling(shifted) / divisor
}

function factorial(n: number): number {
  let product = 1
  for (let i = 2; i <= n; i++) product *= i
  return product
}

function stirling(x: number): number {
  const inverse = 1 / x
  let sum = 0
  for (let k = STIRLING.length - 1; k >= 0; k--) sum = sum * inverse * inverse + STIRLING[k]!
  // x^(x-1/2) overflows before gamma does: half of it is applied twice.
  const power = x ** (x / 2 - 0.25)
  return power * Math.exp(-x) * power * ROOT_TWO_PI * Math.exp(sum * inverse)
}

/** π / (sin(πx) Γ(1-x)). */
function reflected(x: number): number {
  const nearest = Math.round(x)
  const sine = Math.sin(Math.PI * (x - nearest)) * (nearest % 2 === 0 ? 1 : -1)
  if (1 - x <= OVERFLOW) return Math.PI / (sine * gamma(1 - x))
  // Γ(1-x) = (-x) (-x-1) … Γ(rest): divided step by step, towards the underflow.
  let value = Math.PI / sine
  let rest = 1 - x
  while (rest > 170 && value !== 0) value /= --rest
  return value / gamma(rest)
}
