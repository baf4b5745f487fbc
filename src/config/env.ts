import { defineError } from '../core/errors.ts'
import { parseGoDuration } from '../core/duration.ts'
import { Field, type FieldKind, type Fields, List, type RawValue, Section } from './fields.ts'
import type { Raw } from './check.ts'

/**
 * Environment variables over the file: `KAPACITOR_HTTP_BIND_ADDRESS`, `KAPACITOR_INFLUXDB_0_URLS_0`, and the same
 * with KAPOK, which wins. Empty ones are ignored.
 */
export type Environment = Readonly<Record<string, string | undefined>>

const PREFIXES = ['KAPACITOR', 'KAPOK']

export const EnvironmentInvalid = defineError(
  'ENVIRONMENT_INVALID',
  500,
  (name: string, field: string, type: string, value: string) =>
    `failed to apply ${name} to ${field} using type ${type} and value '${value}'`
)

/** Applies what is set to complete values (`withDefaults`), in place. Fails with ENVIRONMENT_INVALID. */
export function applyEnvironment(fields: Fields, raw: Raw, environment: Environment): void {
  for (const prefix of PREFIXES) applyToSection(fields, raw, prefix, environment)
}

/** What the environment cannot say is as the file has it, or the default. */
export function withDefaults(fields: Fields, raw: Raw = {}): Raw {
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => {
      const value = raw[key]
      if (field instanceof Field) return [key, structuredClone(value ?? field.fallback)]
      if (field instanceof Section) return [key, withDefaults(field.fields, value as Raw | undefined)]
      return [key, ((value ?? []) as Raw[]).map((entry) => withDefaults(field.fields, entry))]
    })
  )
}

function applyToSection(fields: Fields, raw: Raw, prefix: string, environment: Environment): void {
  for (const [key, field] of Object.entries(fields)) {
    const name = `${prefix}_${envNameOf(key)}`
    if (field instanceof Section) applyToSection(field.fields, raw[key] as Raw, name, environment)
    else if (field instanceof List) applyToList(field, raw[key] as Raw[], name, environment)
    else applyToField(key, field, raw, name, environment)
  }
}

/** Differs: an index one past the end makes an entry of defaults, so that a cluster can be given without a file. */
function applyToList({ fields }: List<Fields>, entries: Raw[], name: string, environment: Environment): void {
  const isNamed = (start: string) =>
    Object.entries(environment).some(([key, value]) => key.startsWith(start) && value !== '' && value !== undefined)
  for (let index = 0; index < entries.length || isNamed(`${name}_${index}_`); index++) {
    entries[index] ??= withDefaults(fields)
    applyToSection(fields, entries[index]!, `${name}_${index}`, environment)
  }
}

function applyToField(key: string, field: Field<unknown>, raw: Raw, name: string, environment: Environment): void {
  if (field.kind === 'texts') {
    const items = [...(raw[key] as string[])]
    for (const [index, item] of items.entries()) items[index] = environment[`${name}_${index}`] || item
    for (let next = environment[`${name}_${items.length}`]; next; next = environment[`${name}_${items.length}`]) {
      items.push(next)
    }
    raw[key] = items
  } else if (field.kind === 'textMap') {
    const map = { ...(raw[key] as Record<string, string>) }
    for (const member of Object.keys(map)) map[member] = environment[`${name}_${envNameOf(member)}`] || map[member]!
    raw[key] = map
  } else if (field.kind !== 'textsMap') {
    const text = environment[name]
    if (text === undefined || text === '') return
    const value = READERS[field.kind](text)
    const isAllowed = value !== undefined && isAmong(field.schema.enum, value)
    if (!isAllowed) throw EnvironmentInvalid(name, fieldNameOf(key), TYPES[field.kind], text)
    raw[key] = value
  }
}

function isAmong(words: unknown, value: RawValue): boolean {
  return !Array.isArray(words) || words.includes(value)
}

type Scalar = Exclude<FieldKind, 'texts' | 'textMap' | 'textsMap'>

const READERS: Readonly<Record<Scalar, (text: string) => RawValue | undefined>> = {
  text: (text) => text,
  int: (text) => (/^[+-]?(\d+|0x[\da-f]+|0b[01]+|0o[0-7]+)$/i.test(text) ? Number(text) : undefined),
  float: (text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined),
  flag: (text) =>
    /^(1|t|T|TRUE|true|True)$/.test(text) ? true : /^(0|f|F|FALSE|false|False)$/.test(text) ? false : undefined,
  duration: (text) => (parseGoDuration(text) === undefined ? undefined : text)
}

/** As Kapacitor names them. */
const TYPES: Readonly<Record<Scalar, string>> = {
  text: 'string',
  int: 'int',
  float: 'float64',
  flag: 'bool',
  duration: 'toml.Duration'
}

function envNameOf(key: string): string {
  return key.toUpperCase().replaceAll('-', '_')
}

/** `bind-address` → `BindAddress`. */
function fieldNameOf(key: string): string {
  return key.replace(/(?:^|[-_])(\w)/g, (_, letter: string) => letter.toUpperCase())
}
