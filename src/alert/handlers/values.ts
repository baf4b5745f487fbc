import { formatGoDuration } from '../../core/duration.ts'
import { printFloat } from '../../core/print.ts'
import { compareBytes } from '../../model/bytes.ts'
import type { JsonOutput } from '../../model/json.ts'
import type { ScriptValue } from '../../tick/value.ts'

/**
 * Values of options that take any, such as attributes: of JSON, where every number is a double, or of a script, which
 * also has ints (here bigints) and durations. Each handler prints them in Go's way, as JSON or as text.
 */
export class GoDuration {
  readonly ns: bigint

  constructor(ns: bigint) {
    this.ns = ns
  }
}

/** What calls of a property with a key and a value of any type (`.attribute('a', 1)`) have set. */
export function scriptPairs(calls: unknown): Record<string, unknown> {
  const pairs = (calls ?? []) as readonly { readonly key: string; readonly value: ScriptValue }[]
  return Object.fromEntries(pairs.map(({ key, value }) => [key, plainOf(value)]))
}

function plainOf(value: ScriptValue): unknown {
  switch (value.type) {
    case 'list':
      return value.value.map(plainOf)
    case 'duration':
      return new GoDuration(value.value)
    case 'int':
      return BigInt(value.value)
    case 'float':
    case 'string':
    case 'boolean':
      return value.value
    case 'regex':
      return value.value?.pattern ?? ''
    default:
      return null
  }
}

/** The value as `compactJson` takes it, to be printed as Go's encoder prints it. */
export function jsonOf(value: unknown): JsonOutput {
  if (value instanceof GoDuration) return value.ns
  if (Array.isArray(value)) return value.map(jsonOf)
  if (typeof value !== 'object' || value === null) return value as JsonOutput
  return new Map(entriesOf(value).map(([key, member]) => [key, jsonOf(member)]))
}

/** The value as Go prints it with `%v`. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (value instanceof GoDuration) return formatGoDuration(value.ns)
  if (typeof value === 'number') return printFloat(value)
  if (Array.isArray(value)) return `[${value.map(textOf).join(' ')}]`
  if (typeof value !== 'object') return String(value as string | boolean | bigint)
  const members = [...entriesOf(value)].sort(([a], [b]) => compareBytes(a, b))
  return `map[${members.map(([key, member]) => `${key}:${textOf(member)}`).join(' ')}]`
}

function entriesOf(value: object): readonly (readonly [string, unknown])[] {
  return value instanceof Map ? [...(value as ReadonlyMap<string, unknown>)] : Object.entries(value)
}
