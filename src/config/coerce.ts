import { parseDuration, parseGoDuration } from '../core/duration.ts'
import type { Raw } from './check.ts'
import { withDefaults } from './env.ts'
import { Field, type Fields, List } from './fields.ts'

/** A value that cannot be made into one of the option's type; Kapacitor's words. */
export class CannotConvert extends Error {}

/**
 * Makes values as files have them of those that clients give: texts of numbers are numbers. Throws `CannotConvert`.
 * @param given JSON values of known options.
 * @param current Values as they are now, for messages.
 */
export function coerceAll(fields: Fields, given: Raw, current: Readonly<Record<string, unknown>>): Raw {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      try {
        return [name, coerce(fields[name]!, value, current[name])]
      } catch (error) {
        if (error instanceof CannotConvert) throw new CannotConvert(`cannot set option ${name}: ${error.message}`)
        throw error
      }
    })
  )
}

function coerce(field: Fields[string], given: unknown, current: unknown): unknown {
  if (!(field instanceof Field)) {
    if (field instanceof List || !isTable(given)) throw wrongKind(given, 'map', current)
    const unknown = Object.keys(given).filter((name) => !Object.hasOwn(field.fields, name))
    if (unknown.length > 0) throw new CannotConvert(`unknown options [${unknown.sort().join(' ')}]`)
    return withDefaults(field.fields, coerceAll(field.fields, given, isTable(current) ? current : {}))
  }
  switch (field.kind) {
    case 'text':
      return typeof given === 'string' ? given : fail(given, 'string', field.isSecret ? '' : current)
    case 'flag':
      return typeof given === 'boolean' ? given : fail(given, 'bool', current)
    case 'int':
      return Math.trunc(numberOf(given, 'int', current))
    case 'float':
      return numberOf(given, 'float64', current)
    case 'duration':
      return durationOf(given, current)
    case 'texts':
      return isTexts(given) ? given : fail(given, 'slice', current)
    case 'textMap':
      return isTable(given) && isTexts(Object.values(given)) ? given : fail(given, 'map', current)
    case 'textsMap':
      return isTable(given) && Object.values(given).every(isTexts) ? given : fail(given, 'map', current)
  }
}

function numberOf(given: unknown, type: string, current: unknown): number {
  if (typeof given === 'number') return given
  if (typeof given !== 'string') throw wrongKind(given, type, current)
  const isNumber = type === 'int' ? /^[+-]?\d+$/.test(given) : given.trim() !== '' && Number.isFinite(Number(given))
  if (!isNumber) throw new CannotConvert(`cannot convert string ${JSON.stringify(given)} into ${type}`)
  return Number(given)
}

/** Differs: a text that is no duration is refused; Kapacitor takes it and goes on with the value of the file. */
function durationOf(given: unknown, current: unknown): string {
  if (typeof given === 'number') throw new CannotConvert('cannot unmarshal float64 into int64')
  if (typeof given !== 'string') throw wrongKind(given, 'int64', current)
  if ((parseGoDuration(given) ?? parseDuration(given)) !== undefined) return given
  throw new CannotConvert(`cannot convert string ${JSON.stringify(given)} into a duration`)
}

function fail(given: unknown, kind: string, current: unknown): never {
  throw wrongKind(given, kind, current)
}

function wrongKind(given: unknown, kind: string, current: unknown): CannotConvert {
  return new CannotConvert(`wrong kind ${goKindOf(given)}, expected value of kind ${kind}: ${shown(current)}`)
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(' ')}]`
  return isTable(value) ? `map[${Object.keys(value).sort().join(' ')}]` : String(value ?? '')
}

/** Go's name for what a value of JSON is decoded into. */
export function goKindOf(value: unknown): string {
  if (value === null) return 'invalid'
  if (Array.isArray(value)) return 'slice'
  if (typeof value === 'number' || typeof value === 'bigint') return 'float64'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'string' ? 'string' : 'map'
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function isTable(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
