import { negateInt } from '../model/value.ts'
import { evaluateScriptExpression } from '../lambda/script.ts'
import type { CallNode, ChainNode, Expression, IdentifierNode, Program, Statement, UnaryNode } from '../tick/ast.ts'
import { hostTypeOf, type ScriptValue } from '../tick/value.ts'
import { callGlobal, type Callables, callOn } from './call.ts'
import type { Declarations } from './declarations.ts'
import { bounded } from './value-size.ts'
import { plainText, substitute } from './literals.ts'
import { readProperty } from './members.ts'
import type { Scope } from './scope.ts'
import { errorAt, ScriptError } from './script-error.ts'
import { viewOf } from './views.ts'

/** Runs the statements of a script, which builds its graph. @throws ScriptError */
export class Evaluator {
  readonly #scope: Scope
  readonly #callables: Callables
  readonly #declarations: Declarations

  constructor(scope: Scope, callables: Callables, declarations: Declarations) {
    this.#scope = scope
    this.#callables = callables
    this.#declarations = declarations
  }

  run(program: Program): void {
    for (const statement of program.statements) this.#execute(statement)
  }

  #execute(statement: Statement): void {
    switch (statement.kind) {
      case 'declaration': {
        const { value } = statement
        // A bare name is looked up after the check that the variable is new.
        const evaluate = () => this.#evaluate(value)
        this.#declarations.declare(statement, value.kind === 'identifier' ? evaluate : constant(evaluate()))
        break
      }
      case 'typeDeclaration':
        this.#declarations.declareType(statement)
        break
      case 'dbrp':
      case 'comment':
      case 'identifier':
        break
      case 'call':
        this.#call(statement)
        break
      default:
        this.#evaluate(statement)
    }
  }

  #evaluate(expression: Expression): ScriptValue {
    switch (expression.kind) {
      case 'int':
        return { type: 'int', value: expression.value }
      case 'float':
        return { type: 'float', value: Number(expression.value) }
      case 'string':
        return { type: 'string', value: expression.value }
      case 'boolean':
        return { type: 'boolean', value: expression.value }
      case 'duration':
        return { type: 'duration', value: expression.value }
      case 'regex':
        return { type: 'regex', value: expression }
      case 'star':
        return { type: 'star', value: expression }
      case 'reference':
        return { type: 'reference', value: expression }
      case 'identifier':
        return this.#scope.get(expression.name)
      case 'lambda':
        return bounded({ type: 'lambda', value: { ...expression, body: substitute(expression.body, this.#scope) } })
      case 'list':
        return bounded({ type: 'list', value: expression.items.map((item) => this.#evaluate(item)) })
      case 'unary':
        return this.#unary(expression)
      case 'binary': {
        const result = evaluateScriptExpression(substitute(expression, this.#scope))
        if (!result.ok) throw new ScriptError(result.error.message, result.error.at)
        return bounded(result.value)
      }
      case 'call':
        this.#arguments(expression)
        return { type: 'function', name: expression.name }
      case 'chain':
        return this.#chain(expression)
    }
  }

  #unary({ operator, operand, at }: UnaryNode): ScriptValue {
    const value = this.#evaluate(operand)
    if (operator === '!') {
      if (value.type === 'boolean') return { type: 'boolean', value: !value.value }
    } else {
      if (value.type === 'int') return { type: 'int', value: negateInt(value.value) }
      if (value.type === 'float') return { type: 'float', value: -value.value }
      if (value.type === 'duration') return { type: 'duration', value: BigInt.asIntN(64, -value.value) }
    }
    throw errorAt(at, `invalid arugument to '${operator}' ${plainText(value)}`)
  }

  /** Chains are nested to the left and may be long: they are walked, not descended into. */
  #chain(chain: ChainNode): ScriptValue {
    const links: ChainNode[] = []
    let start: Expression = chain
    for (; start.kind === 'chain'; start = start.left) links.push(start)

    // A name at the start is looked up after the arguments of the first call.
    let left = start.kind === 'identifier' ? undefined : this.#evaluate(start)
    for (const { operator, right, at } of links.reverse()) {
      if (right.kind === 'call') {
        const args = this.#arguments(right)
        left = callOn(left ?? this.#evaluate(start), operator, right, args, this.#callables)
      } else {
        left = readMember(left ?? this.#evaluate(start), right, at)
      }
    }
    return left!
  }

  /** An argument that is a call of a function is called; so is a statement. Elsewhere it stays a function. */
  #arguments(call: CallNode): ScriptValue[] {
    return call.args.map((argument) => (argument.kind === 'call' ? this.#call(argument) : this.#evaluate(argument)))
  }

  #call(call: CallNode): ScriptValue {
    const args = this.#arguments(call)
    return callGlobal(call, args, this.#scope.find(call.name))
  }
}

function readMember(left: ScriptValue, { name }: IdentifierNode, at: ChainNode['at']): ScriptValue {
  const view = viewOf(left)
  if (view !== undefined) return readProperty(view, name, at)
  switch (left.type) {
    case 'nothing':
      throw errorAt(at, 'object is invalid <nil> of type <nil>')
    case 'regex':
    case 'lambda':
    case 'star':
    case 'reference':
      throw errorAt(at, `object ${hostTypeOf(left)} has no property ${name}`)
    default:
      throw errorAt(at, 'cannot get properties of non pointer value')
  }
}

function constant<T>(value: T): () => T {
  return () => value
}
