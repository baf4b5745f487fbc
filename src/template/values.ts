import type { Budget } from './budget.ts'
import type { Time } from './time.ts'

/**
 * Go's values as templates see them. Plain ones stand for themselves: a `number` is a float64, a `bigint` an int64,
 * null a nil interface, undefined no value at all (a missing map key), an array a `[]interface {}`, and a plain object
 * a `map[string]interface {}`. What JavaScript cannot say is one of the classes here.
 */
export type Value =
  | undefined
  | null
  | boolean
  | string
  | number
  | bigint
  | Int
  | Time
  | Safe
  | StructValue
  | MapValue
  | readonly Value[]
  | { readonly [key: string]: Value }

/** What a parameter of a function or method takes; `any` is Go's `interface {}`. */
export type ParamType = 'any' | 'string' | 'bool' | 'int' | 'float64' | 'time.Duration' | 'time.Time' | '*time.Location'

/** Something that a template can call. */
export interface Callable {
  readonly params: readonly ParamType[]
  /** Type of further arguments; without it there may be none. */
  readonly rest?: ParamType
  /**
   * Given arguments of those types. May throw `CallError`.
   * @param budget Has paid for passing over the texts among the arguments once; the function spends what it does beside.
   */
  readonly call: (args: readonly Value[], budget: Budget) => Value
}

export interface Method<T> {
  readonly params: readonly ParamType[]
  /** Why no template can call it. */
  readonly uncallable?: string
  /** Steps that a call takes, and those for each character of its text arguments. */
  readonly steps?: number
  readonly perCharacter?: number
  readonly call: (receiver: T, args: readonly Value[]) => Value
}

/** The failure of a function, told as `error calling NAME: MESSAGE`. */
export class CallError extends Error {}

/** An integer type that is not int64, or one with a text and methods of its own. */
export interface IntType {
  readonly name: string
  /** How a value prints, where that is not by its digits. */
  readonly print?: (value: bigint) => string
  /** JSON has the text, too. */
  readonly isText?: boolean
  readonly methods?: ReadonlyMap<string, Method<Int>>
}

export class Int {
  readonly type: IntType
  readonly value: bigint

  constructor(type: IntType, value: bigint) {
    this.type = type
    this.value = value
  }
}

/** Type of constants and of what the builtin functions return. */
export const INT: IntType = { name: 'int' }
export const BYTE: IntType = { name: 'uint8' }

export function int(value: number): Int {
  return new Int(INT, BigInt(value))
}

/** A struct type: the fields that templates may name, in their order. */
export class StructType {
  readonly name: string
  /** Names in JSON by name. */
  readonly fields: ReadonlyMap<string, string>

  /**
   * @param name As errors print it: `alert.Data`.
   * @param fields Names, which are then those of JSON too, or names with those of JSON.
   */
  constructor(name: string, fields: readonly string[] | Readonly<Record<string, string>>) {
    this.name = name
    const entries = Array.isArray(fields)
      ? (fields as readonly string[]).map((field) => [field, field] as const)
      : Object.entries(fields)
    this.fields = new Map(entries)
  }
}

/** A struct over any object that has its fields as members or getters; nothing is copied. */
export class StructValue {
  readonly type: StructType
  readonly members: object

  constructor(type: StructType, members: object) {
    this.type = type
    this.members = members
  }

  get(field: string): Value {
    return (this.members as Record<string, Value>)[field]
  }
}

/** A map with string keys. Its own class where it reads from something else than a plain object. */
export abstract class MapValue {
  abstract readonly elementType: 'string' | 'interface {}'
  /** undefined where it has no such key. */
  abstract get(key: string): Value
  /** Keys in any order. */
  abstract keys(): readonly string[]
}

/** A `map[string]string`: the one whose missing elements are empty strings to `index`. */
export class StringMap extends MapValue {
  readonly elementType = 'string'
  readonly #values: Readonly<Record<string, string>>

  constructor(values: Readonly<Record<string, string>>) {
    super()
    this.#values = values
  }

  get(key: string): string | undefined {
    return Object.hasOwn(this.#values, key) ? this.#values[key] : undefined
  }

  keys(): readonly string[] {
    return Object.keys(this.#values)
  }
}

class PlainMap extends MapValue {
  readonly elementType = 'interface {}'
  readonly #values: { readonly [key: string]: Value }

  constructor(values: { readonly [key: string]: Value }) {
    super()
    this.#values = values
  }

  get(key: string): Value {
    return Object.hasOwn(this.#values, key) ? this.#values[key] : undefined
  }

  keys(): readonly string[] {
    return Object.keys(this.#values)
  }
}

/** Text that an HTML context takes as it is. */
export class Safe {
  readonly kind: 'js'
  readonly text: string

  constructor(kind: 'js', text: string) {
    this.kind = kind
    this.text = text
  }
}

/** A value by its kind, so that a `switch` can tell them all. */
export type Classified =
  | { readonly kind: 'nil' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: bigint; readonly type: IntType }
  | { readonly kind: 'time'; readonly value: Time }
  | { readonly kind: 'safe'; readonly value: Safe }
  | { readonly kind: 'struct'; readonly value: StructValue }
  | { readonly kind: 'slice'; readonly value: readonly Value[] }
  | { readonly kind: 'map'; readonly value: MapValue }

const INT64: IntType = { name: 'int64' }
const NIL: Classified = { kind: 'nil' }

export function classify(value: Value): Classified {
  switch (typeof value) {
    case 'undefined':
      return NIL
    case 'boolean':
      return { kind: 'bool', value }
    case 'string':
      return { kind: 'string', value }
    case 'number':
      return { kind: 'float', value }
    case 'bigint':
      return { kind: 'int', value, type: INT64 }
    default:
      return value === null ? NIL : classifyObject(value)
  }
}

function classifyObject(value: Value & object): Classified {
  if (value instanceof Int) return { kind: 'int', value: value.value, type: value.type }
  if (value instanceof StructValue) return { kind: 'struct', value }
  if (value instanceof MapValue) return { kind: 'map', value }
  if (value instanceof Safe) return { kind: 'safe', value }
  if (Array.isArray(value)) return { kind: 'slice', value: value as readonly Value[] }
  if ('instant' in value) return { kind: 'time', value: value as Time }
  return { kind: 'map', value: new PlainMap(value as { readonly [key: string]: Value }) }
}

/** The name of a value's Go type. */
export function typeName(value: Value): string {
  const classified = classify(value)
  switch (classified.kind) {
    case 'nil':
      return '<nil>'
    case 'float':
      return 'float64'
    case 'int':
      return classified.type.name
    case 'time':
      return 'time.Time'
    case 'safe':
      return 'template.JS'
    case 'struct':
      return classified.value.type.name
    case 'slice':
      return '[]interface {}'
    case 'map':
      return `map[string]${classified.value.elementType}`
    default:
      return classified.kind
  }
}

/** Whether a condition holds: not the zero value, not empty. */
export function isTrue(value: Value, budget: Budget): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') return value !== ''
  const classified = classify(value)
  switch (classified.kind) {
    case 'nil':
      return false
    case 'float':
      return classified.value !== 0
    case 'int':
      return classified.value !== 0n
    case 'safe':
      return classified.value.text !== ''
    case 'slice':
      return classified.value.length > 0
    case 'map':
      return keysOf(classified.value, budget).length > 0
    default:
      return true
  }
}

/** The keys of a map, in any order. */
export function keysOf(map: MapValue, budget: Budget): readonly string[] {
  const keys = map.keys()
  budget.spend(keys.length)
  return keys
}
