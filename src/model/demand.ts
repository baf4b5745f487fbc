/** Which fields of a point something reads: all, or these. The line parser builds no others. */
export type FieldDemand = 'all' | ReadonlySet<string>

export function unionOfDemands(a: FieldDemand, b: FieldDemand): FieldDemand {
  return a === 'all' || b === 'all' ? 'all' : new Set([...a, ...b])
}
