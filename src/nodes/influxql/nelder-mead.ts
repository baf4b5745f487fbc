const REFLECTION = 1
const EXPANSION = 2
const CONTRACTION = 0.5
const MAX_ITERATIONS = 1000

/** A vertex of the simplex and its cost. */
interface Vertex {
  at: Float64Array
  cost: number
}

/**
 * Looks for a minimum of `cost` near `start` by the method of Nelder and Mead, until the costs of the simplex deviate
 * by less than `epsilon`. The steps and their order are those of InfluxDB, so that its forecasts come out the same.
 *
 * @param cost May change the vector that it gets: the changed one stays in the simplex.
 */
export function minimise(cost: (at: Float64Array) => number, start: Float64Array, epsilon: number): Vertex {
  const size = start.length
  const simplex = initialSimplex(start).map((at) => ({ at, cost: cost(at) }))

  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    const { best, worst, second } = rank(simplex)
    const centre = centroid(simplex, worst)
    const probe = (from: Float64Array, factor: number): Vertex => {
      const at = new Float64Array(size)
      for (let axis = 0; axis < size; axis++) at[axis] = centre[axis]! + factor * (from[axis]! - centre[axis]!)
      return { at, cost: cost(at) }
    }

    const reflected = probe(worst.at, -REFLECTION)
    if (reflected.cost < best.cost) {
      const expanded = probe(reflected.at, EXPANSION)
      replace(worst, expanded.cost < reflected.cost ? expanded : reflected)
    } else if (reflected.cost < second.cost) {
      replace(worst, reflected)
    } else {
      const contracted = probe(reflected.cost < worst.cost ? reflected.at : worst.at, CONTRACTION)
      if (contracted.cost < worst.cost) replace(worst, contracted)
      else shrink(simplex, best, [worst, second], cost)
    }

    if (deviation(simplex, size) < epsilon) break
  }

  const { at } = rank(simplex).best
  const result = at.slice()
  return { at: result, cost: cost(at) }
}

function initialSimplex(start: Float64Array): Float64Array[] {
  const size = start.length
  const q = (Math.sqrt(size + 1) - 1) / (size * Math.SQRT2)
  const p = (Math.sqrt(size + 1) - 1 + size) / (size * Math.SQRT2)
  const others = Array.from(start, (_, own) => start.map((value, axis) => value + (axis === own ? p : q)))
  return [start.slice(), ...others]
}

/** The vertices that matter to a step; of equal ones the first. `second` is the worst but one, or the best. */
function rank(simplex: readonly Vertex[]): { best: Vertex; worst: Vertex; second: Vertex } {
  let best = simplex[0]!
  let worst = best
  for (const vertex of simplex) {
    if (vertex.cost > worst.cost) worst = vertex
    if (vertex.cost < best.cost) best = vertex
  }
  let second = best
  for (const vertex of simplex) if (vertex.cost > second.cost && vertex.cost < worst.cost) second = vertex
  return { best, worst, second }
}

/** Vertex by vertex: this is where a fit with a long season spends its time. */
function centroid(simplex: readonly Vertex[], worst: Vertex): Float64Array {
  const size = simplex.length - 1
  const centre = new Float64Array(size)
  for (const vertex of simplex) {
    if (vertex === worst) continue
    const { at } = vertex
    for (let axis = 0; axis < size; axis++) centre[axis]! += at[axis]!
  }
  for (let axis = 0; axis < size; axis++) centre[axis]! /= size
  return centre
}

function replace(vertex: Vertex, by: Vertex): void {
  vertex.at = by.at
  vertex.cost = by.cost
}

/** Moves all vertices half way to the best one; the costs of only two of them are looked at anew. */
function shrink(
  simplex: readonly Vertex[],
  best: Vertex,
  anew: readonly Vertex[],
  cost: (at: Float64Array) => number
): void {
  const size = best.at.length
  for (const vertex of simplex) {
    if (vertex === best) continue
    const { at } = vertex
    for (let axis = 0; axis < size; axis++) at[axis] = best.at[axis]! + (at[axis]! - best.at[axis]!) / 2
  }
  for (const vertex of anew) vertex.cost = cost(vertex.at)
}

function deviation(simplex: readonly Vertex[], size: number): number {
  let sum = 0
  for (const { cost } of simplex) sum += cost
  const average = sum / (size + 1)
  let squares = 0
  for (const { cost } of simplex) squares += ((cost - average) * (cost - average)) / size
  return Math.sqrt(squares)
}
