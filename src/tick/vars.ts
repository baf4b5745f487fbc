import { parseDuration } from '../core/duration.ts'
import { findMember, isJsonObject, type Json, JsonNumber } from '../core/json.ts'
import { type Int, intOf } from '../model/value.ts'
import type { CommentBlock, Position } from './ast.ts'
import { refuse, type Result, succeed } from './result.ts'
import { formatExpression } from './format.ts'
import { parseLambda } from './parser.ts'
import { compileRegexp } from './regexp.ts'
import { type ScriptValue, VAR_TYPES, type VarType } from './value.ts'

/**
 * Vars that a client supplies for a task. They pass three gates, each of which the API calls at its own place in the
 * order of checks: `decodeVars` (400 `invalid JSON`), `checkVars` (400 `invalid var NAME: …`) and `scriptValues`
 * (400 `invalid TICKscript: invalid var NAME: …`).
 */
export interface Var {
  /** `unknown` where the client gave none. */
  readonly type: VarType | 'unknown'
  readonly value: VarValue
  readonly description: string
}
export type Vars = ReadonlyMap<string, Var>

/** int: Int, float: number, duration: bigint, list: Var[]; everything else as it came in JSON. */
export type VarValue = Int | string | boolean | null | JsonNumber | readonly Var[] | Unusable
/** JSON of a shape that no var has; kept for its name in the message. */
interface Unusable {
  readonly hostType: 'map[string]interface {}' | '[]interface {}'
}

/** What a response shows of a var. */
export interface VarJson {
  readonly type: string
  readonly value: Int | string | boolean | null | readonly VarJson[] | { readonly typeOf: 'star' }
  readonly description: string
}

const INVALID_JSON = 'invalid JSON'

/** Reads the `vars` member of a request; absent or null is none. */
export function decodeVars(json: Json | undefined): Result<Vars> {
  const vars = new Map<string, Var>()
  if (json === undefined || json === null) return succeed(vars)
  if (!isJsonObject(json)) return refuse(INVALID_JSON)
  for (const [name, member] of json) {
    const decoded = decodeVar(member)
    if (decoded === undefined) return refuse(INVALID_JSON)
    vars.set(name, decoded)
  }
  return succeed(vars)
}

/** Whether every value suits its type, as far as that is seen without parsing it. */
export function checkVars(vars: Vars): Result<Vars> {
  for (const [name, one] of vars) {
    const problem = findProblem(one)
    if (problem !== undefined) return refuse(`invalid var ${name}: ${problem}`)
  }
  return succeed(vars)
}

/** The values that a script gets. `vars` have passed `checkVars`. */
export function scriptValues(vars: Vars): Result<ReadonlyMap<string, ScriptValue>> {
  const values = new Map<string, ScriptValue>()
  for (const [name, one] of vars) {
    const value = scriptValue(one)
    if (!value.ok) return refuse(`invalid var ${name}: ${value.error.message}`)
    values.set(name, value.value)
  }
  return succeed(values)
}

/** How a task's vars are shown; `JSON.parse` of it decodes to the same vars again. */
export function varsJson(vars: Vars): ReadonlyMap<string, VarJson> {
  return new Map([...vars].map(([name, one]) => [name, varJson(one)]))
}

/**
 * How a template shows a variable that its script declares.
 * @param value The default; undefined where the declaration has a type only.
 * @param comment The comments right above the declaration.
 * @returns undefined for a value that no var can have (a node).
 */
export function declaredVarJson(
  type: VarType,
  value: ScriptValue | undefined,
  comment: CommentBlock | undefined
): VarJson | undefined {
  const shown = value === undefined ? null : valueJson(value)
  return shown === undefined ? undefined : { type, value: shown, description: describe(comment) }
}

/** The type under which a value is declared; undefined where it is none of the nine. */
export function varTypeOf(value: ScriptValue): VarType | undefined {
  if (value.type === 'boolean') return 'bool'
  return VAR_TYPES.find((type) => type === value.type)
}

function decodeVar(json: Json): Var | undefined {
  if (json === null) return { type: 'unknown', value: null, description: '' }
  if (!isJsonObject(json)) return undefined
  const type = decodeType(findMember(json, 'type'))
  const description = findMember(json, 'description') ?? ''
  if (type === undefined || typeof description !== 'string') return undefined
  const value = decodeValue(type, findMember(json, 'value') ?? null)
  return value === undefined ? undefined : { type, value, description }
}

function decodeType(json: Json | undefined): Var['type'] | undefined {
  return json === undefined || json === null ? 'unknown' : VAR_TYPES.find((type) => type === json)
}

/** undefined where decoding refuses it. null is always left for the next gate. */
function decodeValue(type: Var['type'], json: Json): VarValue | undefined {
  if (type === 'star' || json === null) return null
  switch (type) {
    case 'int': {
      const value = json instanceof JsonNumber ? json.toInt() : undefined
      return value === undefined ? undefined : intOf(value)
    }
    case 'float':
      return json instanceof JsonNumber ? json.toFloat() : undefined
    case 'duration':
      if (json instanceof JsonNumber) return json.toInt()
      return typeof json === 'string' ? parseDuration(json) : undefined
    case 'list':
      return Array.isArray(json) ? decodeItems(json as readonly Json[]) : undefined
    default:
      return asItCame(json)
  }
}

/** The items of a list keep numbers undecoded, so that none of the types made of them is usable there. */
function decodeItems(items: readonly Json[]): readonly Var[] | undefined {
  const vars: Var[] = []
  for (const item of items) {
    if (!isJsonObject(item)) return undefined
    const type = VAR_TYPES.find((one) => one === item.get('type')) // Differs: a type that is no string is invalid
    const value = item.get('value')
    if (type === undefined || value === undefined) return undefined
    vars.push({ type, value: type === 'star' ? null : asItCame(value), description: '' })
  }
  return vars
}

function asItCame(json: Json): VarValue {
  if (Array.isArray(json)) return { hostType: '[]interface {}' }
  return isJsonObject(json) ? { hostType: 'map[string]interface {}' } : (json as VarValue)
}

function findProblem({ type, value }: Var): string | undefined {
  if (type === 'star') return undefined
  if (type === 'list') {
    if (!Array.isArray(value)) return `var has list type but value is not list, got ${hostTypeOfJson(value)}`
    return (value as readonly Var[]).map(findProblem).find((problem) => problem !== undefined)
  }
  if (typeof value === 'boolean') return type === 'bool' ? undefined : `mismatched type and value: bool ${type}`
  if (typeof value === 'string') {
    const isText = type === 'string' || type === 'regex' || type === 'lambda'
    return isText ? undefined : `unexpected var type ${type}, value is a string`
  }
  if (typeof value === 'number' || typeof value === 'bigint') return undefined
  return `unsupported Var type ${hostTypeOfJson(value)}.`
}

function hostTypeOfJson(value: VarValue): string {
  if (value === null) return '<nil>'
  if (value instanceof JsonNumber) return 'json.Number'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  return typeof value === 'object' && 'hostType' in value ? value.hostType : '[]interface {}'
}

/** Trees that no script holds the text of are anchored here. */
const NOWHERE: Position = { offset: 0, line: 1, char: 1 }

function scriptValue({ type, value }: Var): Result<ScriptValue> {
  switch (type) {
    case 'int':
      return succeed({ type, value: value as Int })
    case 'float':
      return succeed({ type, value: value as number })
    case 'bool':
      return succeed({ type: 'boolean', value: value as boolean })
    case 'duration':
      return succeed({ type, value: value as bigint })
    case 'regex':
      return regexValue(value as string)
    case 'lambda': {
      const lambda = parseLambda(value as string)
      if (!lambda.ok) return refuse(`invalid lambda expression: ${lambda.error.message}`)
      return succeed({ type, value: lambda.value })
    }
    case 'list':
      return listValue(value as readonly Var[])
    case 'star':
      return succeed({ type, value: { kind: 'star', at: NOWHERE } })
    default:
      return succeed({ type: 'string', value: value as string })
  }
}

function regexValue(pattern: string): Result<ScriptValue> {
  const compiled = compileRegexp(pattern)
  if (!compiled.ok) return refuse(`invalid regex pattern: ${compiled.error.message}`)
  const literal = pattern.replaceAll('/', '\\/')
  return succeed({ type: 'regex', value: { kind: 'regex', at: NOWHERE, pattern, literal } })
}

function listValue(items: readonly Var[]): Result<ScriptValue> {
  const values: ScriptValue[] = []
  for (const item of items) {
    const value = scriptValue(item)
    if (!value.ok) return value
    values.push(value.value)
  }
  return succeed({ type: 'list', value: values })
}

function varJson({ type, value, description }: Var): VarJson {
  const shown = Array.isArray(value) ? (value as readonly Var[]).map(varJson) : (value as VarJson['value'])
  return { type, value: shown, description }
}

/** undefined where it, or an item of it, is no value that a var can have. */
function valueJson(value: ScriptValue): VarJson['value'] | undefined {
  switch (value.type) {
    case 'int':
    case 'float':
    case 'string':
    case 'boolean':
    case 'duration':
      return value.value
    case 'regex':
      return value.value?.pattern ?? null
    case 'lambda':
      return value.value === null ? null : formatExpression(value.value.body)
    case 'star':
      return value.value === null ? null : { typeOf: 'star' }
    case 'list': {
      const items = value.value.map((item) => declaredVarJson(varTypeOf(item) ?? 'string', item, undefined))
      return items.includes(undefined) ? undefined : (items as VarJson[])
    }
    default:
      return undefined
  }
}

/** Lines of the comment above a declaration; a blank line between two comments is told by three newlines. */
function describe(comment: CommentBlock | undefined): string {
  return (comment ?? []).map((line) => line ?? '\n').join('\n')
}
