import type { FieldType } from '../model/value.ts'
import type { ResultType } from './contract.ts'

/** Types of values inside of a lambda, under the names that messages use. */
export type Type = ResultType | 'regex' | 'time' | 'missing'

/** How messages of function bodies name the types. */
const GO_TYPES: Record<Type, string> = {
  int: 'int64',
  float: 'float64',
  string: 'string',
  boolean: 'bool',
  duration: 'time.Duration',
  regex: '*regexp.Regexp',
  time: 'time.Time',
  missing: '*ast.Missing'
}

export function goTypeOf(type: Type): string {
  return GO_TYPES[type]
}

/** Text of a value that was wanted as one type and is another; undefined: a type that nothing told beforehand. */
export function typeGuard(actual: Type | undefined, wanted: Type): string {
  return `TypeGuard: expression returned unexpected type ${actual ?? 'invalid type'}, expected ${wanted}`
}

/** What a name stands for in the scope of one evaluation. `null` is a field that holds nothing (join's fill). */
export type Binding =
  | { readonly source: 'field'; readonly type: Exclude<FieldType, 'null'> }
  | { readonly source: 'tag' | 'time' | 'null' | 'missing' | 'undefined' }

export function typeOfBinding(binding: Binding): Type | undefined {
  switch (binding.source) {
    case 'field':
      return binding.type
    case 'tag':
      return 'string'
    case 'time':
      return 'time'
    case 'missing':
      return 'missing'
    default:
      return undefined
  }
}
