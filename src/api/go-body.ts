import type { FastifyRequest } from 'fastify'
import { defineError } from '../core/errors.ts'
import { NO_TIME_TEXT, parseGoTime } from '../core/go-time.ts'
import type { Instant } from '../core/instant.ts'
import {
  findMember,
  isJsonObject,
  type Json,
  jsonKindOf,
  JsonNumber,
  type JsonObject,
  parseJson
} from '../core/json.ts'
import { textOf } from './body.ts'

export const InvalidBody = defineError('BODY_INVALID', 400, (reason: string) => reason)

/** A JSON body of a request whose problems are told in the words of Go's decoder. */
export class GoBody {
  readonly #object: JsonObject
  readonly #type: string

  /**
   * Fails with BODY_INVALID, as all of its methods.
   * @param type Name of the body in what Go says of problems: that of the type in Kapacitor's client where it has one.
   */
  constructor(request: FastifyRequest, type: string) {
    this.#type = type
    const parsed = parseJson(textOf(request), 'stream')
    if (!parsed.ok) throw InvalidBody(parsed.message)
    const { value } = parsed
    if (value !== null && !isJsonObject(value)) {
      throw InvalidBody(`json: cannot unmarshal ${jsonKindOf(value)} into Go value of type client.${type}`)
    }
    this.#object = value ?? new Map()
  }

  /** '' where it is not there. */
  text(name: string): string {
    const value = this.#member(name) ?? ''
    if (typeof value !== 'string') throw this.#mismatch(name, value, 'string')
    return value
  }

  /** False where it is not there. */
  flag(name: string, fallback = false): boolean {
    const value = this.#member(name) ?? fallback
    if (typeof value !== 'boolean') throw this.#mismatch(name, value, 'bool')
    return value
  }

  /** A list of texts; empty where it is not there. */
  texts(name: string): string[] {
    const value = this.#member(name) ?? []
    if (!Array.isArray(value)) throw this.#mismatch(name, value, '[]string')
    return value.map((item: Json) => {
      if (typeof item !== 'string') throw this.#mismatch(name, item, 'string')
      return item
    })
  }

  /** An integer; undefined where it is not there. */
  int(name: string): number | undefined {
    const value = this.#member(name) ?? undefined
    if (value === undefined) return undefined
    const int = value instanceof JsonNumber ? value.toInt() : undefined
    if (int === undefined) throw this.#mismatch(name, value, 'int64')
    return Number(int)
  }

  /** A member that is an object; undefined where it is not there. */
  object(name: string): JsonObject | undefined {
    const value = this.#member(name) ?? undefined
    if (value === undefined) return undefined
    if (!isJsonObject(value)) throw this.#mismatch(name, value, 'struct')
    return value
  }

  /** A member that is a time; undefined where it is not there. */
  time(name: string): Instant | undefined {
    const value = this.#member(name) ?? undefined
    if (value === undefined) return undefined
    const time = typeof value === 'string' ? parseGoTime(value) : NO_TIME_TEXT
    if (typeof time === 'string') throw InvalidBody(time)
    return time
  }

  /** One of some words, or '' where it is not there. @param goType `Clock`, as in `unknown Clock x`. */
  word<const W extends string>(name: string, goType: string, words: readonly W[]): W | '' {
    const text = this.text(name)
    if (text === '') return ''
    const word = words.find((one) => one === text)
    if (word === undefined) throw InvalidBody(`unknown ${goType} ${text}`)
    return word
  }

  #member(name: string): Json | undefined {
    return findMember(this.#object, name)
  }

  #mismatch(name: string, value: Json, type: string): Error {
    return InvalidBody(
      `json: cannot unmarshal ${jsonKindOf(value)} into Go struct field ${this.#type}.${name} of type ${type}`
    )
  }
}
