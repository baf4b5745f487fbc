import { formatGoDuration } from '../core/duration.ts'

/**
 * Differs: what a clock sets off (|barrier, |stats, |deadman, |query) does not come more often than every 10ms: shorter
 * spans are refused. In Kapacitor they keep a core busy.
 */
const LEAST = 10_000_000n

/** Why a span between two times of the clock is refused; undefined where it is not. */
export function tooOften(name: string, span: bigint): string | undefined {
  return span < LEAST ? `${name} must be at least ${formatGoDuration(LEAST)}, not ${formatGoDuration(span)}` : undefined
}
