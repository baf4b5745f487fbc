import { isDeepStrictEqual } from 'node:util'
import { MASK, maskUrl } from './mask.ts'

/**
 * Options that clients define and read again, and what in them is a secret. A secret is shown as a mask. A mask that is
 * put back means the secret that is there, unless the address that gets it has changed meanwhile: otherwise whoever may
 * define things could have the secrets of others sent to a server of its own.
 *
 * - `open`: no secret.
 * - `secret`: a secret as a whole.
 * - `target`: no secret, but an address that the secrets beside it are sent to.
 * - `url`: such an address, which may hold credentials and tokens that are masked.
 * - `secretTarget`: an address that is a secret, as a webhook is.
 * - `headers`: headers of HTTP by name, the values of which are secrets, as a rule.
 */
export type Secrecy = 'open' | 'secret' | 'target' | 'url' | 'secretTarget' | 'headers'

/** Secrecies by the name of the option. */
export type Secrecies = Readonly<Record<string, Secrecy>>

type Options = Readonly<Record<string, unknown>>

/** Headers that hold no secrets. */
const OPEN_HEADERS = new Set(['accept', 'accept-encoding', 'accept-language', 'content-type', 'user-agent'])

/** The options as clients see them. Names match in any case. */
export function maskOptions(secrecies: Secrecies, options: Options): Options {
  const secrecyOf = finderOf(secrecies)
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, masked(secrecyOf(name), value)]))
}

function masked(secrecy: Secrecy, value: unknown): unknown {
  if (isUnset(value)) return value
  switch (secrecy) {
    case 'open':
    case 'target':
      return value
    case 'url':
      return typeof value === 'string' ? maskUrl(value) : MASK
    case 'headers':
      return isTable(value) ? maskHeaders(value) : MASK
    default:
      return MASK
  }
}

export function isOpenHeader(name: string): boolean {
  return OPEN_HEADERS.has(name.toLowerCase())
}

/** The values of headers masked, but for those that hold no secrets. */
export function maskHeaders(headers: Options): Options {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    isUnset(value) || isOpenHeader(name) ? value : MASK
  ])
  return Object.fromEntries(entries) as Options
}

/**
 * Puts the secrets that there were in the places of those that came back masked.
 * @param before What was shown masked; undefined: nothing was.
 * @param fail Makes the error of a mask that stands for nothing, or for what would be sent to another address.
 */
export function unmaskOptions(
  secrecies: Secrecies,
  given: Options,
  before: Options | undefined,
  fail: (problem: string) => Error
): Options {
  const secrecyOf = finderOf(secrecies)
  const kept: string[] = []
  const old = new Map(Object.entries(before ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
  const restored = Object.entries(given).map(([name, value]) => {
    const secrecy = secrecyOf(name)
    if (!holdsMask(value) || secrecy === 'open' || secrecy === 'target') return [name, value] as const
    const known = old.get(name.toLowerCase())
    const whole = secrecy === 'headers' ? restoredHeaders(name, value, known, fail) : restoredText(name, value, known)
    if (secrecy === 'secret' || secrecy === 'headers') kept.push(name)
    return [name, whole] as const
  })
  const options = Object.fromEntries(restored)
  if (kept.length > 0) refuseNewTargets(secrecies, old, options, kept, fail)
  return options

  function restoredText(name: string, value: unknown, known: unknown): unknown {
    if (isUnset(known)) throw fail(`${name}: nothing to keep`)
    if (value === masked(secrecyOf(name), known)) return known
    throw fail(`${name}: it holds a mask, and is not what was shown: give it as a whole`)
  }
}

function restoredHeaders(
  name: string,
  value: unknown,
  known: unknown,
  fail: (problem: string) => Error
): Readonly<Record<string, unknown>> {
  if (!isTable(value)) throw fail(`${name}: it is a mask: give it as a whole`)
  const entries = Object.entries(value).map(([header, text]) => {
    if (text !== MASK) return [header, text]
    const old = isTable(known) ? known[header] : undefined
    if (isUnset(old)) throw fail(`${name}: ${header}: nothing to keep`)
    return [header, old]
  })
  return Object.fromEntries(entries) as Options
}

/** @param old By names in small letters. */
function refuseNewTargets(
  secrecies: Secrecies,
  old: ReadonlyMap<string, unknown>,
  options: Options,
  kept: readonly string[],
  fail: (problem: string) => Error
): void {
  const now = new Map(Object.entries(options).map(([name, value]) => [name.toLowerCase(), value]))
  const changed = Object.keys(secrecies)
    .filter((name) => isTarget(secrecies[name]!))
    .filter((name) => !isAlike(old.get(name.toLowerCase()), now.get(name.toLowerCase())))
  if (changed.length === 0) return
  const secrets = kept.join(', ')
  throw fail(
    `changing ${changed.join(', ')} would send ${secrets} to another address: give ${secrets} as it is, not masked`
  )
}

/** The options that are secrets as a whole. */
export function secretsOf(secrecies: Secrecies): string[] {
  return Object.keys(secrecies).filter((name) => secrecies[name] === 'secret' || secrecies[name] === 'secretTarget')
}

export function isTarget(secrecy: Secrecy): boolean {
  return secrecy === 'target' || secrecy === 'url' || secrecy === 'secretTarget'
}

/** An option that is not set is one that is empty. */
export function isAlike(a: unknown, b: unknown): boolean {
  return (isUnset(a) && isUnset(b)) || isDeepStrictEqual(a, b)
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === '' || value === 0
}

function holdsMask(value: unknown): boolean {
  if (typeof value === 'string') return value.includes(MASK)
  return isTable(value) && Object.values(value).some(holdsMask)
}

function finderOf(secrecies: Secrecies): (name: string) => Secrecy {
  const byName = new Map(Object.entries(secrecies).map(([name, secrecy]) => [name.toLowerCase(), secrecy]))
  return (name) => byName.get(name.toLowerCase()) ?? 'open'
}

function isTable(value: unknown): value is Options {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
