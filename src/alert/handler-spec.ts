import type { AppError } from '../core/errors.ts'
import { defineError } from '../core/errors.ts'
import { findMember, isJsonObject, type Json, jsonKindOf, parseJson, plainOf } from '../core/json.ts'

/** A topic handler as clients define it. */
export interface TopicHandlerSpec {
  readonly topic: string
  readonly id: string
  readonly kind: string
  readonly options: Readonly<Record<string, unknown>> | null
  readonly match: string
}

const InvalidSpec = defineError('INVALID_HANDLER_SPEC', 400, (detail: string) => `invalid handler spec: ${detail}`)

/** What each way of giving a spec says of JSON that is none. */
export const InvalidNewSpec = defineError(
  'INVALID_HANDLER_JSON',
  400,
  (detail: string) => `invalid handler json: ${detail}`
)
export const InvalidReplacement = defineError(
  'INVALID_HANDLER_REPLACEMENT',
  400,
  (detail: string) => `failed to unmarshal JSON: ${detail}`
)
export const InvalidPatchedSpec = defineError(
  'INVALID_PATCHED_HANDLER',
  500,
  (detail: string) => `failed to unmarshal patched json: ${detail}`
)
type Invalid = (detail: string) => AppError

const ID = /^[-._\p{L}0-9]+$/u
const TOPIC_ID = /^[-:._\p{L}0-9]+$/u

/** Fails with INVALID_HANDLER_SPEC. */
export function validateSpec({ topic, id, kind }: TopicHandlerSpec): void {
  const rule = "must contain only letters, numbers, '-', '.' and '_'."
  if (!TOPIC_ID.test(topic)) throw InvalidSpec(`handler topic ${rule} ${JSON.stringify(id)}`)
  if (!ID.test(id)) throw InvalidSpec(`handler ID ${rule} ${JSON.stringify(id)}`)
  if (kind === '') throw InvalidSpec('handler Kind must not be empty')
}

/** Reads the body of a request; its topic is that of the path. Fails with `invalid`. */
export function readSpec(body: string, topic: string, invalid: Invalid): TopicHandlerSpec {
  const json = parseJson(body, 'stream')
  if (!json.ok) throw invalid(json.message)
  return { ...specOf(json.value, invalid), topic }
}

/** Fails with `invalid` where a member has the wrong type. */
export function specOf(json: Json, invalid: Invalid = InvalidNewSpec): TopicHandlerSpec {
  if (json === null) return { topic: '', id: '', kind: '', options: null, match: '' }
  if (!isJsonObject(json)) throw invalid(mismatch(json, 'alert.HandlerSpec'))
  const options = findMember(json, 'options') ?? null
  if (options !== null && !isJsonObject(options)) throw invalid(mismatch(options, 'map[string]interface {}', 'options'))
  const text = (name: string): string => {
    const value = findMember(json, name) ?? ''
    if (typeof value !== 'string') throw invalid(mismatch(value, 'string', name))
    return value
  }
  return {
    topic: text('topic'),
    id: text('id'),
    kind: text('kind'),
    // Every number of an option is a double, as in Go.
    options: withoutBigInts(plainOf(options)) as TopicHandlerSpec['options'],
    match: text('match')
  }
}

function withoutBigInts(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(withoutBigInts)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutBigInts(member)]))
}

function mismatch(value: Json, goType: string, member?: string): string {
  const target = member === undefined ? 'value' : `struct field HandlerSpec.${member}`
  return `json: cannot unmarshal ${jsonKindOf(value)} into Go ${target} of type ${goType}`
}
