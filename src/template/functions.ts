import { toJson } from './json.ts'
import { printValue } from './print.ts'
import { sprint, sprintf, sprintln } from './printf.ts'
import { isPrintable } from './quote.ts'
import {
  BYTE,
  CallError,
  type Callable,
  classify,
  Int,
  int,
  isTrue,
  MapValue,
  Safe,
  typeName,
  type Value
} from './values.ts'

/** What every template may call. `and` and `or` are the compiler's, since they leave arguments unevaluated. */
export const BUILTINS: ReadonlyMap<string, Callable> = new Map<string, Callable>([
  ['call', { params: ['any'], rest: 'any', call: callValue }],
  ['html', { params: [], rest: 'any', call: (args) => escapeHtml(textOf(args)) }],
  ['index', { params: ['any'], rest: 'any', call: index }],
  ['slice', { params: ['any'], rest: 'any', call: slice }],
  ['js', { params: [], rest: 'any', call: (args) => escapeJs(textOf(args)) }],
  ['len', { params: ['any'], call: ([value]) => int(lengthOf(value)) }],
  ['not', { params: ['any'], call: ([value]) => !isTrue(value) }],
  ['print', { params: [], rest: 'any', call: sprint }],
  ['printf', { params: ['string'], rest: 'any', call: ([format, ...args]) => sprintf(format as string, args) }],
  ['println', { params: [], rest: 'any', call: sprintln }],
  ['urlquery', { params: [], rest: 'any', call: (args) => escapeQuery(textOf(args)) }],
  ['eq', { params: ['any'], rest: 'any', call: ([first, ...others]) => isEqualToAny(first, others) }],
  ['ne', { params: ['any', 'any'], call: ([a, b]) => !isEqualToAny(a, [b]) }],
  ['lt', { params: ['any', 'any'], call: ([a, b]) => isLess(a, b) }],
  ['le', { params: ['any', 'any'], call: ([a, b]) => isLess(a, b) || isEqualToAny(a, [b]) }],
  ['gt', { params: ['any', 'any'], call: ([a, b]) => !isLess(a, b) && !isEqualToAny(a, [b]) }],
  ['ge', { params: ['any', 'any'], call: ([a, b]) => !isLess(a, b) }]
])

/** Kapacitor's additions, where it has them: `json` ends in a newline, `jsonCompact` does not. */
export const JSON_FUNCTIONS: ReadonlyMap<string, Callable> = new Map<string, Callable>([
  ['json', { params: ['any'], call: ([value]) => new Safe('js', `${toJson(value)}\n`) }],
  ['jsonCompact', { params: ['any'], call: ([value]) => new Safe('js', toJson(value)) }]
])

/** The operands of an escaper as one text: a lone string as it is, others printed together. */
export function textOf(args: readonly Value[]): string {
  return args.length === 1 && typeof args[0] === 'string' ? args[0] : sprint(args)
}

export function escapeHtml(text: string): string {
  return replaceCharacters(text, HTML)
}

/** Replacements by character code, of ASCII characters only. */
export function replacements(entries: Readonly<Record<string, string>>): readonly (string | undefined)[] {
  const table = new Array<string | undefined>(128).fill(undefined)
  for (const [character, replacement] of Object.entries(entries)) table[character.charCodeAt(0)] = replacement
  return table
}

/** Slices between the characters that change: what a regular expression would call back for, in a third of the time. */
export function replaceCharacters(text: string, table: readonly (string | undefined)[]): string {
  let out = ''
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const replacement = code < 128 ? table[code] : undefined
    if (replacement === undefined) continue
    out += text.slice(start, i) + replacement
    start = i + 1
  }
  return start === 0 ? text : out + text.slice(start)
}

export const HTML_REPLACEMENTS: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;'
}
const HTML = replacements(HTML_REPLACEMENTS)

const JS: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D'
}

export function escapeJs(text: string): string {
  return Array.from(text, (character) => {
    const short = JS[character]
    if (short !== undefined) return short
    if (isPrintable(character)) return character
    return `\\u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
  }).join('')
}

export function escapeQuery(text: string): string {
  const escaped = encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '\ufffd')).replaceAll('%20', '+')
  return escaped.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

function callValue([value]: readonly Value[]): never {
  if (value === null || value === undefined) throw new CallError('call of nil')
  throw new CallError(`non-function of type ${typeName(value)}`)
}

function index([item, ...indexes]: readonly Value[]): Value {
  if (item === undefined || item === null) throw new CallError('index of untyped nil')
  return indexes.reduce(element, item)
}

function element(item: Value, key: Value): Value {
  if (typeof key === 'string' && item instanceof MapValue) return elementOf(item, key)
  const one = classify(item)
  switch (one.kind) {
    case 'map': {
      if (key === null || key === undefined) throw new CallError('value is nil; should be of type string')
      if (typeof key !== 'string') throw new CallError(`value has type ${typeName(key)}; should be string`)
      return elementOf(one.value, key)
    }
    case 'slice':
      return one.value[position(key, one.value.length - 1)]
    case 'string': {
      const bytes = Buffer.from(one.value)
      return new Int(BYTE, BigInt(bytes[position(key, bytes.length - 1)]!))
    }
    case 'nil':
      throw new CallError('index of nil pointer')
    default:
      throw new CallError(`can't index item of type ${typeName(item)}`)
  }
}

function elementOf(map: MapValue, key: string): Value {
  return map.get(key) ?? (map.elementType === 'string' ? '' : null)
}

function position(key: Value, last: number): number {
  if (key === null || key === undefined) throw new CallError('cannot index slice/array with nil')
  const one = classify(key)
  if (one.kind !== 'int') throw new CallError(`cannot index slice/array with type ${typeName(key)}`)
  if (one.value < 0n || one.value > BigInt(last)) throw new CallError(`index out of range: ${one.value}`)
  return Number(one.value)
}

function slice([item, ...indexes]: readonly Value[]): Value {
  if (item === undefined || item === null) throw new CallError('slice of untyped nil')
  if (indexes.length > 3) throw new CallError(`too many slice indexes: ${indexes.length}`)
  const one = classify(item)
  if (one.kind !== 'string' && one.kind !== 'slice') throw new CallError(`can't slice item of type ${typeName(item)}`)
  if (one.kind === 'string' && indexes.length === 3) throw new CallError('cannot 3-index slice a string')
  const whole = one.kind === 'string' ? Buffer.from(one.value) : one.value
  const positions = indexes.map((key) => position(key, whole.length))
  const [start = 0, end = whole.length, limit = whole.length] = positions
  if (start > end) throw new CallError(`invalid slice index: ${start} > ${end}`)
  if (end > limit) throw new CallError(`invalid slice index: ${end} > ${limit}`)
  return Buffer.isBuffer(whole)
    ? whole.subarray(start, end).toString('utf8')
    : (whole as readonly Value[]).slice(start, end)
}

function lengthOf(value: Value): number {
  const one = classify(value)
  switch (one.kind) {
    case 'string':
      return Buffer.byteLength(one.value)
    case 'safe':
      return Buffer.byteLength(one.value.text)
    case 'slice':
      return one.value.length
    case 'map':
      return one.value.keys().length
    case 'nil':
      if (value === undefined) throw new CallError('reflect: call of reflect.Value.Type on zero Value')
      throw new CallError('len of nil pointer')
    default:
      throw new CallError(`len of type ${typeName(value)}`)
  }
}

type Comparable = {
  readonly kind: 'bool' | 'int' | 'float' | 'string'
  readonly value: boolean | bigint | number | string
}

/** The value as one of the kinds that have an order; undefined for a nil. */
function comparable(value: Value): Comparable | undefined {
  const one = classify(value)
  switch (one.kind) {
    case 'nil':
      return undefined
    case 'bool':
    case 'int':
    case 'float':
    case 'string':
      return one
    case 'safe':
      return { kind: 'string', value: one.value.text }
    default:
      throw new CallError(`non-comparable type ${printValue(value)}: ${typeName(value)}`)
  }
}

function isEqualToAny(first: Value, others: readonly Value[]): boolean {
  if (others.length === 0) throw new CallError('missing argument for comparison')
  return others.some((other) => {
    if (isTime(first) && isTime(other)) return printTime(first) === printTime(other)
    const a = comparable(first)
    const b = comparable(other)
    if (a === undefined || b === undefined) return a === b
    if (a.kind !== b.kind) throw new CallError('incompatible types for comparison')
    return a.value === b.value
  })
}

function isLess(first: Value, second: Value): boolean {
  const a = ordered(first)
  const b = ordered(second)
  if (a.kind !== b.kind) throw new CallError('incompatible types for comparison')
  if (a.kind === 'bool') throw new CallError('invalid type for comparison')
  if (a.kind === 'string') return Buffer.compare(Buffer.from(a.value as string), Buffer.from(b.value as string)) < 0
  return a.value < b.value
}

function ordered(value: Value): Comparable {
  const one = classify(value)
  if (one.kind === 'bool' || one.kind === 'int' || one.kind === 'float' || one.kind === 'string') return one
  throw new CallError('invalid type for comparison')
}

function isTime(value: Value): boolean {
  return classify(value).kind === 'time'
}

function printTime(value: Value): string {
  const one = classify(value)
  return one.kind === 'time' ? `${one.value.toString()} ${one.value.offsetSeconds}` : ''
}
