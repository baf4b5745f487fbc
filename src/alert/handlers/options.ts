import { defineError } from '../../core/errors.ts'
import type { Secrecies, Secrecy } from '../../core/secrecy.ts'

/**
 * Options of topic handlers: a schema a kind, read as Kapacitor reads them. Keys match in any case, an unknown one is
 * refused, and what is missing has Go's zero value or the default of the option.
 */
export const BadOptions = defineError(
  'HANDLER_OPTIONS',
  500,
  (goType: string, problems: readonly string[]) =>
    `failed to decode options into ${goType}: ${problems.length} error(s) decoding:\n\n${problems
      .map((problem) => `* ${problem}`)
      .sort()
      .join('\n')}`
)

export interface OptionType<T> {
  readonly zero: T
  /** What the option is to whoever must not know secrets. Default: open. */
  readonly secrecy?: Secrecy
  /** @param name Path of the value, as problems name it. */
  read(value: unknown, name: string, problems: string[]): T
}

/** An option that has a value of its own where it is not given. */
export function optional<T, D>(type: OptionType<T>, fallback: D): OptionType<T | D> {
  return {
    zero: fallback,
    read: (value, name, problems) =>
      value === null || value === undefined ? fallback : type.read(value, name, problems)
  }
}

/** An option that is a secret, or has to do with one. */
function secretive<T>(secrecy: Secrecy, type: OptionType<T>): OptionType<T> {
  return { ...type, secrecy }
}

export type OptionSchema = Readonly<Record<string, OptionType<unknown>>>
export type OptionsOf<S extends OptionSchema> = { readonly [K in keyof S]: S[K]['zero'] }

function optionType<T>(zero: T, goType: string, accept: (value: unknown) => T | undefined): OptionType<T> {
  return {
    zero,
    read(value, name, problems) {
      if (value === null || value === undefined) return zero
      const accepted = accept(value)
      if (accepted !== undefined) return accepted
      problems.push(`'${name}' expected type '${goType}', got unconvertible type '${goTypeOf(value)}'`)
      return zero
    }
  }
}

const integerOf = (value: unknown): number | undefined =>
  typeof value === 'number' ? Math.trunc(value) : typeof value === 'bigint' ? Number(value) : undefined

const string = optionType('', 'string', (value) => (typeof value === 'string' ? value : undefined))

export function secreciesOf(schema: OptionSchema): Secrecies {
  return Object.fromEntries(Object.entries(schema).map(([name, { secrecy = 'open' }]) => [name, secrecy]))
}

/** The types of options. */
export const option = {
  string,
  secret: secretive('secret', string),
  /** What says where secrets beside it go. */
  target: secretive('target', string),
  /** An address that may hold credentials. */
  url: secretive('url', string),
  /** An address that is a secret. */
  webhook: secretive('secretTarget', string),
  headers: secretive('headers', mapOf(string)),
  bool: optionType(false, 'bool', (value) => (typeof value === 'boolean' ? value : undefined)),
  int: optionType(0, 'int64', integerOf),
  /** An integer of nanoseconds. */
  duration: optionType(0, 'time.Duration', integerOf),
  any: optionType<unknown>(undefined, 'interface {}', (value) => value),
  strings: listOf(string),
  /** Text by key. */
  texts: mapOf(string),
  /** Any value by key. */
  values: mapOf<unknown>({ zero: null, read: (value) => value }),
  /** A list of objects with these members. */
  list: <S extends OptionSchema>(schema: S) =>
    listOf<OptionsOf<S>>({
      zero: zeroOf(schema),
      read: (value, name, problems) => readMembers(schema, value, name, problems)
    })
}

/**
 * @param goType How error messages name the target, such as `*slack.HandlerConfig`.
 * @param raw Null and undefined are no options at all. Fails with HANDLER_OPTIONS.
 */
export function decodeOptions<S extends OptionSchema>(goType: string, schema: S, raw: unknown): OptionsOf<S> {
  const problems: string[] = []
  const options = readMembers(schema, raw ?? {}, '', problems)
  if (problems.length > 0) throw BadOptions(goType, problems)
  return options
}

function readMembers<S extends OptionSchema>(schema: S, raw: unknown, name: string, problems: string[]): OptionsOf<S> {
  if (!isObject(raw)) {
    problems.push(`'${name}' expected a map, got '${goKindOf(raw)}'`)
    return zeroOf(schema)
  }
  const known = new Map(Object.keys(schema).map((key) => [key.toLowerCase(), key]))
  const values: Record<string, unknown> = {}
  const unknown: string[] = []
  for (const [given, value] of Object.entries(raw)) {
    const key = known.get(given.toLowerCase())
    if (key === undefined) unknown.push(given)
    else if (!(key in values) || given === key) {
      values[key] = schema[key]!.read(value, name === '' ? key : `${name}.${key}`, problems)
    }
  }
  if (unknown.length > 0) problems.push(`'${name}' has invalid keys: ${unknown.sort().join(', ')}`)
  return { ...zeroOf(schema), ...values }
}

function zeroOf<S extends OptionSchema>(schema: S): OptionsOf<S> {
  return Object.fromEntries(Object.entries(schema).map(([key, { zero }]) => [key, zero])) as OptionsOf<S>
}

function listOf<T>(item: OptionType<T>): OptionType<readonly T[]> {
  return {
    zero: [],
    read(value, name, problems) {
      if (value === null || value === undefined) return []
      if (Array.isArray(value)) return value.map((one, index) => item.read(one, `${name}[${index}]`, problems))
      problems.push(`'${name}': source data must be an array or slice, got ${goKindOf(value)}`)
      return []
    }
  }
}

function mapOf<T>(item: OptionType<T>): OptionType<Readonly<Record<string, T>>> {
  return {
    zero: {},
    read(value, name, problems) {
      if (value === null || value === undefined) return {}
      if (!isObject(value)) {
        problems.push(`'${name}' expected a map, got '${goKindOf(value)}'`)
        return {}
      }
      return Object.fromEntries(
        Object.entries(value).map(([key, one]) => [key, item.read(one, `${name}[${key}]`, problems)])
      )
    }
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  return isObject(value) ? 'map[string]interface {}' : goKindOf(value)
}

function goKindOf(value: unknown): string {
  if (Array.isArray(value)) return 'slice'
  if (typeof value === 'number') return 'float64'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'string' ? 'string' : 'map'
}
