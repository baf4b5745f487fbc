import { isDeepStrictEqual } from 'node:util'
import type { Mistake, Path, Raw } from './check.ts'
import { Field, type Fields, List } from './fields.ts'

type Values = Readonly<Record<string, unknown>>

/** What stands for a secret where the configuration is printed. */
export const MASK = '********'

/** Secrets of a file that are masks: what was printed is no configuration until they are written in. */
export function masksIn(fields: Fields, values: Values, path: Path = []): Mistake[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const value = values[name]
    const place = [...path, name]
    if (field instanceof List) {
      return (value as readonly Values[]).flatMap((entry, index) => masksIn(field.fields, entry, [...place, index]))
    }
    if (!(field instanceof Field)) return masksIn(field.fields, value as Values, place)
    if (!field.isSecret || value !== MASK) return []
    return [{ path: place, message: `${place.join('.')} is the mask of a printed secret: write the secret itself` }]
  })
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

/** What an update would send somewhere else. */
export interface TakenSecrets {
  /** Names of the addresses that change. */
  readonly targets: readonly string[]
  /** Names of the secrets that are set, which the update does not give. */
  readonly secrets: readonly string[]
}

/**
 * The secrets of an element that a change of its address would take along to wherever a client points it.
 * @param given What the update sets.
 * @returns undefined where it takes none along.
 */
export function findTakenSecrets(fields: Fields, before: Values, after: Values, given: Raw): TakenSecrets | undefined {
  const targets = Object.entries(fields)
    .filter(([name, field]) => field instanceof Field && field.isTarget && Object.hasOwn(given, name))
    .map(([name]) => name)
    .filter((name) => !isDeepStrictEqual(before[name], after[name]))
  if (targets.length === 0) return undefined
  const secrets = secretsLeft(fields, after, given).filter((name) => !targets.includes(name))
  return secrets.length === 0 ? undefined : { targets, secrets }
}

/** Dotted names of the secrets that are set to something of the user's own, and not given. */
function secretsLeft(fields: Fields, values: Values, given: Raw): string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const value = values[name]
    if (!(field instanceof Field)) {
      return secretsLeft(field.fields, value as Values, (given[name] as Raw | undefined) ?? {}).map(
        (inner) => `${name}.${inner}`
      )
    }
    const isOwn = field.isSecret && isSet(value) && value !== field.fallback
    return isOwn && !Object.hasOwn(given, name) ? [name] : []
  })
}
