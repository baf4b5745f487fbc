import { compareBytes, joinTexts } from '../model/bytes.ts'
import type { Instant } from '../core/instant.ts'
import * as value from '../model/value.ts'
import type { Value } from '../model/value.ts'
import type { BinaryOperator } from '../tick/ast.ts'
import type { ResultType } from './contract.ts'
import { Regex } from './functions/regex.ts'
import { FunctionError } from './functions/spec.ts'
import { goNodeOf, negatedText, operandError, resultError } from './operand-errors.ts'
import { isMath, operatorError, resultType } from './operators.ts'
import type { BinaryTree, CallTree, NestedTree, ReferenceTree, Tree, UnaryTree } from './tree.ts'
import { type Type, typeGuard } from './types.ts'
import type { Typed, Typing } from './typing.ts'

/**
 * Writes the JavaScript of one lambda for one way of binding its names: all types are known, so what is wrong with
 * them is a constant error at its place. An expression that is handed up is pure and used once; what may fail or
 * has a state becomes statements, in the order of the original. No text of a user is part of the source: names,
 * strings and patterns are constants that are passed in.
 */
export type Mode =
  /** A boolean; the types are checked first. */
  | 'predicate'
  /** A boolean whose root is not checked first (match expressions). */
  | 'match'
  /** A value of any type that has one. */
  | 'value'
  /** An int whose root is not checked first (replicas). */
  | 'int'

/** Where a run leaves its answer or its error. */
export interface EvaluationOutcome {
  error: string
  value: Value
}

/** @returns For booleans 1, 0 or -1 (failed); otherwise 1 or -1. */
export type Runner = (
  values: readonly Value[],
  tags: readonly string[],
  time: Instant,
  states: readonly object[],
  outcome: EvaluationOutcome
) => 1 | 0 | -1

export interface LambdaProgram {
  /** Type of the value; without meaning where the lambda always fails. */
  readonly type: ResultType
  /** @param indexes Of every name, among the fields or the tags. */
  readonly bind: (indexes: readonly number[]) => Runner
}

/** @param nestedStates The states of nested lambdas: they are shared by all instances. */
export function generate(
  root: Tree,
  mode: Mode,
  names: readonly string[],
  typing: Typing,
  calls: readonly (readonly string[])[],
  nestedStates: readonly (readonly object[])[]
): LambdaProgram {
  return new Generator(names, typing, calls, nestedStates).program(root, mode)
}

const HELPERS = { compareBytes, joinTexts, FunctionError, ...value }
const HELPER_NAMES = Object.keys(HELPERS)
/** Expressions longer than this are split, so that none nests too deeply for the engine. */
const MAX_EXPRESSION = 160
const FAULT = 'runtime error: integer divide by zero'

class Generator {
  readonly #names: readonly string[]
  readonly #typing: Typing
  readonly #calls: readonly (readonly string[])[]
  readonly #nestedStates: readonly (readonly object[])[]
  readonly #constants = new Map<unknown, string>()
  #lines: string[] = []
  #temporaries = 0
  /** Which copy of state the functions at this place use. */
  #copy = 0
  /** What errors at this place begin with: the arguments that it is part of. */
  #where = ''

  constructor(
    names: readonly string[],
    typing: Typing,
    calls: readonly (readonly string[])[],
    nestedStates: readonly (readonly object[])[]
  ) {
    this.#names = names
    this.#typing = typing
    this.#calls = calls
    this.#nestedStates = nestedStates
  }

  program(root: Tree, mode: Mode): LambdaProgram {
    const type = this.#root(root, mode)
    const source = `'use strict'
const { ${HELPER_NAMES.join(', ')} } = helpers
const [${[...this.#constants.values()].join(', ')}] = constants
const [${this.#names.map((_, i) => `i${i}`).join(', ')}] = indexes
return function (values, tags, time, states, outcome) {
${this.#lines.join('\n')}
}`
    const factory = new Function('helpers', 'constants', 'indexes', source) as (...args: unknown[]) => Runner
    const constants = [...this.#constants.keys()]
    return { type, bind: (indexes) => factory(HELPERS, constants, indexes) }
  }

  #root(root: Tree, mode: Mode): ResultType {
    if (mode === 'match') return this.#verdict(root)
    if (mode === 'int') return this.#value(root, 'int')
    const typed = this.#typing.typeOf(root)
    if (typed.type === undefined) this.#failTyped(typed)
    else if (mode === 'predicate') return this.#verdict(root)
    else if (typed.type === 'missing') this.#evaluate(root, 'missing')
    else if (typed.type === 'time' || typed.type === 'regex') {
      this.#fail(`expression returned unexpected type ${typed.type}`)
    } else return this.#value(root, typed.type)
    return 'boolean'
  }

  #verdict(root: Tree): ResultType {
    const code = this.#evaluate(root, 'boolean')
    if (code !== undefined) this.#lines.push(`return ${code} ? 1 : 0`)
    return 'boolean'
  }

  #value(root: Tree, type: ResultType): ResultType {
    const code = this.#evaluate(root, type)
    if (code !== undefined) this.#lines.push(`outcome.value = ${code}`, 'return 1')
    return type
  }

  /** Code of the tree's value as the type that is wanted; undefined where it fails in any case. */
  #evaluate(tree: Tree, wanted: Type): string | undefined {
    switch (tree.kind) {
      case 'literal':
        return tree.staticType === wanted ? this.#literal(tree.value) : this.#fail(typeGuard(tree.staticType, wanted))
      case 'reference':
        return this.#reference(tree, wanted)
      case 'unary':
        return this.#unary(tree, wanted)
      case 'binary':
        return this.#binary(tree, wanted)
      case 'call':
        return this.#call(tree, wanted)
      case 'nested':
        return this.#nested(tree, wanted)
    }
  }

  #literal(literal: number | bigint | string | boolean | Regex): string {
    if (typeof literal === 'string' || literal instanceof Regex) return this.#constant(literal)
    const code = Object.is(literal, -0) ? '-0' : `${literal}${typeof literal === 'bigint' ? 'n' : ''}`
    return code.startsWith('-') ? `(${code})` : code
  }

  #reference(tree: ReferenceTree, wanted: Type): string | undefined {
    const typed = this.#typing.typeOf(tree)
    if (typed.type === undefined) return this.#failTyped(typed)
    if (typed.type === 'missing') {
      return this.#fail(
        wanted === 'missing' ? `missing value: "${tree.name}"` : `reference "${tree.name}" is missing value`
      )
    }
    if (typed.type !== wanted) return this.#fail(typeGuard(typed.type, wanted))
    if (typed.type === 'time') return 'time'
    const { source } = this.#typing.bindingOf(tree.name)
    return `${source === 'tag' ? 'tags' : 'values'}[i${this.#names.indexOf(tree.name)}]`
  }

  #unary(tree: UnaryTree, wanted: Type): string | undefined {
    if (wanted === 'missing') {
      if (tree.operand.kind === 'reference') return this.#fail(`reference "${tree.operand.name}" is missing value`)
      return this.#fail(`expected nodeEvaluator to be *EvalReferenceNode got ${goNodeOf(tree.operand)}`)
    }
    if (wanted === 'string' || wanted === 'regex' || wanted === 'time')
      return this.#fail(typeGuard(tree.staticType, wanted))
    const typed = this.#typing.typeOf(tree)
    if (typed.type === undefined) return this.#failTyped(typed)
    if (typed.type !== wanted) return this.#fail(typeGuard(typed.type, wanted))
    const operand = this.#evaluate(tree.operand, wanted)
    if (operand === undefined) return undefined
    if (wanted === 'int') return this.#held(`negateInt(${operand})`)
    if (wanted === 'float') return this.#held(`(-${operand})`)
    return this.#held(wanted === 'duration' ? `BigInt.asIntN(64, -${operand})` : `(!${operand})`)
  }

  #nested(tree: NestedTree, wanted: Type): string | undefined {
    const typed = this.#typing.typeOf(tree)
    if (typed.type === undefined) return this.#failTyped(typed)
    if (typed.type !== wanted || wanted === 'time') return this.#fail(typeGuard(typed.type, wanted))
    const outer = this.#copy
    this.#copy = tree.copy
    const code = this.#evaluate(tree.body, wanted)
    this.#copy = outer
    return code
  }

  #binary(tree: BinaryTree, wanted: Type): string | undefined {
    const left = this.#typing.typeOf(tree.left)
    if (left.type === undefined) return this.#failTyped(left)
    const right = this.#typing.typeOf(tree.right)
    if (right.type === undefined) return this.#failTyped(right)
    const result = resultType(left.type, tree.operator, right.type)
    if (result === undefined) return this.#fail(operandError(tree, left.type, right.type))
    for (const operand of [tree.left, tree.right]) {
      const type = negatedText(operand)
      // Differs: the original recurses on it until it dies.
      if (type !== undefined) return this.#fail(operatorError(type, '-', type))
    }
    const code =
      tree.operator === 'AND' || tree.operator === 'OR'
        ? this.#logical(tree)
        : this.#operation(tree, left.type, right.type)
    if (code === undefined) return undefined
    return result === wanted ? this.#held(code) : this.#fail(resultError(tree, result, wanted))
  }

  #logical(tree: BinaryTree): string | undefined {
    const left = this.#evaluate(tree.left, 'boolean')
    if (left === undefined) return undefined
    const outer = this.#lines
    this.#lines = []
    const right = this.#evaluate(tree.right, 'boolean')
    const inner = this.#lines
    this.#lines = outer
    if (inner.length === 0) return `(${left} ${tree.operator === 'AND' ? '&&' : '||'} ${right})`
    const result = `t${this.#temporaries++}`
    this.#lines.push(`let ${result} = ${left}`, `if (${tree.operator === 'AND' ? '' : '!'}${result}) {`, ...inner)
    if (right !== undefined) this.#lines.push(`${result} = ${right}`)
    this.#lines.push('}')
    return result
  }

  #operation({ operator, left, right }: BinaryTree, leftType: Type, rightType: Type): string | undefined {
    const l = this.#evaluate(left, leftType)
    if (l === undefined) return undefined
    if (operator === '=~' || operator === '!~') {
      const test = this.#search(l, left, right)
      return test !== undefined && operator === '!~' ? `(!${test})` : test
    }
    const r = this.#evaluate(right, rightType)
    if (r === undefined) return undefined
    if (!isMath(operator)) return comparison(operator, l, leftType, r, rightType)
    if (leftType === 'string' && !isWholeText(left) && !isWholeText(right)) return `joinTexts(${l}, ${r})`
    if (leftType === 'int' && rightType === 'int') return this.#intOperation(operator, l, r)
    if (leftType === 'duration' || rightType === 'duration')
      return this.#durationOperation(operator, l, leftType, r, rightType)
    return `(${l} ${operator} ${r})`
  }

  #search(text: string, left: Tree, right: Tree): string | undefined {
    const plan = right.kind === 'literal' && right.value instanceof Regex ? right.value.plan : undefined
    if (plan !== undefined && plan.kind !== 'native') {
      const part = this.#constant(plan.text)
      return plan.kind === 'equals' ? `(${text} === ${part})` : `${text}.${plan.kind}(${part})`
    }
    const regex = this.#evaluate(right, 'regex')
    if (regex === undefined) return undefined
    const isTag = left.kind === 'reference' && this.#typing.bindingOf(left.name).source === 'tag'
    return `${regex}.${isTag ? 'testTag' : 'test'}(${text})`
  }

  #intOperation(operator: BinaryOperator, l: string, r: string): string {
    switch (operator) {
      case '+':
        return `addInt(${l}, ${r})`
      case '-':
        return `subtractInt(${l}, ${r})`
      case '*':
        return `multiplyInt(${l}, ${r})`
      default:
        return `${operator === '/' ? 'divideInt' : 'remainderInt'}(${l}, ${this.#divisor(r, '0')})`
    }
  }

  #durationOperation(operator: BinaryOperator, l: string, leftType: Type, r: string, rightType: Type): string {
    if (leftType === 'float' || rightType === 'float') {
      return `BigInt(intOfFloat(${asFloat(l, leftType)} ${operator} ${asFloat(r, rightType)}))`
    }
    if (operator === '/' && rightType === 'duration') return `intOf(${l} / ${this.#divisor(r, '0n')})`
    const a = leftType === 'int' ? `BigInt(${l})` : l
    const b = rightType === 'int' ? `BigInt(${operator === '/' ? this.#divisor(r, '0') : r})` : r
    return `BigInt.asIntN(64, ${a} ${operator} ${b})`
  }

  /** A fault where it is zero. */
  #divisor(code: string, zero: string): string {
    if (/^[1-9]\d*n?$/.test(code)) return code
    const divisor = this.#temporary(code)
    this.#lines.push(`if (${divisor} === ${zero}) { ${this.#error(FAULT)} }`)
    return divisor
  }

  #call(tree: CallTree, wanted: Type): string | undefined {
    const types: Type[] = []
    const args: string[] = []
    for (const [i, argument] of tree.args.entries()) {
      const outer = this.#where
      this.#where += `Failed to handle ${i + 1} argument: `
      const typed = this.#typing.typeOf(argument)
      const code =
        typed.type === undefined
          ? this.#failTyped(typed)
          : typed.type === 'missing'
            ? this.#missingArgument(argument)
            : this.#evaluate(argument, typed.type)
      this.#where = outer
      if (typed.type === undefined || code === undefined) return undefined
      types.push(typed.type)
      args.push(code)
    }
    const fn = this.#typing.functions.get(tree.name)
    if (fn === undefined) return this.#fail(`undefined function: "${tree.name}"`)

    const signature = this.#typing.signatureOf(tree, types)
    if (signature === undefined) {
      const misuse = fn.misuse(types)
      if (typeof misuse === 'string') return this.#fail(`error calling "${tree.name}": ${misuse}`)
      return misuse.returns === wanted && misuse.isTrue ? 'true' : this.#fail(typeGuard(misuse.returns, wanted))
    }
    let code: string
    if (typeof signature.call === 'object') code = signature.call.inline(args)
    else {
      if (fn.state !== undefined) args.unshift(this.#state(tree.name))
      code = `${this.#constant(signature.call)}(${args.join(', ')})`
      if (fn.state !== undefined || signature.canFail) code = this.#temporary(code)
    }
    if (signature.canFail) {
      const text = `${code}.textOf(${this.#constant(tree.name)}, ${this.#constant(this.#where)})`
      this.#lines.push(`if (${code} instanceof FunctionError) { outcome.error = ${text}; return -1 }`)
    }
    return signature.returns === wanted ? this.#held(code) : this.#fail(typeGuard(signature.returns, wanted))
  }

  /** What is missing is allowed as an argument, a minus before it too, but no more than one. */
  #missingArgument(tree: Tree): string | undefined {
    if (tree.kind === 'nested') return this.#missingArgument(tree.body)
    return tree.kind === 'unary' && tree.operand.kind !== 'reference' ? this.#evaluate(tree, 'missing') : 'null'
  }

  #state(name: string): string {
    const slot = this.#calls[this.#copy]!.indexOf(name)
    return this.#copy === 0 ? `states[${slot}]` : this.#constant(this.#nestedStates[this.#copy]![slot])
  }

  #failTyped(typed: Extract<Typed, { type: undefined }>): undefined {
    if (typed.isRuntimeError) this.#lines.push(this.#error(typed.error))
    else this.#fail(typed.error)
    return undefined
  }

  /** Ends the run here. */
  #fail(text: string): undefined {
    this.#lines.push(this.#error(this.#where + text))
    return undefined
  }

  #error(text: string): string {
    return `outcome.error = ${this.#constant(text)}; return -1`
  }

  #constant(constant: unknown): string {
    let name = this.#constants.get(constant)
    if (name === undefined) this.#constants.set(constant, (name = `k${this.#constants.size}`))
    return name
  }

  #temporary(code: string): string {
    const name = `t${this.#temporaries++}`
    this.#lines.push(`const ${name} = ${code}`)
    return name
  }

  #held(code: string): string {
    return code.length > MAX_EXPRESSION ? this.#temporary(code) : code
  }
}

/** A literal mends nothing that was cut, and adds no more than a script is long. */
function isWholeText(tree: Tree): boolean {
  return tree.kind === 'literal' && typeof tree.value === 'string' && tree.value.isWellFormed()
}

function comparison(operator: BinaryOperator, l: string, leftType: Type, r: string, rightType: Type): string {
  const isEquality = operator === '==' || operator === '!='
  if (leftType === 'string' && !isEquality) return `(compareBytes(${l}, ${r}) ${operator} 0)`
  // Equal values of one type have one form only, and ints compare across theirs.
  const script = isEquality ? `${operator}=` : operator
  return leftType === rightType
    ? `(${l} ${script} ${r})`
    : `(${asFloat(l, leftType)} ${script} ${asFloat(r, rightType)})`
}

function asFloat(code: string, type: Type): string {
  return type === 'float' || /^\d{1,15}$/.test(code) ? code : `Number(${code})`
}
