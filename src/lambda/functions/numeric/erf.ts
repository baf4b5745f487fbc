/** Error functions to full double accuracy: their power series near zero, a continued fraction further out. */

const TWO_OVER_ROOT_PI = 1.1283791670955126
const ROOT_PI = 1.772453850905516
/** Where the continued fraction begins to converge fast. */
const FAR = 2
/** erfc underflows beyond. */
const UNDERFLOW = 27.3

export function erf(x: number): number {
  const size = Math.abs(x)
  if (Number.isNaN(x) || size < FAR) return series(x)
  const value = size > 6 ? 1 : 1 - tail(size)
  return x < 0 ? -value : value
}

export function erfc(x: number): number {
  if (Number.isNaN(x)) return x
  // Below one half, 1 - erf loses nothing; up to `FAR` the fraction only needs more steps.
  if (x < 0.5) return 1 - erf(x)
  return x > UNDERFLOW ? 0 : tail(x)
}

/** 2/√π · e^(-x²) · Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)): all terms have one sign, nothing cancels. */
function series(x: number): number {
  if (x === 0) return x
  let term = x
  let sum = x
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return TWO_OVER_ROOT_PI * Math.exp(-x * x) * sum
}

/** erfc(x) for x >= 0.5: e^(-x²)/√π · 1/(x + (1/2)/(x + (2/2)/(x + (3/2)/(x + …)))), from the inside. */
function tail(x: number): number {
  const steps = Math.ceil(20 + 300 / (x * x))
  let fraction = x
  for (let k = steps; k > 0; k--) fraction = x + k / 2 / fraction
  return gauss(x) / (fraction * ROOT_PI)
}

/** e^(-x²), with x² in two parts: rounding it would cost digits where it is large. */
function gauss(x: number): number {
  const head = Math.round(x * 2 ** 16) / 2 ** 16
  return Math.exp(-head * head) * Math.exp(-(x - head) * (x + head))
}
