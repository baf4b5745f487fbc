import type { AppError } from '../core/errors.ts'
import { defineError } from '../core/errors.ts'
import { findMember, isJsonObject, type Json, type JsonObject, JsonNumber, parseJson, plainOf } from '../core/json.ts'

/** A topic handler as clients define it. */
export interface TopicHandlerSpec {
  readonly topic: string
  readonly id: string
  readonly kind: string
  readonly options: Readonly<Record<string, unknown>> | null
  readonly match: string
}

const InvalidSpec = defineError('INVALID_HANDLER_SPEC', 400, (detail: string) => `invalid handler spec: ${detail}`)
const InvalidJson = defineError('INVALID_HANDLER_JSON', 400, (detail: string) => `invalid handler json: ${detail}`)

const ID = /^[-._\p{L}0-9]+$/u
const TOPIC_ID = /^[-:._\p{L}0-9]+$/u

/** Fails with INVALID_HANDLER_SPEC. */
export function validateSpec({ topic, id, kind }: TopicHandlerSpec): void {
  const rule = "must contain only letters, numbers, '-', '.' and '_'."
  if (!TOPIC_ID.test(topic)) throw InvalidSpec(`handler topic ${rule} ${JSON.stringify(id)}`)
  if (!ID.test(id)) throw InvalidSpec(`handler ID ${rule} ${JSON.stringify(id)}`)
  if (kind === '') throw InvalidSpec('handler Kind must not be empty')
}

/** Reads the body of a request; its topic is that of the path. Fails with INVALID_HANDLER_JSON. */
export function readSpec(body: string, topic: string): TopicHandlerSpec {
  const json = parseJson(body, 'stream')
  if (!json.ok) throw InvalidJson(json.message)
  return { ...specOf(json.value), topic }
}

/** Fails with INVALID_HANDLER_JSON where a member has the wrong type. */
export function specOf(json: Json): TopicHandlerSpec {
  if (json === null) return { topic: '', id: '', kind: '', options: null, match: '' }
  if (!isJsonObject(json)) throw unmarshalError(json, 'alert.HandlerSpec')
  const options = findMember(json, 'options') ?? null
  if (options !== null && !isJsonObject(options)) throw unmarshalError(options, 'map[string]interface {}', 'options')
  return {
    topic: textMember(json, 'topic'),
    id: textMember(json, 'id'),
    kind: textMember(json, 'kind'),
    // As in Go, every number of an option is a double.
    options: withoutBigInts(plainOf(options)) as TopicHandlerSpec['options'],
    match: textMember(json, 'match')
  }
}

function withoutBigInts(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(withoutBigInts)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutBigInts(member)]))
}

function textMember(json: JsonObject, name: string): string {
  const value = findMember(json, name) ?? ''
  if (typeof value !== 'string') throw unmarshalError(value, 'string', name)
  return value
}

function unmarshalError(value: Json, goType: string, member?: string): AppError {
  const kind =
    value instanceof JsonNumber
      ? 'number'
      : Array.isArray(value)
        ? 'array'
        : isJsonObject(value)
          ? 'object'
          : typeof value === 'boolean'
            ? 'bool'
            : 'string'
  const target = member === undefined ? 'value' : `struct field HandlerSpec.${member}`
  return InvalidJson(`json: cannot unmarshal ${kind} into Go ${target} of type ${goType}`)
}
