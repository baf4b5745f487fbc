/**
 * Durations are int64 nanoseconds. As a value that a script or a user handles they are a bigint (exact over the whole
 * range); code that runs per point turns them into a `Span` once, see `instant.ts`.
 */
export const MICROSECOND = 1_000n
export const MILLISECOND = 1_000_000n
export const SECOND = 1_000_000_000n
export const MINUTE = 60n * SECOND
export const HOUR = 60n * MINUTE
export const DAY = 24n * HOUR
export const WEEK = 7n * DAY

/** Units of InfluxQL and TICKscript. `ns` is accepted in texts, not in script literals. */
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['u', MICROSECOND],
  ['µ', MICROSECOND],
  ['ms', MILLISECOND],
  ['s', SECOND],
  ['m', MINUTE],
  ['h', HOUR],
  ['d', DAY],
  ['w', WEEK]
])

/** Reads an InfluxQL duration such as `1h30m` or `-5s`; undefined where it is none. */
export function parseDuration(text: string): bigint | undefined {
  const match = /^(-?)((?:\d+(?:ns|ms|[uµsmhdw]))+)$/u.exec(text)
  if (match === null) return undefined
  let total = 0n
  for (const [, digits, unit] of match[2]!.matchAll(/(\d+)(ns|ms|[uµsmhdw])/gu)) {
    total += BigInt(digits!) * UNITS.get(unit!)!
  }
  if (total > 0x7fff_ffff_ffff_ffffn) return undefined
  return match[1] === '-' ? -total : total
}

/** InfluxQL form: the largest unit that divides it (`90s` stays `90s`, 14 days are `2w`). */
export function formatDuration(duration: bigint): string {
  if (duration === 0n) return '0s'
  for (const [unit, size] of [...UNITS].reverse()) {
    if (unit !== 'µ' && duration % size === 0n) return `${duration / size}${unit}`
  }
  return `${duration}ns`
}

/** Go's `time.Duration.String()`: `1m0s`, `1.5s`, `3.339µs`, `0s`. */
export function formatGoDuration(duration: bigint): string {
  if (duration === 0n) return '0s'
  const sign = duration < 0n ? '-' : ''
  const abs = duration < 0n ? -duration : duration
  if (abs < MICROSECOND) return `${sign}${abs}ns`
  if (abs < MILLISECOND) return `${sign}${decimal(abs, MICROSECOND)}µs`
  if (abs < SECOND) return `${sign}${decimal(abs, MILLISECOND)}ms`
  const hours = abs / HOUR
  const minutes = (abs / MINUTE) % 60n
  const seconds = `${decimal(abs % MINUTE, SECOND)}s`
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}`
  return minutes > 0n ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`
}

/** Go's `time.ParseDuration`: `300ms`, `-1.5h`, `2h45m`; undefined where it is none. */
export function parseGoDuration(text: string): bigint | undefined {
  if (text === '0') return 0n
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/u.exec(text)
  if (match === null) return undefined
  let total = 0n
  for (const [, number, unit] of match[2]!.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gu)) {
    const size = unit === 'us' || unit === 'µs' || unit === 'μs' ? MICROSECOND : UNITS.get(unit!)!
    const [whole = '', fraction = ''] = number!.split('.')
    total += BigInt(whole === '' ? '0' : whole) * size
    if (fraction !== '') total += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length)
  }
  return match[1] === '-' ? -total : total
}

function decimal(value: bigint, unit: bigint): string {
  const fraction = value % unit
  if (fraction === 0n) return String(value / unit)
  const digits = String(unit).length - 1
  return `${value / unit}.${String(fraction).padStart(digits, '0').replace(/0+$/, '')}`
}
