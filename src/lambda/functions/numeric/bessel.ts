/**
 * Bessel functions of integer order to double accuracy. Up to `NEAR` all orders come at once from the downward
 * recurrence, normed by 1 = J0 + 2 (J2 + J4 + …) (Miller), and Y0, Y1 as sums over them (Neumann). Beyond, orders 0
 * and 1 come from Hankel's expansion for large arguments. Other orders follow by the recurrence that is stable.
 */
const NEAR = 25
const EULER_GAMMA = 0.5772156649015329
/** Below, the first term of the power series is all there is. */
const TINY = 1e-8
/**
 * Longest recurrence that one call may run.
 * Differs: orders of jn() and yn() above 100000 take the leading term of their expansion, so that no call takes longer
 * than milliseconds; Kapacitor's time has no bound.
 */
const MAX_STEPS = 1e5

export function besselJ(order: number, x: number): number {
  if (order < 0) return besselJ(-order, -x)
  if (x < 0) return order % 2 === 0 ? besselJ(order, -x) : -besselJ(order, -x)
  if (Number.isNaN(x)) return NaN
  if (x === Infinity) return 0
  if (x === 0) return order === 0 ? 1 : 0
  if (x < TINY) return firstTerm(order, x)
  if (decay(order, x) > 745) return 0
  if (order > MAX_STEPS) return leadingTerm(order, x, false)
  if (x <= NEAR || order > x) return downward(x, order)[order]!
  return order < 2 ? hankel(order, x, false) : upward(order, x, hankel(0, x, false), hankel(1, x, false))
}

export function besselY(order: number, x: number): number {
  if (order < 0) return order % 2 === 0 ? besselY(-order, x) : -besselY(-order, x)
  if (Number.isNaN(x) || x < 0) return NaN
  if (x === Infinity) return 0
  if (x === 0 || decay(order, x) > 715) return -Infinity
  if (order > MAX_STEPS) return leadingTerm(order, x, true)
  const [y0, y1] = x <= NEAR ? neumann(x) : [hankel(0, x, true), hankel(1, x, true)]
  return order === 0 ? y0 : upward(order, x, y0, y1)
}

/** J falls like e^-decay and Y grows like e^decay as the order leaves the argument behind (Debye). */
function decay(order: number, x: number): number {
  if (order <= x) return 0
  return order * (Math.acosh(order / x) - Math.sqrt(1 - (x / order) ** 2))
}

/** (x/2)^order / order! */
function firstTerm(order: number, x: number): number {
  let value = 1
  for (let k = 1; k <= order && value !== 0; k++) value *= x / 2 / k
  return value
}

/** J of all orders up to `order` at least, for x > 0. */
function downward(x: number, order: number): number[] {
  const top = 2 * Math.ceil((Math.max(order, x) + 30 + 3 * Math.cbrt(Math.max(order, x)) * 3) / 2)
  const values = new Array<number>(top + 1).fill(0)
  let above = 0
  let current = 1e-300
  let norm = 0
  for (let k = top; k >= 0; k--) {
    values[k] = current
    if (k % 2 === 0) norm += k === 0 ? current : 2 * current
    const below = ((2 * k) / x) * current - above
    above = current
    current = below
    if (Math.abs(current) > 1e250) {
      // Far too large: what was found so far is scaled down with it (the highest orders to zero, which they are).
      for (let i = k; i <= top; i++) values[i] = values[i]! * 1e-250
      above *= 1e-250
      current *= 1e-250
      norm *= 1e-250
    }
  }
  return values.map((value) => value / norm)
}

function upward(order: number, x: number, zeroth: number, first: number): number {
  let previous = zeroth
  let current = first
  for (let k = 1; k < order && current !== -Infinity; k++) {
    const next = ((2 * k) / x) * current - previous
    previous = current
    current = next
  }
  return current
}

/** Y0 = 2/π (ln(x/2)+γ) J0 - 4/π Σ (-1)^k J(2k)/k, and Y1 = -Y0'. */
function neumann(x: number): [y0: number, y1: number] {
  if (x < TINY) return [(2 / Math.PI) * (Math.log(x / 2) + EULER_GAMMA), -2 / Math.PI / x]
  const j = downward(x, 1)
  const logarithm = Math.log(x / 2) + EULER_GAMMA
  let zeroth = 0
  let first = 0
  for (let k = Math.floor((j.length - 2) / 2); k > 0; k--) {
    const sign = k % 2 === 0 ? 1 : -1
    zeroth += (sign * j[2 * k]!) / k
    first += (sign * (j[2 * k - 1]! - j[2 * k + 1]!)) / k
  }
  return [(2 / Math.PI) * (logarithm * j[0]! - 2 * zeroth), (2 / Math.PI) * (logarithm * j[1]! + first - j[0]! / x)]
}

/** √(2/πx) (P cos χ - Q sin χ), or with sine and cosine exchanged for Y; χ = x - (2·order+1)π/4, order 0 or 1. */
function hankel(order: number, x: number, isSecondKind: boolean): number {
  const mu = 4 * order * order
  let p = 1
  let q = 0
  let term = 1
  for (let k = 1; k < 60; k++) {
    const next = (term * (mu - (2 * k - 1) ** 2)) / (k * 8 * x)
    if (Math.abs(next) > Math.abs(term) || Math.abs(next) < 1e-18) break
    term = next
    // Signs of the terms run + + - -, in turns for P and Q.
    const sign = k % 4 < 2 ? 1 : -1
    if (k % 2 === 0) p += sign * term
    else q += sign * term
  }
  const [cosine, sine] = quarterBack(x)
  const [c, s] = order === 0 ? [cosine, sine] : [sine, -cosine]
  const factor = Math.sqrt(2 / Math.PI / x)
  return isSecondKind ? factor * (p * s + q * c) : factor * (p * c - q * s)
}

/**
 * cos(x - π/4) and sin(x - π/4), without rounding x - π/4. Of the sum and the difference of sine and cosine the one
 * that cancels follows from the other and their product, -cos 2x.
 */
function quarterBack(x: number): [cosine: number, sine: number] {
  const s = Math.sin(x)
  const c = Math.cos(x)
  let sum = s + c
  let difference = s - c
  const product = x < Number.MAX_VALUE / 2 ? -Math.cos(2 * x) : sum * difference
  if (s * c < 0) sum = product / difference
  else difference = product / sum
  return [sum * Math.SQRT1_2, difference * Math.SQRT1_2]
}

/** Debye's leading terms on either side of order = argument. */
function leadingTerm(order: number, x: number, isSecondKind: boolean): number {
  const root = Math.sqrt(Math.abs(x - order)) * Math.sqrt(x + order)
  if (order >= x) {
    const size = Math.exp((isSecondKind ? 1 : -1) * decay(order, x)) / Math.sqrt(Math.max(root, Math.cbrt(order)))
    return isSecondKind ? -size * Math.sqrt(2 / Math.PI) : size / Math.sqrt(2 * Math.PI)
  }
  const angle = root - order * Math.acos(order / x) - Math.PI / 4
  return Math.sqrt(2 / Math.PI / root) * (isSecondKind ? Math.sin(angle) : Math.cos(angle))
}
