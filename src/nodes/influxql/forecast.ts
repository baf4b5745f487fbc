import { minimise } from './nelder-mead.ts'

const EPSILON = 1e-4
const WEIGHT = 0.5
/** Start values of each smoothing parameter: 0.3 and 0.3 + 0.4, as the original's loop comes to them. */
const GUESSES = [0.3, 0.3 + 0.4]
/** Where the seasonal indices begin among the parameters: alpha, beta, gamma, phi, level, trend come first. */
const SEASON = 6

/**
 * Fits the damped Holt-Winters method (multiplicative season) to a series and carries it on.
 *
 * @param series At least two values; NaN for what is missing, but not the first.
 * @param horizon How many values to forecast.
 * @param period Values in a season; below 2 there is none. At most the length of the series.
 * @returns The fit to the series, its first value being that of the series, and then the forecast.
 */
export function holtWinters(series: readonly number[], horizon: number, period: number): number[] {
  const isSeasonal = period >= 2
  const start = isSeasonal ? seasonalStart(series, period) : plainStart(series)
  const fit = new Float64Array(series.length)
  const cost = (parameters: Float64Array): number => {
    run(series[0]!, parameters, fit)
    return squaredError(series, fit)
  }
  let best = { at: start, cost: Infinity }
  for (const alpha of GUESSES) {
    for (const beta of GUESSES) {
      for (const gamma of GUESSES) {
        for (const phi of GUESSES) {
          const found = minimise(cost, guessOf(start, alpha, beta, gamma, phi), EPSILON)
          if (found.cost < best.cost || best.at === start) best = found
        }
      }
    }
  }
  const values = new Float64Array(series.length + horizon)
  run(series[0]!, best.at, values)
  return [...values]
}

function guessOf(start: Float64Array, ...smoothing: readonly number[]): Float64Array {
  const guess = start.slice()
  guess.set(smoothing)
  return guess
}

function plainStart(series: readonly number[]): Float64Array {
  const [first, second] = series as [number, number]
  return Float64Array.of(0, 0, 0, 0, WEIGHT * first, Number.isNaN(second) ? 0 : WEIGHT * (second - first))
}

function seasonalStart(series: readonly number[], period: number): Float64Array {
  const season = series.slice(0, period)
  const isKnown = (value: number | undefined): value is number => value !== undefined && !Number.isNaN(value)
  let level = 0
  let trend = 0
  for (const [i, value] of season.entries()) {
    const next = series[period + i]
    if (isKnown(value)) level += (1 / period) * value
    if (isKnown(value) && isKnown(next)) trend += (1 / (period * period)) * (next - value)
  }
  return Float64Array.from([0, 0, 0, 0, level, trend, ...season.map((value) => (isKnown(value) ? value / level : 0))])
}

/**
 * The recursion, from the first value on as far as `out` reaches. It goes on from its own values, not from those
 * observed, and it leaves its clamping and its seasonal indices in `parameters`; both as in InfluxDB.
 */
function run(first: number, parameters: Float64Array, out: Float64Array): void {
  for (let i = 0; i < 4; i++) parameters[i] = Math.min(1, Math.max(0, parameters[i]!))
  const [alpha, beta, gamma, phi] = parameters as unknown as [number, number, number, number]
  const period = parameters.length - SEASON
  let level = parameters[4]!
  let trend = parameters[5]!
  let value = first
  let damping = phi
  let lastPower = 1
  out[0] = value
  for (let t = 1; t < out.length; t++) {
    const expected = level + phi * trend
    let ratio = value
    let seasonAhead = 1
    if (period > 0) {
      const slot = SEASON + ((2 * t - 2) % period)
      const season = parameters[slot]!
      seasonAhead = parameters[SEASON + ((3 * t - 2) % period)]!
      ratio = value / season
      parameters[slot] = gamma * (value / expected) + (1 - gamma) * season
    }
    const nextLevel = alpha * ratio + (1 - alpha) * expected
    trend = beta * (nextLevel - level) + (1 - beta) * phi * trend
    level = nextLevel
    value = (level + damping * trend) * seasonAhead
    // Powers too small to change the sum are not worth a call.
    if (lastPower > damping * 1e-17) damping += lastPower = power(phi, t)
    out[t] = value
  }
}

function squaredError(series: readonly number[], fit: Float64Array): number {
  let sum = 0
  for (let i = 0; i < series.length; i++) {
    const error = fit[i]! - series[i]!
    if (Number.isNaN(error)) {
      if (Number.isNaN(series[i])) continue
      return Infinity
    }
    sum += error * error
  }
  return sum
}

/** A power by repeated squaring, which rounds like Go's `math.Pow`. */
function power(base: number, exponent: number): number {
  if (base === 1) return 1
  let result = 1
  for (let square = base, rest = exponent; rest > 0; rest >>= 1, square *= square) if (rest & 1) result *= square
  return result
}
