import { FUNCTIONS } from '../../../src/lambda/functions/index.ts'
import type { Signature } from '../../../src/lambda/functions/spec.ts'
import type { Type } from '../../../src/lambda/types.ts'
import type { Random } from '../../support/random.ts'
import { FIELDS, TAGS } from './points.ts'

/** What depends on the clock or on chance has no answer to compare. */
const UNCERTAIN = ['now', 'rand']
/** Functions with the types that they take and give. */
const CALLS: readonly (Signature & { readonly name: string })[] = FUNCTIONS.filter(
  ({ name }) => !UNCERTAIN.includes(name)
).flatMap(({ name, signatures }) => signatures.map((signature) => ({ ...signature, name })))

const LITERALS: Readonly<Partial<Record<Type, readonly string[]>>> = {
  float: ['0.0', '1.0', '2.5', '-1.5', '100.0', '0.1', '1000000.0'],
  int: ['0', '1', '2', '7', '-3', '1000', '9223372036854775807'],
  string: ["''", "'x'", "'abc'", "'é€'", "'1.5'", "'10'", "'true'", "'a,b'", "'3m'"],
  boolean: ['TRUE', 'FALSE'],
  duration: ['1s', '0s', '90s', '3h', '250ms', '10u', '2w'],
  regex: ['/a/', '/^[a-c]+$/', '/(x|y)(.*)/', '/\\d+/', '/(?P<n>b)c?/', '/.*/']
}

export interface LambdaOptions {
  /** Share of types that are not what is wanted. */
  readonly wrong?: number
  /** Whether an integer may be divided by what may be zero; in a condition this ends Kapacitor's process. */
  readonly canFault?: boolean
}

/** An expression of a type, more or less: without `lambda:`. */
export function lambda(random: Random, type: Type, depth = 2, options: LambdaOptions = {}): string {
  if (random.chance(options.wrong ?? 0.01))
    return lambda(random, random.pick(['float', 'int', 'string', 'boolean']), depth)
  if (depth === 0 || random.chance(0.2)) return leaf(random, type)
  const next = (wanted: Type): string => lambda(random, wanted, depth - 1, options)
  if (random.chance(0.45)) {
    const calls = CALLS.filter(({ returns }) => returns === type)
    if (calls.length > 0) {
      // Each function as often as the others, however many signatures it has.
      const { name } = random.pick(calls)
      const { args } = random.pick(calls.filter((call) => call.name === name))
      return `${name}(${args.map(next).join(', ')})`
    }
  }
  return operation(random, type, next, options) ?? leaf(random, type)
}

function leaf(random: Random, type: Type): string {
  if (type === 'missing') return '"nope"'
  if (type === 'time') return '"time"'
  const names: readonly string[] = FIELDS[type as keyof typeof FIELDS] ?? []
  if (type === 'string' && random.chance(0.2)) return `"${random.pick(Object.keys(TAGS))}"`
  if (names.length > 0 && random.chance(0.7)) return `"${random.pick(names)}"`
  return random.pick(LITERALS[type] ?? ['"nope"'])
}

function operation(
  random: Random,
  type: Type,
  next: (type: Type) => string,
  { canFault = false }: LambdaOptions
): string | undefined {
  const infix = (left: Type, operators: readonly string[], right = left): string =>
    `(${next(left)} ${random.pick(operators)} ${next(right)})`
  switch (type) {
    case 'float':
      return random.chance(0.1) ? `-(${next('float')})` : infix('float', ['+', '-', '*', '/'])
    case 'int':
      if (random.chance(0.1)) return infix('duration', ['/'])
      if (random.chance(0.7)) return infix('int', ['+', '-', '*'])
      return canFault ? infix('int', ['/', '%']) : `(${next('int')} ${random.pick(['/', '%'])} ${1 + random.int(9)})`
    case 'string':
      return infix('string', ['+'])
    case 'duration':
      if (random.chance(0.4)) return infix('duration', ['+', '-'])
      return random.chance(0.5)
        ? infix(random.pick(['int', 'float']), ['*'], 'duration')
        : infix('duration', ['*'], random.pick(['int', 'float']))
    case 'boolean': {
      const kind = random.int(6)
      if (kind === 0) return `!(${next('boolean')})`
      if (kind === 1) return infix('boolean', ['AND', 'OR', '==', '!='])
      if (kind === 2) return infix('string', ['==', '!=', '<', '>'])
      if (kind === 3) return `(${next('string')} ${random.pick(['=~', '!~'])} ${leaf(random, 'regex')})`
      if (kind === 4) return infix('duration', ['<', '>', '=='])
      return infix(random.pick(['float', 'int']), ['<', '<=', '>', '>=', '==', '!='], random.pick(['float', 'int']))
    }
    default:
      return undefined
  }
}
