import type { FastifyRequest } from 'fastify'
import { defineError } from '../core/errors.ts'
import { compileGlob } from '../core/glob.ts'
import { type Instant, parseInstant } from '../core/instant.ts'
import { quote } from '../core/print.ts'

/** Query parameters and the rules that all lists share. */
export const InvalidParameter = defineError('PARAMETER_INVALID', 400, (text: string) => text)
export const UnsupportedField = defineError(
  'FIELD_UNSUPPORTED',
  400,
  (name: string) => `unsupported field ${quote(name)}`
)

export function queryOf(request: FastifyRequest): URLSearchParams {
  const { url } = request
  const at = url.indexOf('?')
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
}

/** A parameter with a default and the few texts that it may be. */
export function choiceOf<const C extends string>(query: URLSearchParams, name: string, choices: readonly C[]): C {
  const text = query.get(name) ?? ''
  const choice = text === '' ? choices[0] : choices.find((one) => one === text)
  if (choice === undefined) throw InvalidParameter(`invalid ${name} parameter ${quote(text)}`)
  return choice
}

export interface Paging {
  /** undefined: the pattern is malformed. */
  readonly matches: ((id: string) => boolean) | undefined
  readonly offset: number
  /** Negative: no limit, and no pattern either. */
  readonly limit: number
}

const LIMIT = 100

export function pagingOf(query: URLSearchParams): Paging {
  const pattern = query.get('pattern') ?? ''
  return {
    matches: pattern === '' ? () => true : compileGlob(pattern),
    offset: integerOf(query, 'offset', 0),
    limit: integerOf(query, 'limit', LIMIT)
  }
}

const ROWS_MAX = 10_000

/** Limit and offset of a list that may be long: `limit` is at most 10,000, also where none is wanted. */
export function limitedPageOf(query: URLSearchParams): { readonly limit: number; readonly offset: number } {
  const { limit, offset } = pagingOf(query)
  return { limit: limit < 0 ? ROWS_MAX : Math.min(limit, ROWS_MAX), offset: Math.max(0, offset) }
}

/** A time of RFC 3339; undefined where it is not there. */
export function timeParameter(query: URLSearchParams, name: string): Instant | undefined {
  const text = query.get(name) ?? ''
  if (text === '') return undefined
  const time = parseInstant(text)
  if (time === undefined) throw InvalidParameter(`invalid ${name} parameter ${quote(text)} must be a time of RFC 3339`)
  return time
}

/** The part of a sorted list that is asked for. */
export function page<T extends { readonly id: string }>(items: readonly T[], { matches, offset, limit }: Paging): T[] {
  if (limit < 0) return [...items]
  if (matches === undefined) return []
  const found: T[] = []
  let skipped = 0
  for (const item of items) {
    if (found.length >= limit) break
    if (!matches(item.id)) continue
    if (skipped++ >= offset) found.push(item)
  }
  return found
}

/** Go's int64, in its words where it is none. */
function integerOf(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name) ?? ''
  if (text === '') return fallback
  const isInteger = /^[+-]?\d+$/.test(text)
  const value = isInteger ? BigInt(text.replace('+', '')) : 0n
  if (isInteger && BigInt.asIntN(64, value) === value) return Number(value)
  const reason = isInteger ? 'value out of range' : 'invalid syntax'
  throw InvalidParameter(
    `invalid ${name} parameter ${quote(text)} must be an integer: strconv.ParseInt: parsing ${quote(text)}: ${reason}`
  )
}

/** The members that `fields` names, id and link always, sorted; all of `fallback` where it names none. */
export function fieldsOf(query: URLSearchParams, known: ReadonlySet<string>, fallback: readonly string[]): string[] {
  const asked = query.getAll('fields')
  for (const name of asked) if (!known.has(name)) throw UnsupportedField(name)
  return [...new Set(asked.length === 0 ? fallback : ['id', 'link', ...asked])].sort()
}
