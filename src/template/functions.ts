import type { Budget } from './budget.ts'
import { isEqualToAny, isLess } from './compare.ts'
import { toJson } from './json.ts'
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
  keysOf,
  MapValue,
  Safe,
  typeName,
  type Value
} from './values.ts'

/** What every template may call. `and` and `or` are the compiler's, since they leave arguments unevaluated. */
export const BUILTINS: ReadonlyMap<string, Callable> = new Map<string, Callable>([
  ['call', { params: ['any'], rest: 'any', call: callValue }],
  ['html', escaper(escapeHtml)],
  ['index', { params: ['any'], rest: 'any', call: index }],
  ['slice', { params: ['any'], rest: 'any', call: slice }],
  ['js', escaper(escapeJs)],
  ['len', { params: ['any'], call: ([value], budget) => int(lengthOf(value, budget)) }],
  ['not', { params: ['any'], call: ([value], budget) => !isTrue(value, budget) }],
  ['print', { params: [], rest: 'any', call: sprint }],
  [
    'printf',
    { params: ['string'], rest: 'any', call: ([format, ...args], budget) => sprintf(format as string, args, budget) }
  ],
  ['println', { params: [], rest: 'any', call: sprintln }],
  ['urlquery', escaper(escapeQuery)],
  ['eq', { params: ['any'], rest: 'any', call: ([first, ...others], budget) => isEqualToAny(first, others, budget) }],
  ['ne', { params: ['any', 'any'], call: ([a, b], budget) => !isEqualToAny(a, [b], budget) }],
  ['lt', { params: ['any', 'any'], call: ([a, b]) => isLess(a, b) }],
  ['le', { params: ['any', 'any'], call: ([a, b], budget) => isLess(a, b) || isEqualToAny(a, [b], budget) }],
  ['gt', { params: ['any', 'any'], call: ([a, b], budget) => !isLess(a, b) && !isEqualToAny(a, [b], budget) }],
  ['ge', { params: ['any', 'any'], call: ([a, b]) => !isLess(a, b) }]
])

/** Kapacitor's additions, where it has them: `json` ends in a newline, `jsonCompact` does not. */
export const JSON_FUNCTIONS: ReadonlyMap<string, Callable> = new Map<string, Callable>([
  ['json', { params: ['any'], call: ([value], budget) => new Safe('js', `${toJson(value, budget)}\n`) }],
  ['jsonCompact', { params: ['any'], call: ([value], budget) => new Safe('js', toJson(value, budget)) }]
])

function escaper(escape: (text: string, budget: Budget) => string): Callable {
  return { params: [], rest: 'any', call: (args, budget) => escape(textOf(args, budget), budget) }
}

/** The operands of an escaper as one text: a lone string as it is, others printed together. */
export function textOf(args: readonly Value[], budget: Budget): string {
  if (args.length === 1 && typeof args[0] === 'string') return args[0]
  return sprint(
    args.map((arg) => arg ?? '<no value>'),
    budget
  )
}

export function escapeHtml(text: string, budget: Budget): string {
  return replaceCharacters(text, HTML, budget)
}

/** Replacements by character code, of ASCII characters only. */
export function replacements(entries: Readonly<Record<string, string>>): readonly (string | undefined)[] {
  const table = new Array<string | undefined>(128).fill(undefined)
  for (const [character, replacement] of Object.entries(entries)) table[character.charCodeAt(0)] = replacement
  return table
}

/** Slices between the characters that change: what a regular expression would call back for, in a third of the time. */
export function replaceCharacters(text: string, table: readonly (string | undefined)[], budget: Budget): string {
  budget.spend(text.length * READ_STEPS)
  let out = ''
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const replacement = code < 128 ? table[code] : undefined
    if (replacement === undefined) continue
    budget.spend(REPLACE_STEPS)
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

/** Copying an item of a list, in characters. */
const ITEM_PASSES = 4

/** Steps for a character that is looked at, and for one that is replaced. */
const READ_STEPS = 0.25
export const REPLACE_STEPS = 3

const JS: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D'
}

export function escapeJs(text: string, budget: Budget): string {
  budget.spend(text.length * READ_STEPS)
  return text.replace(/[^ !#-%(-;?-[\]-~]/gu, (character) => {
    budget.spend(REPLACE_STEPS)
    const short = JS[character]
    if (short !== undefined) return short
    if (isPrintable(character)) return character
    return `\\u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
  })
}

/** What is escaped in a query, though not by encodeURIComponent; that leaves no space. */
const QUERY = replacements({ '!': '%21', "'": '%27', '(': '%28', ')': '%29', '*': '%2A' })

export function escapeQuery(text: string, budget: Budget): string {
  budget.spend(text.length * 2)
  const escaped = encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '\ufffd')).replaceAll('%20', '+')
  return replaceCharacters(escaped, QUERY, budget)
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
  const classified = classify(item)
  switch (classified.kind) {
    case 'map': {
      if (key === null || key === undefined) throw new CallError('value is nil; should be of type string')
      if (typeof key !== 'string') throw new CallError(`value has type ${typeName(key)}; should be string`)
      return elementOf(classified.value, key)
    }
    case 'slice':
      return classified.value[elementPosition(key, classified.value.length, 'slice')]
    case 'string':
      return byteOf(classified.value, key)
    case 'safe':
      return byteOf(classified.value.text, key)
    case 'nil':
      throw new CallError('index of nil pointer')
    default:
      throw new CallError(`can't index item of type ${typeName(item)}`)
  }
}

function byteOf(text: string, key: Value): Int {
  const bytes = Buffer.from(text)
  return new Int(BYTE, BigInt(bytes[elementPosition(key, bytes.length, 'string')]!))
}

/** The position of an element, where that behind the last one is not out of range to `index`, but to what it calls. */
function elementPosition(key: Value, length: number, kind: string): number {
  const index = position(key, length)
  if (index === length) throw new CallError(`reflect: ${kind} index out of range`)
  return index
}

function elementOf(map: MapValue, key: string): Value {
  return map.get(key) ?? (map.elementType === 'string' ? '' : null)
}

function position(key: Value, last: number): number {
  if (key === null || key === undefined) throw new CallError('cannot index slice/array with nil')
  const classified = classify(key)
  if (classified.kind !== 'int') throw new CallError(`cannot index slice/array with type ${typeName(key)}`)
  if (classified.value < 0n || classified.value > BigInt(last))
    throw new CallError(`index out of range: ${classified.value}`)
  return Number(classified.value)
}

function slice([item, ...indexes]: readonly Value[], budget: Budget): Value {
  if (item === undefined || item === null) throw new CallError('slice of untyped nil')
  if (indexes.length > 3) throw new CallError(`too many slice indexes: ${indexes.length}`)
  const whole = sliceable(item)
  if (Buffer.isBuffer(whole) && indexes.length === 3) throw new CallError('cannot 3-index slice a string')
  budget.spendOn(whole.length * ITEM_PASSES)
  const positions = indexes.map((key) => position(key, whole.length))
  const [start = 0, end = whole.length, limit = whole.length] = positions
  if (start > end) throw new CallError(`invalid slice index: ${start} > ${end}`)
  if (end > limit) throw new CallError(`invalid slice index: ${end} > ${limit}`)
  return Buffer.isBuffer(whole)
    ? whole.subarray(start, end).toString('utf8')
    : (whole as readonly Value[]).slice(start, end)
}

function sliceable(item: Value): Buffer | readonly Value[] {
  const classified = classify(item)
  if (classified.kind === 'slice') return classified.value
  if (classified.kind === 'string') return Buffer.from(classified.value)
  if (classified.kind === 'safe') return Buffer.from(classified.value.text)
  throw new CallError(`can't slice item of type ${typeName(item)}`)
}

function lengthOf(value: Value, budget: Budget): number {
  const classified = classify(value)
  switch (classified.kind) {
    case 'string':
      return Buffer.byteLength(classified.value)
    case 'safe':
      return Buffer.byteLength(classified.value.text)
    case 'slice':
      return classified.value.length
    case 'map':
      return keysOf(classified.value, budget).length
    case 'nil':
      if (value === undefined) throw new CallError('reflect: call of reflect.Value.Type on zero Value')
      throw new CallError('len of nil pointer')
    default:
      throw new CallError(`len of type ${typeName(value)}`)
  }
}
