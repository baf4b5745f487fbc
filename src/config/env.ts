import { isDeepStrictEqual } from 'node:util'
import { defineError, messageOf } from '../core/errors.ts'
import { parseGoDuration } from '../core/duration.ts'
import {
  Field,
  type FieldKind,
  type Fields,
  hasFileKey,
  type LevelMap,
  List,
  type RawValue,
  Section
} from '../core/fields.ts'
import type { Raw } from './check.ts'
import { type SecretFiles, SecretUnreadable } from './secret-files.ts'

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

export const EnvironmentUnknown = defineError(
  'ENVIRONMENT_UNKNOWN',
  500,
  (names: readonly string[]) =>
    `${names.join(', ')}: no setting goes by that name; \`kapok config --example\` shows all of them (a list wants an index: _0)`
)

/** What else goes by our prefix: files and clients of commands, secrets of routes, what Kubernetes tells of a service. */
const OTHER_NAMES = /^KAPOK_(CONFIG_PATH|URL|TOKEN|SECRET_.*|SERVICE_(HOST|PORT)(_.*)?|PORT(_\d+_(TCP|UDP)(_.*)?)?)$/
/** Variables of Kapacitor that ask for a lock, and those of them that ask for nothing that is missed here. */
const LOCKS = /^KAPACITOR_(AUTH|TLS|HTTP_(AUTH|HTTPS|SHARED))_/
const NEEDLESS = /^KAPACITOR_AUTH_(BCRYPT_COST|CACHE_EXPIRATION)$/

/**
 * Applies what is set to complete values (`withDefaults`), in place. Fails with ENVIRONMENT_INVALID, and with
 * ENVIRONMENT_UNKNOWN for variables of ours that no setting reads: whoever set one meant something by it. So did
 * whoever asked for a lock under Kapacitor's names; other ones of Kapacitor may be there for Kapacitor itself.
 */
export function applyEnvironment(fields: Fields, raw: Raw, environment: Environment, files: SecretFiles): void {
  const variables = new Variables(environment, files)
  for (const prefix of PREFIXES) applyToSection(fields, raw, prefix, variables)
  const unknown = variables.unread.filter(
    (name) => (name.startsWith('KAPOK_') && !OTHER_NAMES.test(name)) || (LOCKS.test(name) && !NEEDLESS.test(name))
  )
  if (unknown.length > 0) throw EnvironmentUnknown(unknown)
}

/** The variables that are set and not empty, and which of them nobody has read. */
class Variables {
  readonly #values: ReadonlyMap<string, string>
  readonly #read = new Set<string>()
  readonly #files: SecretFiles

  constructor(environment: Environment, files: SecretFiles) {
    this.#files = files
    const entries = Object.entries(environment).filter((entry): entry is [string, string] => Boolean(entry[1]))
    this.#values = new Map(entries)
  }

  get(name: string): string | undefined {
    this.#read.add(name)
    return this.#values.get(name)
  }

  /** What the file holds that `NAME_FILE` names, as for secrets of Docker. Fails with SECRET_UNREADABLE. */
  getFromFile(name: string): string | undefined {
    const file = this.get(`${name}_FILE`)
    if (file === undefined) return undefined
    if (this.get(name) !== undefined) throw SecretUnreadable(`${name}_FILE`, `${name} is set, too`)
    try {
      return this.#files.read(file)
    } catch (error) {
      throw SecretUnreadable(`${name}_FILE`, messageOf(error))
    }
  }

  hasAnyBelow(start: string): boolean {
    return [...this.#values.keys()].some((name) => name.startsWith(start))
  }

  get unread(): readonly string[] {
    return [...this.#values.keys()].filter((name) => !this.#read.has(name))
  }
}

/** What is not given has its default; lists that are not given have their initial entries. */
export function withDefaults(fields: Fields, raw: Raw = {}): Raw {
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => {
      const value = raw[key]
      // Defaults are not copied: they tell what is set from what is not, and nothing here changes them.
      if (field instanceof Field) return [key, value === undefined ? field.fallback : structuredClone(value)]
      if (field instanceof Section) return [key, withDefaults(field.fields, value as Raw | undefined)]
      const entries = (value ?? field.initial) as readonly Raw[]
      return [key, entries.map((entry) => withDefaults(field.fields, entry))]
    })
  )
}

function applyToSection(fields: Fields, raw: Raw, prefix: string, variables: Variables): void {
  for (const [key, field] of Object.entries(fields)) {
    const name = `${prefix}_${envNameOf(key)}`
    if (field instanceof Section) applyToSection(field.fields, raw[key] as Raw, name, variables)
    else if (field instanceof List) applyToList(field, raw[key] as Raw[], name, variables)
    else applyToField(key, field, raw, name, variables)
  }
}

/** Differs: an index one past the end makes an entry of defaults, so that a cluster can be given without a file. */
function applyToList({ fields }: List<Fields>, entries: Raw[], name: string, variables: Variables): void {
  for (let index = 0; index < entries.length || variables.hasAnyBelow(`${name}_${index}_`); index++) {
    entries[index] ??= withDefaults(fields)
    applyToSection(fields, entries[index]!, `${name}_${index}`, variables)
  }
}

function applyToField(key: string, field: Field<unknown>, raw: Raw, name: string, variables: Variables): void {
  if (field.kind === 'texts') {
    const before = raw[key] as readonly string[]
    const items = before.map((item, index) => variables.get(`${name}_${index}`) ?? item)
    for (let next = variables.get(`${name}_${items.length}`); next; next = variables.get(`${name}_${items.length}`)) {
      items.push(next)
    }
    if (!isDeepStrictEqual(items, before)) raw[key] = items
  } else if (field.kind === 'textMap' || field.kind === 'levels') {
    const before = raw[key] as Readonly<Record<string, string>>
    const members = field.kind === 'levels' ? { ...(field.fallback as LevelMap), ...before } : before
    const set = Object.keys(members).flatMap((member) => {
      const value = variables.get(`${name}_${envNameOf(member)}`)
      return value ? [[member, value] as const] : []
    })
    if (set.length > 0) raw[key] = { ...before, ...Object.fromEntries(set) }
  } else if (field.kind !== 'textsMap') {
    const text = (hasFileKey(field) ? variables.getFromFile(name) : undefined) ?? variables.get(name)
    if (text === undefined) return
    const value = READERS[field.kind](text)
    const isAllowed = value !== undefined && isAmong(field.schema.enum, value)
    if (!isAllowed) throw EnvironmentInvalid(name, fieldNameOf(key), TYPES[field.kind], text)
    raw[key] = value
  }
}

function isAmong(words: unknown, value: RawValue): boolean {
  return !Array.isArray(words) || words.includes(value)
}

type Scalar = Exclude<FieldKind, 'texts' | 'textMap' | 'textsMap' | 'levels'>

export const READERS: Readonly<Record<Scalar, (text: string) => RawValue | undefined>> = {
  text: (text) => text,
  int: (text) => (/^[+-]?(\d+|0x[\da-f]+|0b[01]+|0o[0-7]+)$/i.test(text) ? Number(text) : undefined),
  float: (text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined),
  flag: (text) =>
    /^(1|t|T|TRUE|true|True)$/.test(text) ? true : /^(0|f|F|FALSE|false|False)$/.test(text) ? false : undefined,
  duration: (text) => (parseGoDuration(text) === undefined ? undefined : text)
}

/** Types by the names that Kapacitor gives them. */
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
