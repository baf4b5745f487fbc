import { parseDuration, parseGoDuration } from './duration.ts'
import { maskUrl } from './mask.ts'
import { maskHeaders } from './secrecy.ts'

/**
 * How the configuration is described: each key once, with its docs, type and default. The JSON Schema, the reading of
 * values, environment variables, masking and the TypeScript type of the result all follow from it.
 */
export type Fields = Readonly<Record<string, Field<unknown> | Section<Fields> | List<Fields>>>

export type FieldKind = 'text' | 'int' | 'float' | 'flag' | 'duration' | 'texts' | 'textMap' | 'textsMap' | 'levels'
export type JsonSchema = Readonly<Record<string, unknown>>

/** What a value is before it is read: as YAML and JSON have it. Durations are texts, or 0. */
export type RawValue =
  | string
  | number
  | boolean
  | readonly string[]
  | Readonly<Record<string, string>>
  | Readonly<Record<string, readonly string[]>>
  | LevelMap

/** A value for each level of alerts: a text or a number. */
export type LevelMap = Readonly<Record<LevelKey, string | number>>
export type LevelKey = (typeof LEVEL_KEYS)[number]
const LEVEL_KEYS = ['ok', 'info', 'warning', 'critical'] as const

/** Whether a text is a level as clients write it; files have capitals, too. */
export function isLevelKey(text: string): text is LevelKey {
  return (LEVEL_KEYS as readonly string[]).includes(text)
}

/** What a field is beside its type. */
interface Traits {
  readonly limits?: JsonSchema
  readonly isSecret?: boolean
  readonly isTarget?: boolean
  readonly isSecretMap?: boolean
}

export class Field<T> {
  readonly kind: FieldKind
  readonly docs: string
  readonly fallback: RawValue
  readonly schema: JsonSchema
  /** Never printed. */
  readonly isSecret: boolean
  /** Where the secrets beside it are sent. */
  readonly isTarget: boolean
  /** Texts by name, the values of which are masked. */
  readonly isSecretMap: boolean
  declare readonly valueType: T

  constructor(kind: FieldKind, docs: string, fallback: RawValue, traits: Traits = {}) {
    this.kind = kind
    this.docs = docs
    this.fallback = fallback
    this.schema = { ...SCHEMAS[kind], ...traits.limits }
    this.isSecret = traits.isSecret ?? false
    this.isTarget = traits.isTarget ?? false
    this.isSecretMap = traits.isSecretMap ?? false
  }

  /** A value that is no secret as a whole, without what in it lets in whoever knows it. */
  shown(value: unknown): unknown {
    if (this.isSecretMap) return isUnset(value) ? value : maskHeaders(value as Readonly<Record<string, string>>)
    if (!this.isTarget) return value
    if (typeof value === 'string') return maskUrl(value)
    return Array.isArray(value) && value.length > 0 ? (value as readonly string[]).map(maskUrl) : value
  }

  /**
   * The value of a raw one that the schema has accepted.
   * @param base The value that it changes, where it may be a part of one.
   */
  read(raw: RawValue, base: unknown): T {
    if (this.kind === 'duration') return parseAnyDuration(String(raw)) as T
    if (this.kind !== 'levels') return raw as T
    const given = Object.entries(raw).map(([level, value]) => [level.toLowerCase(), value as string | number])
    return { ...((base ?? this.fallback) as LevelMap), ...Object.fromEntries(given) } as T
  }
}

/** What is wrong with values that the schema accepts, each by itself; undefined: nothing. */
export type ProblemOf<F extends Fields> = (values: ConfigOf<F>) => string | undefined
type Check = (values: unknown) => string | undefined

export class Section<F extends Fields> {
  readonly docs: string
  readonly fields: F
  /** @param values Of these fields. */
  readonly problemOf: Check

  constructor(docs: string, fields: F, problemOf?: ProblemOf<F>) {
    this.docs = docs
    this.fields = fields
    this.problemOf = (values) => problemOf?.(values as ConfigOf<F>)
  }
}

/** What a list is beside its fields. */
interface ListTraits<F extends Fields> {
  /** The field that tells its entries apart. */
  readonly key?: keyof F & string
  /** Values of the entries that are there where the file does not mention the list. */
  readonly initial?: readonly Readonly<Record<string, RawValue>>[]
  /** What is wrong with one entry. */
  readonly problemOf?: ProblemOf<F>
  /** What is wrong with all entries of a file together. */
  readonly problemOfAll?: (entries: readonly ConfigOf<F>[]) => string | undefined
}

/** A section that may occur several times. */
export class List<F extends Fields> {
  readonly isList = true
  readonly docs: string
  readonly fields: F
  readonly key: string | undefined
  readonly initial: readonly Readonly<Record<string, RawValue>>[]
  /** @param values Of one entry. */
  readonly problemOf: Check
  /** @param entries All of them. */
  readonly problemOfAll: Check

  constructor(docs: string, fields: F, { key, initial = [], problemOf, problemOfAll }: ListTraits<F> = {}) {
    this.docs = docs
    this.fields = fields
    this.key = key
    this.initial = initial
    this.problemOf = (values) => problemOf?.(values as ConfigOf<F>)
    this.problemOfAll = (entries) => problemOfAll?.(entries as readonly ConfigOf<F>[])
  }
}

export type ConfigOf<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> }
type ValueOf<X> =
  X extends Field<infer T>
    ? T
    : X extends List<infer F>
      ? readonly ConfigOf<F>[]
      : X extends Section<infer F>
        ? ConfigOf<F>
        : never

/** Formats of texts: what is one, and how messages call it. */
export const FORMATS: Readonly<Record<string, { accepts(text: string): boolean; readonly words: string }>> = {
  duration: { accepts: (text) => parseAnyDuration(text) !== undefined, words: 'a duration such as 10s or 1m30s' },
  'date-time': { accepts: (text) => !Number.isNaN(Date.parse(text)) && /\dT\d/.test(text), words: 'an RFC 3339 time' },
  address: {
    accepts: (text) => /^(\[[\da-fA-F:.%]+\]|[^:[\]]*):\d{1,5}$/.test(text) && Number(/\d+$/.exec(text)) < 65_536,
    words: 'host:port or :port'
  }
}

const SCHEMAS: Readonly<Record<FieldKind, JsonSchema>> = {
  text: { type: 'string' },
  int: { type: 'integer' },
  float: { type: 'number' },
  flag: { type: 'boolean' },
  // The format is for texts, the limits are for numbers.
  duration: { type: ['string', 'integer'], format: 'duration', minimum: 0, maximum: 0 },
  texts: { type: 'array', items: { type: 'string' } },
  textMap: { type: 'object', additionalProperties: { type: 'string' } },
  textsMap: { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } },
  levels: {
    type: 'object',
    properties: Object.fromEntries(
      [...LEVEL_KEYS, 'OK', 'Info', 'Warning', 'Critical'].map((level) => [level, { type: ['string', 'number'] }])
    ),
    additionalProperties: false
  }
}

/** Lists and maps that nobody has set. Clients see null, as Go prints nil ones; an empty one that is set is not these. */
const NO_TEXTS: readonly string[] = Object.freeze([])
const NO_MAP: Readonly<Record<string, never>> = Object.freeze({})

/** Whether a value of a list or map is the default of one that has no entries. */
export function isUnset(value: unknown): boolean {
  return value === NO_TEXTS || value === NO_MAP
}

export const text = (docs: string, fallback = '', limits: JsonSchema = {}) =>
  new Field<string>('text', docs, fallback, { limits })
export const secret = (docs: string, fallback = '') => new Field<string>('text', docs, fallback, { isSecret: true })
/** An address that the secrets of its section are sent to. */
export const target = (docs: string, fallback = '') => new Field<string>('text', docs, fallback, { isTarget: true })
/** The port of such an address. */
export const targetPort = (docs: string, fallback: number) =>
  new Field<number>('int', docs, fallback, { limits: { minimum: 0 }, isTarget: true })
/** An address that says who sends: whoever knows it can use it. */
export const secretTarget = (docs: string) => new Field<string>('text', docs, '', { isSecret: true, isTarget: true })
/** One of some words, in the case given. */
export const word = <const W extends readonly string[]>(docs: string, words: W, fallback: W[number]) =>
  new Field<W[number]>('text', docs, fallback, { limits: { enum: words } })
export const int = (docs: string, fallback = 0, minimum = 0, maximum?: number) =>
  new Field<number>('int', docs, fallback, { limits: { minimum, ...(maximum !== undefined && { maximum }) } })
export const float = (docs: string, fallback = 0) => new Field<number>('float', docs, fallback)
export const flag = (docs: string, fallback = false) => new Field<boolean>('flag', docs, fallback)
/** Nanoseconds as a bigint; in files a text such as `10s` or `1m30s`. */
export const duration = (docs: string, fallback: string) => new Field<bigint>('duration', docs, fallback)
export const texts = (docs: string, fallback: readonly string[] = NO_TEXTS) =>
  new Field<readonly string[]>('texts', docs, fallback)
/** Addresses that the secrets of their section are sent to. */
export const targets = (docs: string, fallback: readonly string[] = NO_TEXTS) =>
  new Field<readonly string[]>('texts', docs, fallback, { isTarget: true })
export const textMap = (docs: string) => new Field<Readonly<Record<string, string>>>('textMap', docs, NO_MAP)
/** Texts by name that hold secrets as a rule, as headers of HTTP do. */
export const secretMap = (docs: string) =>
  new Field<Readonly<Record<string, string>>>('textMap', docs, NO_MAP, { isSecretMap: true })
/** Texts by name. Environment variables cannot say it. */
export const textsMap = (docs: string, fallback: Readonly<Record<string, readonly string[]>> = NO_MAP) =>
  new Field<Readonly<Record<string, readonly string[]>>>('textsMap', docs, fallback)
/** A text or a number by level of alerts; what is not given is as before. */
export const levels = (docs: string, fallback: LevelMap) => new Field<LevelMap>('levels', docs, fallback)
export const section = <const F extends Fields>(docs: string, fields: F, problemOf?: ProblemOf<F>) =>
  new Section(docs, fields, problemOf)
export const list = <const F extends Fields>(docs: string, fields: F, traits?: ListTraits<F>) =>
  new List(docs, fields, traits)

/** The key of the file that a secret may be read from. */
export function fileKeyOf(key: string): string {
  return `${key}-file`
}

/** Whether a field is a secret that may be read from a file. */
export function hasFileKey(field: Fields[string]): boolean {
  return field instanceof Field && field.isSecret && field.kind === 'text'
}

/** The JSON Schema of sections and keys; unknown ones are refused. */
export function schemaOf(fields: Fields): JsonSchema {
  const properties = Object.entries(fields).flatMap(([name, field]): [string, JsonSchema][] => {
    if (field instanceof Field) {
      const own = { description: field.docs, default: field.fallback, ...field.schema }
      if (!hasFileKey(field)) return [[name, own]]
      return [
        [name, own],
        [fileKeyOf(name), { description: `File that holds ${name}; read anew when it changes.`, type: 'string' }]
      ]
    }
    const inner = { description: field.docs, ...schemaOf(field.fields) }
    return [[name, field instanceof List ? { type: 'array', items: inner, default: field.initial } : inner]]
  })
  return { type: 'object', properties: Object.fromEntries(properties), additionalProperties: false }
}

function parseAnyDuration(text: string): bigint | undefined {
  return parseGoDuration(text) ?? parseDuration(text)
}
