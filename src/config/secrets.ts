import { isDeepStrictEqual } from 'node:util'
import type { Path, PathProblem, Raw } from './check.ts'
import { MASK } from '../core/mask.ts'
import { Field, type Fields, List } from '../core/fields.ts'

type Values = Readonly<Record<string, unknown>>

/** Secrets of a file that are masks: what was printed is no configuration until they are written in. */
export function masksIn(fields: Fields, values: Values, path: Path = []): PathProblem[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const value = values[name]
    const place = [...path, name]
    if (field instanceof List) {
      return (value as readonly Values[]).flatMap((entry, index) => masksIn(field.fields, entry, [...place, index]))
    }
    if (!(field instanceof Field)) return masksIn(field.fields, value as Values, place)
    if (!(field.isSecret || field.isTarget || field.isSecretMap) || !holdsMask(value)) return []
    return [{ path: place, message: `${place.join('.')} has the mask of a printed secret: write the secret itself` }]
  })
}

/** Whether a value, or something in it, is or has the mask of a secret. */
export function holdsMask(value: unknown): boolean {
  return typeof value === 'object' && value !== null
    ? Object.values(value).some(holdsMask)
    : typeof value === 'string' && value.includes(MASK)
}

/** Whether clients see only that it is set. A section with a secret in it is a secret as a whole. */
export function holdsSecret(field: Fields[string]): boolean {
  return field instanceof Field ? field.isSecret : Object.values(field.fields).some(holdsSecret)
}

/** Whether a secret, or anything in a section that holds one, is set. */
export function isSet(value: unknown): boolean {
  return typeof value === 'object' && value !== null
    ? Object.values(value).some(isSet)
    : value !== '' && value !== undefined
}

/** What an update would send to where it does not belong. */
export interface TakenSecrets {
  /** Names of the addresses. */
  readonly targets: readonly string[]
  /** Whether they are other ones than before. */
  readonly isMoved: boolean
  /** Names of the secrets that are set, which the update does not give. */
  readonly secrets: readonly string[]
}

/** An element of a section, as a change of it goes. */
export interface ElementChange {
  /** Values as the files have them; undefined: they do not. */
  readonly base: Values | undefined
  readonly before: Values
  readonly after: Values
  /** What the change sets. */
  readonly given: Raw
}

/**
 * The secrets of an element that a change would take along to wherever a client points it: those that it does not give,
 * and that did not go to the address before. An address of the files is where whoever runs the server sends them.
 * @returns undefined where it takes none along.
 */
export function findTakenSecrets(fields: Fields, change: ElementChange): TakenSecrets | undefined {
  const { base, before, after, given } = change
  const addresses = Object.keys(fields).filter((name) => isTarget(fields[name]!))
  const changedFrom = (values: Values): string[] =>
    addresses.filter((name) => !isDeepStrictEqual(values[name], after[name]))
  if (base !== undefined && changedFrom(base).length === 0) return undefined
  const changed = changedFrom(before)
  const isMoved = changed.length > 0
  const secrets = secretsLeft(fields, isMoved ? {} : before, after, given).filter((name) => !changed.includes(name))
  if (secrets.length === 0) return undefined
  return { targets: isMoved ? changed : changedFrom(base ?? {}), isMoved, secrets }
}

function isTarget(field: Fields[string]): boolean {
  return field instanceof Field && field.isTarget
}

/**
 * Dotted names of the secrets that are set to something of the user's own, and not given.
 * @param known Those that are as here are left out.
 */
function secretsLeft(fields: Fields, known: Values, values: Values, given: Raw): string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const value = values[name]
    if (!(field instanceof Field)) {
      const [old, inner] = [known[name] ?? {}, given[name] ?? {}] as [Values, Raw]
      return secretsLeft(field.fields, old, value as Values, inner).map((one) => `${name}.${one}`)
    }
    const isOwn = (field.isSecret || field.isSecretMap) && isSet(value) && !isDeepStrictEqual(value, field.fallback)
    return isOwn && !isDeepStrictEqual(value, known[name]) && !Object.hasOwn(given, name) ? [name] : []
  })
}
