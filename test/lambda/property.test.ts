import t from 'tap'
import { compileLambda } from '../../src/lambda/compile.ts'
import { FUNCTIONS as ALL_FUNCTIONS } from '../../src/lambda/functions/index.ts'
import { formatDuration } from '../../src/core/duration.ts'
import type { Point } from '../../src/model/point.ts'
import type { Value } from '../../src/model/value.ts'
import type { BinaryNode, CallNode, Expression } from '../../src/tick/ast.ts'
import { parseLambda } from '../../src/tick/parser.ts'
import { evaluated, scope, shown, tested } from '../support/lambda.ts'
import { Random } from '../support/random.ts'

/**
 * A second evaluator, as plain as can be: it walks the tree for every point, with bigint ints, and shares nothing
 * with the compiler but the words of the language reference.
 */
type Type = 'int' | 'float' | 'string' | 'boolean' | 'duration' | 'time' | 'missing'
interface Known {
  readonly type: Type
  readonly value: unknown
}
class Complaint extends Error {}
class Fault extends Error {}

class Walker {
  readonly #counts = { count: 0 }
  #point!: Point

  value(root: Expression, point: Point): string {
    return this.#guarded(point, () => {
      const type = this.#type(root)
      if (type === 'missing') this.#evaluate(root, 'missing')
      if (type === 'time') throw new Complaint('expression returned unexpected type time')
      const value = this.#evaluate(root, type) as Value
      return shown(type as 'int', value)
    })
  }

  predicate(root: Expression, point: Point): string {
    return this.#guarded(point, () => {
      this.#type(root)
      return String(this.#evaluate(root, 'boolean'))
    })
  }

  #guarded(point: Point, run: () => string): string {
    this.#point = point
    try {
      return run()
    } catch (error) {
      if (error instanceof Complaint || error instanceof Fault) return `! ${error.message}`
      throw error
    }
  }

  #lookUp(name: string): Known {
    if (name === 'time') return { type: 'time', value: this.#point.time }
    const type = this.#point.schema.typeOf(name)
    if (type === 'null') throw new Complaint(`referenced value "${name}" is nil.`)
    const value = this.#point.get(name)
    if (type !== undefined) return { type, value: type === 'int' ? BigInt(value as number) : value }
    const tag = this.#point.series.tags.get(name)
    return tag === undefined ? { type: 'missing', value: undefined } : { type: 'string', value: tag }
  }

  #type(node: Expression): Type {
    const known = staticType(node)
    if (known !== undefined) return known
    switch (node.kind) {
      case 'reference':
        return this.#lookUp(node.name).type
      case 'unary':
        return this.#type(node.operand)
      case 'binary': {
        const left = this.#type(node.left)
        const right = this.#type(node.right)
        const result = resultOf(left, node.operator, right)
        if (result === undefined) throw new Complaint(wrongPair(left, node.operator, right))
        return result
      }
      case 'call':
        return this.#callType(node)
      default:
        throw new Error(node.kind)
    }
  }

  #callType(node: CallNode): Type {
    const signatures = FUNCTIONS[node.name]
    if (signatures === undefined) throw new Complaint(`undefined function: "${node.name}"`)
    const types = node.args.map((argument, i) => within(i, () => this.#type(argument)))
    const result = signatures[types.join()]
    if (result === undefined) throw new Complaint('Cannot call function')
    return result
  }

  #evaluate(node: Expression, wanted: Type): unknown {
    const guard = (actual: string): never => {
      throw new Complaint(`TypeGuard: expression returned unexpected type ${actual}, expected ${wanted}`)
    }
    switch (node.kind) {
      case 'reference': {
        const { type, value } = this.#lookUp(node.name)
        if (type === 'missing') {
          throw new Complaint(
            wanted === type ? `missing value: "${node.name}"` : `reference "${node.name}" is missing value`
          )
        }
        return type === wanted ? value : guard(type)
      }
      case 'unary': {
        if (wanted === 'missing') {
          const { operand } = node
          if (operand.kind === 'reference') throw new Complaint(`reference "${operand.name}" is missing value`)
          throw new Complaint('expected nodeEvaluator to be *EvalReferenceNode got *stateful.EvalUnaryNode')
        }
        if (wanted === 'string' || wanted === 'time') return guard(staticType(node) ?? 'invalid type')
        const type = this.#type(node)
        if (type !== wanted) guard(type)
        const value = this.#evaluate(node.operand, wanted)
        if (typeof value === 'boolean') return !value
        return typeof value === 'bigint' ? BigInt.asIntN(64, -value) : -(value as number)
      }
      case 'binary':
        return this.#binary(node, wanted)
      case 'call': {
        const values = node.args.map((argument, i) => within(i, () => this.#argument(argument)))
        if (FUNCTIONS[node.name] === undefined) throw new Complaint(`undefined function: "${node.name}"`)
        const returns = FUNCTIONS[node.name]![values.map(({ type }) => type).join()]
        if (returns === undefined)
          throw new Complaint(node.name === 'isPresent' && values.length === 1 ? 'PRESENT' : 'MISUSE')
        const value = this.#run(node.name, values)
        return returns === wanted ? value : guard(returns)
      }
      default: {
        const type = staticType(node)!
        if (type !== wanted) guard(type)
        const { value } = node as { value: Value }
        return type === 'int' ? BigInt(value as number) : type === 'float' ? Number(value) : value
      }
    }
  }

  #argument(node: Expression): Known {
    const type = this.#type(node)
    if (type !== 'missing') return { type, value: this.#evaluate(node, type) }
    if (node.kind === 'unary' && node.operand.kind !== 'reference') this.#evaluate(node, type)
    return { type, value: undefined }
  }

  #binary(node: BinaryNode, wanted: Type): unknown {
    const { operator } = node
    const left = this.#type(node.left)
    const right = this.#type(node.right)
    const result = resultOf(left, operator, right)
    if (result === undefined) {
      for (const [side, operand, type] of [
        ['left', node.left, left],
        ['right', node.right, right]
      ] as const) {
        if (type !== 'missing') continue
        if (operand.kind === 'reference')
          throw new Complaint(`${side} reference value "${operand.name}" is missing value`)
        throw new Complaint(`expected ${side}Evaluator to be *EvalReferenceNode got *stateful.EvalUnaryNode`)
      }
      throw new Complaint(wrongPair(left, operator, right))
    }
    for (const operand of [node.left, node.right]) {
      if (operand.kind === 'unary' && staticType(operand) === 'string') {
        throw new Complaint('invalid math operator - for type string')
      }
    }
    const l = this.#evaluate(node.left, left)
    if (operator === 'AND' && l === false) return this.#converted(false, node, wanted)
    if (operator === 'OR' && l === true) return this.#converted(true, node, wanted)
    const r = this.#evaluate(node.right, right)
    return this.#converted(compute(l, left, operator, r, right), node, wanted)
  }

  #converted(value: unknown, node: BinaryNode, wanted: Type): unknown {
    const type = this.#type(node)
    if (type === wanted) return value
    throw new Complaint(
      `expression returned unexpected type ${type === 'int' ? 'int64' : type === 'float' ? 'float64' : '<nil>'}`
    )
  }

  #run(name: string, [first, second, third]: readonly Known[]): unknown {
    switch (name) {
      case 'count':
        return BigInt(++this.#counts.count)
      case 'isPresent':
        return first!.type !== 'missing'
      case 'if':
        return first!.value === true ? second!.value : third!.value
      case 'abs':
        return Math.abs(first!.value as number)
      case 'strLength':
        return BigInt(Buffer.byteLength(first!.value as string))
      case 'float':
        return first!.type === 'string' ? parsed(first!.value as string) : Number(first!.value)
      default:
        return first!.type === 'duration' ? formatDuration(first!.value as bigint) : plain(first!)
    }
  }
}

const FUNCTIONS: Readonly<Record<string, Readonly<Record<string, Type>>>> = {
  count: { '': 'int' },
  isPresent: { missing: 'boolean', boolean: 'boolean', string: 'boolean', int: 'boolean', float: 'boolean' },
  if: Object.fromEntries(
    (['float', 'int', 'string', 'boolean', 'time', 'duration'] as const).map((type) => [
      `boolean,${type},${type}`,
      type
    ])
  ),
  abs: { float: 'float' },
  strLength: { string: 'int' },
  float: { boolean: 'float', int: 'float', float: 'float', string: 'float' },
  string: { boolean: 'string', int: 'string', string: 'string', float: 'string', duration: 'string' }
}

/** Of the strings that come up here. */
function parsed(text: string): number {
  if (/^-?\d+(\.\d+)?$|^NaN$/.test(text)) return Number(text)
  if (/^[+-]Inf$/.test(text)) return text === '+Inf' ? Infinity : -Infinity
  throw new Complaint(`error calling "float": strconv.ParseFloat: parsing "${text}": invalid syntax`)
}

function plain({ type, value }: Known): string {
  return type === 'float' ? shown(type, value as number) : String(value)
}

function within<T>(index: number, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw error instanceof Complaint ? new Complaint(`Failed to handle ${index + 1} argument: ${error.message}`) : error
  }
}

function staticType(node: Expression): Type | undefined {
  switch (node.kind) {
    case 'int':
    case 'float':
    case 'string':
    case 'boolean':
    case 'duration':
      return node.kind
    case 'unary':
      return node.operator === '!' ? 'boolean' : staticType(node.operand)
    case 'binary': {
      if (!'+-*/%'.includes(node.operator)) return 'boolean'
      const left = staticType(node.left)
      const right = staticType(node.right)
      return left === undefined || right === undefined ? undefined : resultOf(left, node.operator, right)
    }
    default:
      return undefined
  }
}

function isDynamic(node: Expression): boolean {
  if (node.kind === 'reference' || node.kind === 'call') return true
  if (staticType(node) !== undefined) return false
  return node.kind === 'unary'
    ? isDynamic(node.operand)
    : node.kind === 'binary' && (isDynamic(node.left) || isDynamic(node.right))
}

/** The error of a definition, if it has one. */
function checkError(node: Expression): string | undefined {
  const inside = (place: string, child: Expression): string | undefined => {
    const error = checkError(child)
    return error === undefined ? undefined : `Failed to handle ${place}: ${error}`
  }
  switch (node.kind) {
    case 'unary':
      return inside('node', node.operand)
    case 'call':
      return node.args.map((argument, i) => inside(`${i + 1} argument`, argument)).find((error) => error !== undefined)
    case 'binary': {
      const error = inside('left node', node.left) ?? inside('right node', node.right)
      if (error !== undefined || isDynamic(node.left) || isDynamic(node.right)) return error
      const [left, right] = [staticType(node.left)!, staticType(node.right)!]
      return resultOf(left, node.operator, right) === undefined ? wrongPair(left, node.operator, right) : undefined
    }
    default:
      return undefined
  }
}

function resultOf(left: Type, operator: string, right: Type): Type | undefined {
  const isComparison = ['==', '!=', '<', '<=', '>', '>='].includes(operator)
  const isNumber = (type: Type): boolean => type === 'int' || type === 'float'
  if (isComparison) {
    if (isNumber(left) && isNumber(right)) return 'boolean'
    if (left !== right) return undefined
    if (left === 'string' || left === 'duration') return 'boolean'
    return left === 'boolean' && (operator === '==' || operator === '!=') ? 'boolean' : undefined
  }
  if (operator === 'AND' || operator === 'OR') return left === 'boolean' && right === 'boolean' ? 'boolean' : undefined
  if (left === right) {
    if (left === 'int') return 'int'
    if (left === 'float' && operator !== '%') return 'float'
    if (left === 'string' && operator === '+') return 'string'
    if (left === 'duration')
      return operator === '/' ? 'int' : operator === '+' || operator === '-' ? 'duration' : undefined
    return undefined
  }
  if (operator === '*' && isNumber(left) && right === 'duration') return 'duration'
  return (operator === '*' || operator === '/') && left === 'duration' && isNumber(right) ? 'duration' : undefined
}

const TYPES: readonly Type[] = ['int', 'float', 'string', 'boolean', 'duration', 'time', 'missing']

function wrongPair(left: Type, operator: string, right: Type): string {
  const isKnown = TYPES.some((other) => resultOf(left, operator, other) ?? resultOf(other, operator, left))
  const kind = '+-*/%'.includes(operator) ? 'math' : operator === 'AND' || operator === 'OR' ? 'logical' : 'comparison'
  return isKnown
    ? `mismatched type to binary operator. got ${left} ${operator} ${right}. see bool(), int(), float(), string(), duration()`
    : `invalid ${kind} operator ${operator} for type ${left}`
}

function compute(l: unknown, left: Type, operator: string, r: unknown, right: Type): unknown {
  if (left === 'boolean') return operator === '==' ? l === r : operator === '!=' ? l !== r : r
  const order = (): number => {
    if (left === 'string') return Buffer.compare(Buffer.from(l as string), Buffer.from(r as string))
    const [a, b] = left === right ? [l as number, r as number] : [Number(l), Number(r)]
    return a < b ? -1 : a > b ? 1 : a === b ? 0 : NaN
  }
  switch (operator) {
    case '==':
      return order() === 0
    case '!=':
      return order() !== 0
    case '<':
      return order() < 0
    case '<=':
      return order() <= 0
    case '>':
      return order() > 0
    case '>=':
      return order() >= 0
  }
  if (left === 'string') return (l as string) + (r as string)
  if (left === 'float' && right === 'float') {
    const [a, b] = [l as number, r as number]
    return operator === '+' ? a + b : operator === '-' ? a - b : operator === '*' ? a * b : a / b
  }
  if (left === 'float' || right === 'float') {
    const value = operator === '*' ? Number(l) * Number(r) : Number(l) / Number(r)
    return value >= -(2 ** 63) && value < 2 ** 63 ? BigInt(Math.trunc(value)) : -(2n ** 63n)
  }
  const [a, b] = [l as bigint, r as bigint]
  if (b === 0n && (operator === '/' || operator === '%')) throw new Fault('runtime error: integer divide by zero')
  const value =
    operator === '+' ? a + b : operator === '-' ? a - b : operator === '*' ? a * b : operator === '/' ? a / b : a % b
  return BigInt.asIntN(64, value)
}

const OPERATORS = ['+', '-', '*', '/', '%', '==', '!=', '<', '<=', '>', '>=', 'AND', 'OR', 'AND', 'OR']
const NAMES = ['a', 'b', 'c', 'd', 'e', 'time']
const LITERALS = ['0', '1', '7', '9223372036854775807', '0.0', '2.5', "'x'", "'é'", 'TRUE', 'FALSE', '1s', '0s', '3h']

function expression(random: Random, depth: number): string {
  const leaf = (): string => (random.int(3) > 0 ? `"${random.pick(NAMES)}"` : random.pick(LITERALS))
  if (depth === 0) return leaf()
  const next = (): string => expression(random, depth - 1 - random.int(2) > 0 ? depth - 1 : 0)
  switch (random.int(8)) {
    case 0:
      return leaf()
    case 1:
      return `${random.pick(['-', '!'])}${leaf()}`
    case 2:
      return `!(${next()})`
    case 3: {
      const name = random.pick([...Object.keys(FUNCTIONS), 'isPresent', 'if', 'nope'])
      const count = name === 'count' ? 0 : name === 'if' ? 3 : 1
      return `${name}(${Array.from({ length: count }, next).join(', ')})`
    }
    default:
      return `(${next()}) ${random.pick(OPERATORS)} (${next()})`
  }
}

const FIELD_VALUES = [
  '=1i',
  '=-7i',
  '=9007199254740993i',
  '=2.5',
  '=0',
  '=NaN',
  '="x"',
  '=""',
  '=true',
  '=false',
  '=90s',
  '=null'
]

function randomScope(random: Random): Point {
  const parts = NAMES.slice(0, 5).flatMap((name) => {
    const kind = random.int(10)
    return kind === 0 ? [] : kind === 1 ? [`#${name}=tag`] : [name + random.pick(FIELD_VALUES)]
  })
  return scope(parts.join(' '))
}

t.test('compiled answers are those of a walk over the tree', (t) => {
  const random = new Random(42)
  let answers = 0
  for (let i = 0; i < 2500; i++) {
    const text = expression(random, 1 + random.int(4))
    const parsed = parseLambda(text)
    if (!parsed.ok) return t.fail(`${text}: ${parsed.error.message}`)
    const { body } = parsed.value
    const compiled = compileLambda(body)
    const error = checkError(body)
    if (!compiled.ok || error !== undefined) {
      if (compiled.ok || compiled.error.message !== error) t.fail(`${text}: ${compiled.ok}, ${error}`)
      continue
    }
    // The instances live on while the types change, so that their states and code do, too.
    const [valueInstance, predicateInstance] = [compiled.value.instantiate(), compiled.value.instantiate()]
    const [values, predicates] = [new Walker(), new Walker()]
    for (let k = 0; k < 3; k++) {
      const point = randomScope(random)
      compare(text, point, values.value(body, point), evaluated(valueInstance, point))
      compare(text, point, predicates.predicate(body, point), tested(predicateInstance, point))
    }
  }
  t.ok(answers > 1500, `${answers} of them were no failures`)
  t.end()

  function compare(text: string, point: Point, expected: string, actual: string): void {
    if (!expected.startsWith('!')) answers++
    // Texts about signatures and about what bodies say below `!` have tables of their own.
    const isLoose = /Cannot call function$|MISUSE$/.test(expected)
    if (isLoose ? actual.startsWith('!') : expected === actual) return
    if (expected.endsWith('PRESENT')) return
    t.fail(`${text} on ${point.schema.types.join()}: ${actual}, not ${expected}`)
  }
})

t.test('no expression and no point makes a lambda throw', (t) => {
  const random = new Random(3)
  const pieces = [
    ...OPERATORS, ...LITERALS, ...NAMES.map((name) => `"${name}"`), '(', ')', '!', '-', ',', '=~', '/a+/', '/(a|b)*$/', '*', 'x', '"a"',
    'strReplace(', 'strSubstring(', 'regexReplace(', 'duration(', 'int(', 'float(', 'sigma(', 'humanBytes(', 'jn(', 'gamma(', 'strTrim(', 'if('
  ] // prettier-ignore
  let compiledCount = 0
  for (let i = 0; i < 4000; i++) {
    const text = Array.from({ length: 1 + 2 * random.int(3) }, () => random.pick(pieces)).join(' ')
    const parsed = parseLambda(text)
    const compiled = parsed.ok ? compileLambda(parsed.value) : parsed
    if (!compiled.ok) continue
    compiledCount++
    const instance = compiled.value.instantiate()
    for (let k = 0; k < 2; k++) {
      const point = randomScope(random)
      evaluated(instance, point)
      tested(instance, point)
    }
  }
  t.ok(compiledCount > 300, `${compiledCount} were expressions`)
  t.end()
})

const SHAPES: Readonly<Record<string, RegExp>> = {
  int: /^-?\d+i$/,
  float: /^(NaN|[+-]Inf|-?\d+(\.\d+)?)$/,
  string: /^"/,
  boolean: /^(true|false)$/,
  duration: /s$/
}

t.test('no argument makes a function throw', (t) => {
  const random = new Random(5)
  const strings = [
    "''",
    "'a'",
    "'héllo'",
    "'\u{1f600}\u{1f600}'",
    "'1e5'",
    "'0x1p4'",
    "'1h'",
    "'99999999999999999999999'",
    "'\ud800'"
  ]
  const ints = ['0', '1', '-1', '5', '9223372036854775807', '-9223372036854775807 - 1']
  const floats = ['0.0', '-0.0', '1.5', '-3.0', '170.9', '-170.5', '1.0 / 0.0', '0.0 / 0.0', '99999999999999999999.0']
  const pools: Record<string, readonly string[]> = {
    string: strings,
    int: ints,
    float: floats,
    boolean: ['TRUE', '!TRUE'],
    duration: ['0s', '-5s', '15250w'],
    regex: ['/a/', '/.*/', '/(a)|(l)/'],
    time: ['now()', '"time"'],
    missing: ['"nope"']
  }
  let calls = 0
  for (const { name, signatures } of ALL_FUNCTIONS) {
    for (const { args, returns } of signatures) {
      for (let i = 0; i < 12; i++) {
        const text = `${name}(${args.map((type) => random.pick(pools[type]!)).join(', ')})`
        const parsed = parseLambda(text)
        const compiled = parsed.ok ? compileLambda(parsed.value) : parsed
        if (!compiled.ok) return t.fail(`${text}: ${compiled.error.message}`)
        const answer = evaluated(compiled.value.instantiate(), scope(''))
        calls++
        const isRight = answer.startsWith('!')
          ? /^! (error calling|runtime error|invalid argument|expression returned)/.test(answer)
          : SHAPES[returns]!.test(answer)
        if (!isRight) t.fail(`${text}: ${answer}`)
      }
    }
  }
  t.ok(calls > 1000)
  t.end()
})
