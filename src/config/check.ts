import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { type Fields, FORMATS, schemaOf } from './fields.ts'

export type Raw = Record<string, unknown>
export type Path = readonly (string | number)[]

/** What is wrong at a path of the configuration. */
export interface Mistake {
  readonly path: Path
  readonly message: string
}

/** Whether values are those that the fields describe. */
export function mistakesIn(fields: Fields, raw: Raw): Mistake[] {
  let validate = validators.get(fields)
  if (validate === undefined) validators.set(fields, (validate = ajv.compile(schemaOf(fields))))
  return validate(raw) ? [] : (validate.errors ?? []).map(explain)
}

const formats = Object.fromEntries(Object.entries(FORMATS).map(([name, { accepts }]) => [name, accepts]))
const ajv = new Ajv({ allErrors: true, strict: false, verbose: true, formats })
const validators = new WeakMap<Fields, ValidateFunction>()

function explain(error: ErrorObject): Mistake {
  const path = pathOf(error.instancePath)
  const name = path.length === 0 ? 'the file' : path.join('.')
  if (error.keyword !== 'additionalProperties') return { path, message: `${name} ${wordsOf(error)}` }
  const { additionalProperty: key } = error.params as { additionalProperty: string }
  const nearest = findNearest(key, Object.keys((error.parentSchema as { properties: Raw }).properties))
  const place = path.length === 0 ? '' : ` in ${name}`
  const hint = nearest === undefined ? '' : `, did you mean ${JSON.stringify(nearest)}?`
  return { path: [...path, key], message: `unknown key ${JSON.stringify(key)}${place}${hint}` }
}

/** Of a JSON pointer; our keys have no `/` and no `~`. */
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

function wordsOf({ keyword, params, message }: ErrorObject): string {
  const { type, format, limit, allowedValues } = params as {
    readonly type: string
    readonly format: string
    readonly limit: number
    readonly allowedValues: readonly string[]
  }
  switch (keyword) {
    case 'type':
      return `must be ${TYPE_WORDS[type]}`
    case 'enum':
      return `must be one of ${allowedValues.map((word) => JSON.stringify(word)).join(', ')}`
    case 'format':
      return `must be ${FORMATS[format]!.words}`
    case 'minLength':
      return 'must not be empty'
    case 'minimum':
      return `must be at least ${limit}`
    default:
      return message ?? 'is not valid'
  }
}

/** The known word that differs least, where that is by at most a third of its letters, or two. */
export function findNearest(word: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined
  let least = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < least) {
      least = distance
      nearest = candidate
    }
  }
  return nearest
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
