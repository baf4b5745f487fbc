/** Unit of the timestamps of a write. */
export type Precision = 'n' | 'u' | 'ms' | 's' | 'm' | 'h'

/** Nanoseconds in a unit. */
export const NANOS_PER_UNIT: Readonly<Record<Precision, bigint>> = {
  n: 1n,
  u: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n
}

/** What a `precision` parameter means: as in Kapacitor, any unknown text stands for nanoseconds. */
export function precisionOf(text: string | undefined): Precision {
  return text !== undefined && text in NANOS_PER_UNIT ? (text as Precision) : 'n'
}
