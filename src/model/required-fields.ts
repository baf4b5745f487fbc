/** Which fields of a point something reads: all, or these. The line parser builds no others. */
export type RequiredFields = 'all' | ReadonlySet<string>

export function unionOfFields(a: RequiredFields, b: RequiredFields): RequiredFields {
  return a === 'all' || b === 'all' ? 'all' : new Set([...a, ...b])
}

/** What two readers require together; undefined stands for one that does not read the points at all. */
export function unionOfReaders(
  a: RequiredFields | undefined,
  b: RequiredFields | undefined
): RequiredFields | undefined {
  return a === undefined || b === undefined ? (a ?? b) : unionOfFields(a, b)
}
