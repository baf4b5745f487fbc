import { isDeepStrictEqual } from 'node:util'
import { parseDuration, parseGoDuration } from '../core/duration.ts'
import { MASK } from '../core/mask.ts'
import type { Raw } from './check.ts'
import { Field, type Fields, isLevelKey, List, type Section } from '../core/fields.ts'
import { holdsSecret, isSet } from './secrets.ts'

/** A value that cannot be made into one of the option's type; Kapacitor's words. */
export class CannotConvert extends Error {}

type Values = Readonly<Record<string, unknown>>

/**
 * Makes values as files have them of those that clients give: texts of numbers are numbers. What a client saw masked and
 * gives back means that nothing changes, and is left out. Throws `CannotConvert`.
 * @param given JSON values of known options.
 * @param current Values as they are now.
 */
export function coerceAll(fields: Fields, given: Raw, current: Values): Raw {
  const changed = Object.entries(given).filter(([name, value]) => !isMask(fields[name]!, value, current[name]))
  return Object.fromEntries(
    changed.map(([name, value]) => {
      try {
        return [name, coerce(fields[name]!, value, current[name])]
      } catch (error) {
        if (error instanceof CannotConvert) throw new CannotConvert(`cannot set option ${name}: ${error.message}`)
        throw error
      }
    })
  )
}

/**
 * Whether a client gives back what it saw of a secret: whether it is set, or a mask. Forms of clients make texts of all they show.
 * Differs: a masked secret that a client puts back leaves the secret as it is; Kapacitor takes `true` for its new value.
 */
function isMask(field: Fields[string], given: unknown, current: unknown): boolean {
  if (field instanceof Field && !field.isSecret && (field.isTarget || field.isSecretMap)) {
    return isDeepStrictEqual(given, field.shown(current)) && !isDeepStrictEqual(given, current)
  }
  return (
    holdsSecret(field) &&
    (typeof given === 'boolean' || typeof given === 'string') &&
    String(given) === String(isSet(current))
  )
}

function coerce(field: Fields[string], given: unknown, current: unknown): unknown {
  if (!(field instanceof Field)) {
    if (field instanceof List || !isTable(given)) throw wrongKind(given, field instanceof List ? 'slice' : 'struct')
    return coerceMembers(field, given, isTable(current) ? current : {})
  }
  switch (field.kind) {
    case 'text':
      if (typeof given !== 'string') return fail(given, 'string')
      if (field.isTarget && given.includes(MASK)) throw new CannotConvert('it holds a mask: give it as a whole')
      return given
    case 'flag':
      return typeof given === 'boolean' ? given : fail(given, 'bool')
    case 'int':
      return Math.trunc(numberOf(given, 'int'))
    case 'float':
      return numberOf(given, 'float64')
    case 'duration':
      return durationOf(given)
    case 'texts':
      return textsOf(given)
    case 'textMap':
      return field.isSecretMap ? headersOf(textMapOf(given), current) : textMapOf(given)
    case 'textsMap':
      return mapOf(given, textsOf)
    case 'levels':
      return levelsOf(given)
  }
}

/** A part of a section. */
function coerceMembers(section: Section<Fields>, given: Raw, current: Values): Raw {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(section.fields, name))
  if (unknown.length > 0) throw new CannotConvert(`unknown options [${unknown.sort().join(' ')}]`)
  return coerceAll(section.fields, given, current)
}

function numberOf(given: unknown, type: string): number {
  if (typeof given === 'number') return given
  if (typeof given !== 'string') throw new CannotConvert(`cannot convert ${goKindOf(given)} into ${type}`)
  const isNumber = type === 'int' ? /^[+-]?\d+$/.test(given) : given.trim() !== '' && Number.isFinite(Number(given))
  if (!isNumber) throw new CannotConvert(`cannot convert string ${JSON.stringify(given)} into ${type}`)
  return Number(given)
}

/** Differs: a text that is no duration is refused; Kapacitor takes it and goes on with the value of the file. */
function durationOf(given: unknown): string {
  if (typeof given !== 'string') throw new CannotConvert(`cannot unmarshal ${goKindOf(given)} into int64`)
  if ((parseGoDuration(given) ?? parseDuration(given)) !== undefined) return given
  throw new CannotConvert(`cannot convert string ${JSON.stringify(given)} into a duration`)
}

function textsOf(given: unknown): readonly string[] {
  if (!Array.isArray(given)) return fail(given, 'slice')
  return given.map((item) =>
    typeof item === 'string' ? item : within('failed to copy slice value', () => fail(item, 'string'))
  )
}

function textMapOf(given: unknown): Readonly<Record<string, string>> {
  return mapOf(given, (value) => (typeof value === 'string' ? value : fail(value, 'string')))
}

/** @param current Those that masks stand for. */
function headersOf(given: Readonly<Record<string, string>>, current: unknown): Readonly<Record<string, string>> {
  const old = isTable(current) ? current : {}
  const entries = Object.entries(given).map(([name, value]) => {
    if (value !== MASK) return [name, value]
    if (!isSet(old[name])) throw new CannotConvert(`the mask of ${name} stands for nothing`)
    return [name, old[name]]
  })
  return Object.fromEntries(entries) as Readonly<Record<string, string>>
}

function mapOf<T>(given: unknown, read: (value: unknown) => T): Readonly<Record<string, T>> {
  if (!isTable(given)) return fail(given, 'map')
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key, within('failed to copy map value', () => read(value))])
  )
}

function levelsOf(given: unknown): Raw {
  if (!isTable(given)) return fail(given, 'struct')
  for (const [level, value] of Object.entries(given)) {
    if (!isLevelKey(level)) throw new CannotConvert(`Unknown field ${level} for SeverityMap`)
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw new CannotConvert(`the value of ${level} must be a text or a number`)
    }
  }
  return given
}

function within<T>(context: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof CannotConvert) throw new CannotConvert(`${context}: ${error.message}`)
    throw error
  }
}

function fail(given: unknown, kind: string): never {
  throw wrongKind(given, kind)
}

function wrongKind(given: unknown, kind: string): CannotConvert {
  return new CannotConvert(`wrong kind ${goKindOf(given)}, expected value of kind ${kind}: false`)
}

/** Go's name for what a value of JSON is decoded into. */
export function goKindOf(value: unknown): string {
  if (value === null) return 'invalid'
  if (Array.isArray(value)) return 'slice'
  if (typeof value === 'number' || typeof value === 'bigint') return 'float64'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'string' ? 'string' : 'map'
}

function isTable(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
