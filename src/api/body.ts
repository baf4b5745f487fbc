import type { FastifyRequest } from 'fastify'
import { findMember, isJsonObject, type Json, type JsonObject, parseJson } from '../core/json.ts'
import type { Dbrp } from '../model/dbrp.ts'
import { InvalidJson } from './problems.ts'

/** JSON bodies as Go decodes them into a struct: members in any case, null as if absent, unknown ones ignored. */
export function objectOf(request: FastifyRequest): JsonObject {
  const parsed = parseJson(textOf(request), 'stream')
  if (parsed.ok && parsed.value === null) return new Map()
  if (!parsed.ok || !isJsonObject(parsed.value)) throw InvalidJson()
  return parsed.value
}

export function textOf(request: FastifyRequest): string {
  return request.body instanceof Buffer ? request.body.toString() : ''
}

/** '' where it is not there. */
export function textMember(object: JsonObject, name: string): string {
  const value = findMember(object, name) ?? ''
  if (typeof value !== 'string') throw InvalidJson()
  return value
}

/** A member that is one of some words, or ''. */
export function wordMember<const W extends string>(object: JsonObject, name: string, words: readonly W[]): W | '' {
  const text = textMember(object, name)
  if (text === '') return ''
  const word = words.find((one) => one === text)
  if (word === undefined) throw InvalidJson()
  return word
}

/** A list of the object; empty where it is not there. */
export function listMember<T>(object: JsonObject, name: string, item: (json: Json) => T): T[] {
  const value = findMember(object, name) ?? []
  if (!Array.isArray(value)) throw InvalidJson()
  return value.map(item)
}

/** A database and retention policy. */
export function dbrpOf(json: Json): Dbrp {
  if (json === null) return { db: '', rp: '' }
  if (!isJsonObject(json)) throw InvalidJson()
  return { db: textMember(json, 'db'), rp: textMember(json, 'rp') }
}
