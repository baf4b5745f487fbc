import { parseDuration, parseGoDuration } from '../core/duration.ts'

/**
 * How the configuration is described: each key once, with its docs, type and default. The JSON Schema, the reading of
 * values, environment variables, masking and the TypeScript type of the result all follow from it.
 */
export type Fields = Readonly<Record<string, Field<unknown> | Section<Fields> | List<Fields>>>

export type FieldKind = 'text' | 'int' | 'float' | 'flag' | 'duration' | 'texts' | 'textMap' | 'textsMap'
export type JsonSchema = Readonly<Record<string, unknown>>

/** What a value is before it is read: as YAML and JSON have it. Durations are texts. */
export type RawValue =
  | string
  | number
  | boolean
  | readonly string[]
  | Readonly<Record<string, string>>
  | Readonly<Record<string, readonly string[]>>

export class Field<T> {
  readonly kind: FieldKind
  readonly docs: string
  readonly fallback: RawValue
  readonly schema: JsonSchema
  /** Never printed. */
  readonly isSecret: boolean
  declare readonly valueType: T

  constructor(kind: FieldKind, docs: string, fallback: RawValue, limits: JsonSchema = {}, isSecret = false) {
    this.kind = kind
    this.docs = docs
    this.fallback = fallback
    this.schema = { ...SCHEMAS[kind], ...limits }
    this.isSecret = isSecret
  }

  /** The value of a raw one that the schema has accepted. */
  read(raw: RawValue): T {
    return (this.kind === 'duration' ? parseAnyDuration(raw as string) : raw) as T
  }
}

export class Section<F extends Fields> {
  readonly docs: string
  readonly fields: F
  constructor(docs: string, fields: F) {
    this.docs = docs
    this.fields = fields
  }
}

/** A section that may occur several times. */
export class List<F extends Fields> {
  readonly isList = true
  readonly docs: string
  readonly fields: F
  constructor(docs: string, fields: F) {
    this.docs = docs
    this.fields = fields
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
  duration: { type: 'string', format: 'duration' },
  texts: { type: 'array', items: { type: 'string' } },
  textMap: { type: 'object', additionalProperties: { type: 'string' } },
  textsMap: { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } }
}

export const text = (docs: string, fallback = '', limits: JsonSchema = {}) =>
  new Field<string>('text', docs, fallback, limits)
export const secret = (docs: string, fallback = '') => new Field<string>('text', docs, fallback, {}, true)
/** One of some words, in the case given. */
export const word = <const W extends readonly string[]>(docs: string, words: W, fallback: W[number]) =>
  new Field<W[number]>('text', docs, fallback, { enum: words })
export const int = (docs: string, fallback = 0, minimum = 0, maximum?: number) =>
  new Field<number>('int', docs, fallback, { minimum, ...(maximum !== undefined && { maximum }) })
export const float = (docs: string, fallback = 0) => new Field<number>('float', docs, fallback)
export const flag = (docs: string, fallback = false) => new Field<boolean>('flag', docs, fallback)
/** Nanoseconds as a bigint; in files a text such as `10s` or `1m30s`. */
export const duration = (docs: string, fallback: string) => new Field<bigint>('duration', docs, fallback)
export const texts = (docs: string, fallback: readonly string[] = []) =>
  new Field<readonly string[]>('texts', docs, fallback)
export const textMap = (docs: string) => new Field<Readonly<Record<string, string>>>('textMap', docs, {})
/** Texts by name. Environment variables cannot say it. */
export const textsMap = (docs: string, fallback: Readonly<Record<string, readonly string[]>> = {}) =>
  new Field<Readonly<Record<string, readonly string[]>>>('textsMap', docs, fallback)
export const section = <const F extends Fields>(docs: string, fields: F) => new Section(docs, fields)
export const list = <const F extends Fields>(docs: string, fields: F) => new List(docs, fields)

/** The JSON Schema of sections and keys; unknown ones are refused. */
export function schemaOf(fields: Fields): JsonSchema {
  const properties = Object.entries(fields).map(([name, field]) => {
    if (field instanceof Field) return [name, { description: field.docs, default: field.fallback, ...field.schema }]
    const inner = { description: field.docs, ...schemaOf(field.fields) }
    return [name, field instanceof List ? { type: 'array', items: inner } : inner]
  })
  return { type: 'object', properties: Object.fromEntries(properties), additionalProperties: false }
}

function parseAnyDuration(text: string): bigint | undefined {
  return parseGoDuration(text) ?? parseDuration(text)
}
