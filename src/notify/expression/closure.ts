import type {
  CallExpression,
  Expression,
  Literal,
  MemberExpression,
  Node,
  PrivateIdentifier,
  Program,
  Super
} from 'acorn'
import type { AlertView } from '../expression.ts'
import { BINARY, CHOICES, FUNCTIONS, HIDDEN, METHODS, UNARY } from './allowed.ts'
import { dateMethods } from './date-methods.ts'
import { findSearch } from './search.ts'

/**
 * Programs that are one plain expression over an alert run as a closure: no worker, no copy, no time limit needed,
 * since there is neither a loop nor a function, and regular expressions are RE2's. The syntax tree is checked against
 * an allow-list; whatever is not on it is left to the script workers, whose answers these are.
 */
export type Closure = (subject: unknown) => unknown

/** Longest text that separators alone may make: no other method makes more than there is. */
const JOINED_MAX_LENGTH = 1024 * 1024

/** What is known of an expression's value: a part of an alert, or any data. */
type Kind = 'alert' | 'alerts' | 'date' | 'info' | 'data'

interface Compiled {
  readonly kind: Kind
  readonly run: Closure
}

class NotPlain extends Error {}

/** @returns undefined where the program is more than a plain expression. */
export function compileClosure(program: Program, subject: 'alert' | 'alerts'): Closure | undefined {
  const [statement, ...others] = program.body
  if (statement === undefined) return () => undefined
  if (others.length > 0 || statement.type !== 'ExpressionStatement') return undefined
  try {
    return new Compiler(subject).value(statement.expression)
  } catch (error) {
    if (error instanceof NotPlain) return undefined
    throw error
  }
}

class Compiler {
  readonly #subject: 'alert' | 'alerts'

  constructor(subject: 'alert' | 'alerts') {
    this.#subject = subject
  }

  /** An expression whose value is used as a whole: no part of an alert that programs see as an object of the host. */
  value(node: Node): Closure {
    const { kind, run } = this.#expression(node as Expression)
    return kind === 'data' ? run : refuse()
  }

  #expression(node: Expression | Super | PrivateIdentifier): Compiled {
    switch (node.type) {
      case 'ParenthesizedExpression':
        return this.#expression(node.expression)
      case 'Literal':
        return data(constant(literalOf(node)))
      case 'Identifier':
        return this.#identifier(node.name)
      case 'MemberExpression':
        return this.#member(node)
      case 'CallExpression':
        return data(this.#call(node))
      case 'UnaryExpression': {
        const operate = UNARY.get(node.operator) ?? refuse()
        const argument = this.value(node.argument)
        return data((subject) => operate(argument(subject)))
      }
      case 'BinaryExpression': {
        const operate = BINARY.get(node.operator) ?? refuse()
        const left = this.value(node.left)
        const right = this.value(node.right)
        return data((subject) => operate(left(subject), right(subject)))
      }
      case 'LogicalExpression': {
        const choose = CHOICES.get(node.operator) ?? refuse()
        return data(choose(this.value(node.left), this.value(node.right)))
      }
      case 'ConditionalExpression': {
        const test = this.value(node.test)
        const yes = this.value(node.consequent)
        const no = this.value(node.alternate)
        return data((subject) => (test(subject) ? yes(subject) : no(subject)))
      }
      default:
        return refuse()
    }
  }

  #identifier(name: string): Compiled {
    if (name === this.#subject) return { kind: this.#subject, run: (subject) => subject }
    if (name === 'undefined') return data(constant(undefined))
    if (name === 'NaN') return data(constant(NaN))
    return name === 'Infinity' ? data(constant(Infinity)) : refuse()
  }

  #member(node: MemberExpression): Compiled {
    if (node.optional === true) return refuse()
    const { kind, run } = this.#expression(node.object)
    const name = nameOf(node)
    if (kind === 'alerts') {
      if (name === 'length') return data((subject) => (run(subject) as readonly unknown[]).length)
      return typeof name === 'number' ? { kind: 'alert', run: memberOf(run, name) } : refuse()
    }
    if (kind === 'alert') return this.#part(run, String(name))
    if (kind === 'date' || (typeof name === 'string' && HIDDEN.has(name))) return refuse()
    if (kind === 'info') return data(withoutNull(memberOf(run, name)))
    return data(memberOf(run, name))
  }

  #part(run: Closure, name: string): Compiled {
    const read = memberOf(run, name)
    switch (name) {
      case 'Date':
        return { kind: 'date', run: read }
      case 'Sub':
        return { kind: 'alerts', run: read }
      case 'Info':
        return { kind: 'info', run: read }
      case 'Routes':
      case 'Stats':
      case 'From':
      case 'Host':
      case 'Title':
      case 'Message':
        return data(read)
      default:
        return refuse()
    }
  }

  #call({ callee, arguments: given, optional }: CallExpression): Closure {
    if (optional === true) return refuse()
    const args = given.map((one) => (one.type === 'SpreadElement' ? refuse() : this.value(one)))
    if (callee.type === 'Identifier') return callFunction(callee.name, args)
    if (callee.type !== 'MemberExpression' || callee.optional === true) return refuse()
    const name = nameOf(callee)
    const { object } = callee
    if (object.type === 'Identifier' && object.name === 'Math') return callFunction(`Math.${name}`, args)
    if (object.type === 'Literal' && object.regex !== undefined) return callSearch(object, name, args)
    const { kind, run } = this.#expression(object)
    if (kind === 'date') {
      const method = dateMethods.get(String(name))
      return method === undefined || args.length > 0 ? refuse() : (subject) => method(run(subject) as string)
    }
    if (kind !== 'data' || typeof name !== 'string' || !METHODS.has(name)) return refuse()
    return (subject) =>
      invoke(
        run(subject),
        name,
        args.map((arg) => arg(subject))
      )
  }
}

function callFunction(name: string, args: readonly Closure[]): Closure {
  const call = FUNCTIONS.get(name) ?? refuse()
  return (subject) => call(...args.map((arg) => arg(subject)))
}

function callSearch({ regex }: Literal, name: string | number, args: readonly Closure[]): Closure {
  const search = name === 'test' && args.length === 1 ? findSearch(regex!.pattern, regex!.flags) : undefined
  if (search === undefined) return refuse()
  const [arg] = args
  return (subject) => search(String(arg!(subject)))
}

/** Calls a method of a string or a list; what the value has of its own by that name is data and cannot be called. */
function invoke(receiver: unknown, name: string, args: readonly unknown[]): unknown {
  if (receiver === undefined || receiver === null) {
    throw new TypeError(`Cannot read properties of ${receiver} (reading '${name}')`)
  }
  const owner: object | undefined =
    typeof receiver === 'string' ? String.prototype : Array.isArray(receiver) ? Array.prototype : undefined
  const method = (owner as Record<string, unknown> | undefined)?.[name]
  if (typeof method !== 'function') throw new TypeError(`${name} is not a function`)
  if (name === 'join' && String(args[0] ?? ',').length * (receiver as readonly unknown[]).length > JOINED_MAX_LENGTH) {
    throw new RangeError('Invalid string length')
  }
  return Reflect.apply(method, receiver, args) as unknown
}

/** The name of a member where it stands in the program. */
function nameOf({ computed, property }: MemberExpression): string | number {
  if (!computed) return property.type === 'Identifier' ? property.name : refuse()
  const value = property.type === 'Literal' ? property.value : undefined
  return typeof value === 'string' || typeof value === 'number' ? value : refuse()
}

function memberOf(run: Closure, name: string | number): Closure {
  return (subject) => {
    const value = run(subject)
    if (value === undefined || value === null) {
      throw new TypeError(`Cannot read properties of ${value} (reading '${name}')`)
    }
    if (typeof value === 'string') return name === 'length' ? value.length : value[Number(name)]
    return typeof value === 'object' && Object.hasOwn(value, name)
      ? (value as Readonly<Record<string | number, unknown>>)[name]
      : undefined
  }
}

function withoutNull(run: Closure): Closure {
  return (subject) => run(subject) ?? undefined
}

function literalOf({ value, regex, bigint }: Literal): unknown {
  return regex === undefined && typeof bigint !== 'string' ? value : refuse()
}

function constant(value: unknown): Closure {
  return () => value
}

function data(run: Closure): Compiled {
  return { kind: 'data', run }
}

function refuse(): never {
  throw new NotPlain()
}

/** Runs a closure as a worker would run its program. */
export function runClosure(closure: Closure, subject: AlertView | readonly AlertView[]) {
  try {
    return { ok: true, value: closure(subject) } as const
  } catch (error) {
    if (error instanceof Error) return { ok: false, message: `${error.name}: ${error.message}` } as const
    throw error
  }
}
