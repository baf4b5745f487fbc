import type { CommandNode, NumberNode, Operand, PipeNode } from './ast.ts'
import { printNode } from './ast.ts'
import type { Budget } from './budget.ts'
import { duration } from './shared-time-methods.ts'
import { TEMPLATE_TIME_METHODS } from './time-methods.ts'
import {
  CallError,
  type Callable,
  classify,
  INT,
  Int,
  isTrue,
  type Method,
  type ParamType,
  StructValue,
  MapValue,
  typeName,
  type Value
} from './values.ts'

/**
 * Expressions of templates as closures. Names are resolved and arguments matched against parameters once; what is
 * left for a rendering is to call through. A failure throws by way of `Failing`, which knows the place.
 */
export type Evaluate = (dot: Value, scope: Scope) => Value
/** Gets the value of the command before it in the pipeline; `NONE` for the first. */
type EvaluateCommand = (dot: Value, scope: Scope, final: Value | typeof NONE) => Value

/** What runs of a template: a call of one of its definitions, with the variables of that, as part of a rendering. */
export interface Scope {
  readonly variables: Value[]
  readonly budget: Budget
}

/** Steps of a command beside its operands, and of a method that does not say. */
const COMMAND_STEPS = 2
const METHOD_STEPS = 10

const NONE = Symbol('no value')

export interface Failing {
  /** Throws with the position and the text of a node. */
  fail(node: Operand | CommandNode, message: string): never
}

export class ExpressionCompiler {
  readonly #functions: ReadonlyMap<string, Callable>
  readonly #failing: Failing

  constructor(functions: ReadonlyMap<string, Callable>, failing: Failing) {
    this.#functions = functions
    this.#failing = failing
  }

  /** A pipeline, without setting the variables that it declares. */
  pipeline(pipe: PipeNode): Evaluate {
    const commands = pipe.commands.map((command) => this.#command(command))
    const steps = stepsOf(pipe)
    const [first] = commands
    if (commands.length === 1) {
      return (dot, scope) => {
        scope.budget.spend(steps)
        return first!(dot, scope, NONE)
      }
    }
    return (dot, scope) => {
      scope.budget.spend(steps)
      let value: Value | typeof NONE = NONE
      for (const command of commands) value = command(dot, scope, value)
      return value as Value
    }
  }

  /** A pipeline within an expression also sets them. */
  #declaring(pipe: PipeNode): Evaluate {
    const evaluate = this.pipeline(pipe)
    const slots = pipe.declarations.map(({ slot }) => slot)
    if (slots.length === 0) return evaluate
    return (dot, scope) => {
      const value = evaluate(dot, scope)
      for (const slot of slots) scope.variables[slot] = value
      return value
    }
  }

  #command(command: CommandNode): EvaluateCommand {
    const first = command.args[0]!
    const args = command.args.slice(1)
    switch (first.kind) {
      case 'identifier':
        return this.#call(command, first.name, args)
      case 'field':
        return this.#fields(first, (dot) => dot, first.names, args)
      case 'chain': {
        if (first.operand.kind === 'nil') {
          return () => this.#fail(first, `indirection through explicit nil in ${printNode(first)}`)
        }
        return this.#fields(first, this.#operand(first.operand), first.names, args)
      }
      case 'variable': {
        const { slot } = first
        if (first.names.length > 0)
          return this.#fields(first, (_dot, scope) => scope.variables[slot], first.names, args)
        break
      }
    }
    return this.#value(command, first, args)
  }

  /** What takes no arguments. */
  #value(command: CommandNode, node: Operand, args: readonly Operand[]): EvaluateCommand {
    if (node.kind === 'nil') return () => this.#fail(node, 'nil is not a command')
    const evaluate = this.#operand(node)
    const place = node.kind === 'pipe' ? command : node
    const refuse = (): never => this.#fail(place, `can't give argument to non-function ${printNode(node)}`)
    if (args.length > 0) return refuse
    return (dot, scope, final) => (final === NONE ? evaluate(dot, scope) : refuse())
  }

  /** An operand in a place that takes any type. */
  #operand(node: Operand): Evaluate {
    switch (node.kind) {
      case 'dot':
        return (dot) => dot
      case 'nil':
        return () => null
      case 'bool':
      case 'string': {
        const { value } = node
        return () => value
      }
      case 'number':
        return this.#constant(node)
      case 'pipe':
        return this.#declaring(node)
      case 'variable': {
        const { slot } = node
        if (node.names.length === 0) return (_dot, scope) => scope.variables[slot]
        break
      }
      case 'field':
      case 'chain':
      case 'identifier':
        break
    }
    const evaluate = this.#command({ kind: 'command', position: node.position, args: [node] })
    return (dot, scope) => evaluate(dot, scope, NONE)
  }

  #constant(node: NumberNode): Evaluate {
    if (node.isFloat) return () => node.float
    if (node.int === undefined) return () => this.#fail(node, `${node.text} overflows int`)
    const value = new Int(INT, node.int)
    return () => value
  }

  /** Fields of a receiver one after the other; arguments are the last one's, which is a method then. */
  #fields(node: Operand, receiver: Evaluate, names: readonly string[], args: readonly Operand[]): EvaluateCommand {
    const last = names.at(-1)!
    const inner = names.slice(0, -1)
    const bound = new Map<readonly ParamType[], readonly Evaluate[]>()
    const bind = (method: Method<never>): readonly Evaluate[] => {
      let evaluators = bound.get(method.params)
      if (evaluators === undefined) {
        evaluators = args.map((arg, index) => this.#argument(arg, method.params[index] ?? 'any'))
        bound.set(method.params, evaluators)
      }
      return evaluators
    }
    return (dot, scope, final) => {
      let container: Value
      let value = receiver(dot, scope)
      for (const name of inner) {
        const field = this.#field(node, value, name, scope.budget, container)
        container = value
        value = field
      }
      if (args.length === 0 && final === NONE) return this.#field(node, value, last, scope.budget, container)
      const method = findMethod(value, last)
      if (method === undefined) return this.#refuseArguments(node, value, last, scope.budget)
      const given = bind(method).map((evaluate) => evaluate(dot, scope))
      return this.#invoke(node, value, last, method, final === NONE ? given : [...given, final], scope.budget)
    }
  }

  #refuseArguments(node: Operand, value: Value, name: string, budget: Budget): Value {
    const field = this.#field(node, value, name, budget)
    if (value === undefined) return field
    const isStruct = value instanceof StructValue
    const what = isStruct ? 'has arguments but cannot be invoked as function' : 'is not a method but has arguments'
    return this.#fail(node, `${name} ${what}`)
  }

  /** @param container What the receiver was taken from: an element of a map is an interface to messages. */
  #field(node: Operand, receiver: Value, name: string, budget: Budget, container?: Value): Value {
    if (receiver instanceof StructValue) {
      if (receiver.type.fields.has(name)) return receiver.get(name)
    } else if (receiver instanceof MapValue) {
      return receiver.get(name)
    } else if (receiver === undefined) {
      return undefined
    } else if (receiver === null) {
      return this.#fail(node, `nil pointer evaluating interface {}.${name}`)
    } else {
      const method = findMethod(receiver, name)
      if (method !== undefined) return this.#invoke(node, receiver, name, method, [], budget)
      const classified = classify(receiver)
      if (classified.kind === 'map') return classified.value.get(name)
    }
    const type = isOfInterfaces(container) ? 'interface {}' : typeName(receiver)
    return this.#fail(node, `can't evaluate field ${name} in type ${type}`)
  }

  #invoke(
    node: Operand,
    receiver: Value,
    name: string,
    method: Method<never>,
    args: readonly Value[],
    budget: Budget
  ): Value {
    const { params, uncallable, steps = METHOD_STEPS, perCharacter = 0 } = method
    if (args.length !== params.length) {
      return this.#fail(node, `wrong number of args for ${name}: want ${params.length} got ${args.length}`)
    }
    if (uncallable !== undefined) return this.#fail(node, uncallable)
    const last = args.length - 1
    const checked = args.map((arg, index) => (index === last ? this.#check(node, arg, params[index]!) : arg))
    budget.spend(steps)
    for (const arg of checked) if (typeof arg === 'string') budget.spend(arg.length * perCharacter)
    return method.call(receiver as never, checked)
  }

  #call(command: CommandNode, name: string, args: readonly Operand[]): EvaluateCommand {
    if (name === 'and' || name === 'or') return this.#junction(command, name, args)
    const callable = this.#functions.get(name)!
    const { params, rest } = callable
    const paramAt = (index: number): ParamType => params[index] ?? rest ?? 'any'
    const evaluators = args.map((arg, index) => this.#argument(arg, paramAt(index)))
    const count = args.length
    const run = (values: readonly Value[], budget: Budget): Value => {
      for (const value of values) if (typeof value === 'string') budget.spendOn(value.length)
      try {
        return callable.call(values, budget)
      } catch (error) {
        if (error instanceof CallError) return this.#fail(command, `error calling ${name}: ${error.message}`)
        throw error
      }
    }
    return (dot, scope, final) => {
      const given = final === NONE ? count : count + 1
      if (rest === undefined ? given !== params.length : given < params.length) {
        const wanted =
          rest === undefined ? `want ${params.length} got ${given}` : `want at least ${params.length} got ${count}`
        return this.#fail(command.args[0]!, `wrong number of args for ${name}: ${wanted}`)
      }
      const values: Value[] = new Array<Value>(given)
      for (let i = 0; i < count; i++) values[i] = evaluators[i]!(dot, scope)
      if (final !== NONE) values[count] = this.#check(command, final, paramAt(count))
      return run(values, scope.budget)
    }
  }

  /** `and` and `or` evaluate only as far as they must. */
  #junction(command: CommandNode, name: 'and' | 'or', args: readonly Operand[]): EvaluateCommand {
    const evaluators = args.map((arg) => this.#argument(arg, 'any'))
    const stopsAt = name === 'or'
    return (dot, scope, final) => {
      if (evaluators.length === 0 && final === NONE) {
        return this.#fail(command.args[0]!, `wrong number of args for ${name}: want at least 1 got 0`)
      }
      let value: Value
      for (const evaluate of evaluators) {
        value = evaluate(dot, scope)
        if (isTrue(value, scope.budget) === stopsAt) return value
      }
      return final === NONE ? value : final
    }
  }

  /** An argument for a parameter. What is known to be wrong fails when it is reached, as in Go. */
  #argument(node: Operand, type: ParamType): Evaluate {
    if (type === 'any') return this.#operand(node)
    switch (node.kind) {
      case 'bool':
      case 'string':
      case 'number': {
        const value = literalAs(node, type)
        if (value !== undefined) return () => value
        return () => this.#fail(node, mismatch(node, type))
      }
      case 'nil':
        return () => this.#fail(node, `cannot assign nil to ${type}`)
      default: {
        const evaluate = this.#operand(node)
        return (dot, scope) => this.#check(node, evaluate(dot, scope), type)
      }
    }
  }

  #check(node: Operand | CommandNode, value: Value, type: ParamType): Value {
    if (type === 'any') return value
    if (value === undefined || value === null) return this.#fail(node, `invalid value; expected ${type}`)
    const given = typeName(value)
    if (given === type) return value
    return this.#fail(node, `wrong type for value; expected ${type}; got ${given}`)
  }

  #fail(node: Operand | CommandNode, message: string): never {
    return this.#failing.fail(node, message)
  }
}

/** What evaluating a pipeline takes, but for what functions do and for pipelines within it. */
function stepsOf({ commands }: PipeNode): number {
  let steps = 0
  for (const { args } of commands) {
    steps += COMMAND_STEPS
    for (const arg of args) steps += 'names' in arg ? 1 + arg.names.length : 1
  }
  return steps
}

function isOfInterfaces(container: Value): boolean {
  const classified = classify(container)
  return classified.kind === 'map' && classified.value.elementType !== 'string'
}

function findMethod(receiver: Value, name: string): Method<never> | undefined {
  const classified = classify(receiver)
  if (classified.kind === 'time') return TEMPLATE_TIME_METHODS.get(name) as Method<never> | undefined
  return classified.kind === 'int' ? (classified.type.methods?.get(name) as Method<never> | undefined) : undefined
}

type Literal = Extract<Operand, { kind: 'bool' | 'string' | 'number' }>

function literalAs(node: Literal, type: ParamType): Value {
  if (node.kind === 'string') return type === 'string' ? node.value : undefined
  if (node.kind === 'bool') return type === 'bool' ? node.value : undefined
  if (type === 'float64') return node.float
  if (node.int === undefined) return undefined
  if (type === 'int') return new Int(INT, node.int)
  return type === 'time.Duration' ? duration(node.int) : undefined
}

function mismatch(node: Literal, type: ParamType): string {
  if (type === 'time.Time' || type === '*time.Location')
    return `can't handle ${printNode(node)} for arg of type ${type}`
  const wanted = type === 'int' || type === 'time.Duration' ? 'integer' : type === 'float64' ? 'float' : type
  return `expected ${wanted}; found ${printNode(node)}`
}
