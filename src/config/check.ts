import { isDeepStrictEqual } from 'node:util'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { findNearest } from '../core/nearest.ts'
import { type Fields, FORMATS, type JsonSchema, schemaOf } from '../core/fields.ts'

export type Raw = Record<string, unknown>
export type Path = readonly (string | number)[]

/** What is wrong at a path of the configuration. */
export interface PathProblem {
  readonly path: Path
  readonly message: string
}

/** Whether one of the problems is at a path. */
export function isAt(problems: readonly PathProblem[], path: Path): boolean {
  return problems.some((problem) => isDeepStrictEqual(problem.path, path))
}

/** Whether values are those that the fields describe. */
export function problemsIn(fields: Fields, raw: Raw): PathProblem[] {
  let schema = schemas.get(fields)
  if (schema === undefined) schemas.set(fields, (schema = schemaOf(fields)))
  return problemsAgainst(schema, raw)
}

/**
 * Whether a value fits any schema.
 * @param schema What it compiles to is kept as long as the object lives.
 * @param whole How messages call the value as a whole.
 */
export function problemsAgainst(schema: JsonSchema, raw: unknown, whole = 'the file'): PathProblem[] {
  let validate = validators.get(schema)
  if (validate === undefined) validators.set(schema, (validate = ajv.compile(schema)))
  return validate(raw) ? [] : (validate.errors ?? []).slice(0, MAX_PROBLEMS).map((error) => explain(error, whole))
}

/** Further ones are not told: a file of another kind has thousands. */
const MAX_PROBLEMS = 50

const formats = Object.fromEntries(Object.entries(FORMATS).map(([name, { accepts }]) => [name, accepts]))
const ajv = new Ajv({ allErrors: true, strict: false, verbose: true, formats })
const schemas = new WeakMap<Fields, JsonSchema>()
const validators = new WeakMap<JsonSchema, ValidateFunction>()

function explain(error: ErrorObject, whole: string): PathProblem {
  const path = pathOf(error.instancePath)
  const name = path.length === 0 ? whole : path.join('.')
  if (error.keyword !== 'additionalProperties') return { path, message: `${name} ${wordsOf(error)}` }
  const { additionalProperty: key } = error.params as { additionalProperty: string }
  const nearest = findNearest(key, Object.keys((error.parentSchema as { properties: Raw }).properties))
  const place = path.length === 0 ? '' : ` in ${name}`
  const moved = MOVED_KEYS[[...path, key].join('.')]
  const meant = moved ?? (nearest === undefined ? undefined : JSON.stringify(nearest))
  const hint = meant === undefined ? '' : `, did you mean ${meant}?`
  return { path: [...path, key], message: `unknown key ${JSON.stringify(shortened(key))}${place}${hint}` }
}

/** Keys that stood elsewhere before, or that newcomers look for there. */
const MOVED_KEYS: Readonly<Record<string, string>> = { 'notify.allow-commands': 'security.allow-commands' }

/** Letters of an unknown key that messages show. */
const SHOWN_LETTERS = 100

function shortened(word: string): string {
  return word.length > SHOWN_LETTERS ? `${word.slice(0, SHOWN_LETTERS)}…` : word
}

/** The path that a JSON pointer stands for; our keys have no `/` and no `~`. */
function pathOf(pointer: string): (string | number)[] {
  const parts = pointer.split('/').slice(1)
  return parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a section with keys'
}

function wordsOf({ keyword, params, message, parentSchema }: ErrorObject): string {
  const expected = FORMATS[(parentSchema as { readonly format?: string }).format ?? '']
  if (expected !== undefined) return `must be ${expected.words}`
  const { type, limit, allowedValues } = params as {
    readonly type: string | readonly string[]
    readonly limit: number
    readonly allowedValues: readonly string[]
  }
  switch (keyword) {
    case 'type':
      return `must be ${[type]
        .flat()
        .map((one) => TYPE_WORDS[one])
        .join(' or ')}`
    case 'enum':
      return `must be one of ${allowedValues.map((word) => JSON.stringify(word)).join(', ')}`
    case 'minLength':
      return 'must not be empty'
    case 'pattern':
      return 'must consist of letters, digits, - and _'
    case 'required':
      return `needs ${(params as { readonly missingProperty: string }).missingProperty}`
    case 'minItems':
      return 'must not be empty'
    case 'minimum':
      return `must be at least ${limit}`
    case 'maximum':
      return `must be at most ${limit}`
    default:
      return message ?? 'is not valid'
  }
}
